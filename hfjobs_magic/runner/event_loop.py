"""The event loop of a cell that starts tasks and awaits none of them: a notebook has one, a script has none."""

from __future__ import annotations

import ast
import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

from . import rest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_ASYNCIO = os.path.dirname(asyncio.__file__)  # noqa: PTH120 - compared with names of files as they are

_STARTS = frozenset({"create_task", "ensure_future", "get_running_loop", "current_task"})
"""What works in a running loop only; https://docs.python.org/3/library/asyncio-task.html."""

_OWN = frozenset({"run", "run_until_complete", "run_forever", "Runner"})
"""What runs a loop, which no loop that runs already allows."""


def is_wanted(code: str) -> bool:
    """Return whether code starts tasks outside of its coroutines, and runs no loop of its own.

    Parameters
    ----------
    code
        Python, without IPython's syntax.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    visitor = _Calls()
    visitor.visit(tree)
    return bool(visitor.names & _STARTS) and not visitor.names & _OWN


class _Calls(ast.NodeVisitor):
    """Names of what is called outside of coroutines; of `run`, asyncio's only."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """Leave a coroutine alone: it runs in a loop, if at all."""

    def visit_Call(self, node: ast.Call) -> None:
        """Note a call."""
        name = str(getattr(node.func, "id", getattr(node.func, "attr", "")))
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if name != "run" or owner == "asyncio":
            self.names.add(name)
        self.generic_visit(node)


class Tasks:
    """The tasks that the cell itself has started, of which nobody may ask how they ended.

    Those that a library has started for itself are none of them: some never end.

    Parameters
    ----------
    is_cell
        Says of a file's name in code objects whether it is the cell's, or the notebook's.
    note
        Called with what is waited for, and with None once nothing is, as `rest.Rest.note`.
    """

    def __init__(self, is_cell: Callable[[str], bool], note: Callable[[tuple[str, str] | None], None]) -> None:
        self._is_cell = is_cell
        self._note = note
        self._tasks: dict[asyncio.Task[Any], None] = {}
        """Those that run, and those that failed."""

    async def watch(self) -> None:
        """Note all tasks of this loop from now on."""
        asyncio.get_running_loop().set_task_factory(self._make)

    async def finish(self) -> list[BaseException]:
        """Wait until all have ended, and say so where that takes long; return the errors that nobody has looked at."""
        patience: float | None = rest.PATIENCE_S
        while running := [task for task in self._tasks if not task.done()]:
            self._note(found := _words_for(running))
            done, _ = await asyncio.wait(running, timeout=patience)
            if patience is not None and not done:
                patience = None
                rest.say("tasks", found)
        self._note(None)
        failed = [task for task in self._tasks if _is_unseen(task)]
        return [error for task in failed if (error := task.exception()) is not None]

    def _make(self, loop: asyncio.AbstractEventLoop, code: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(code, loop=loop, **options)
        if self._is_cell(_caller(sys._getframe(1))):  # noqa: SLF001 - what `inspect` has for it is slow
            self._tasks[task] = None
            task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        if not _is_unseen(task):
            self._tasks.pop(task, None)


def _caller(frame: FrameType | None) -> str:
    """Return the file of who called asyncio."""
    while frame is not None and os.path.dirname(frame.f_code.co_filename) == _ASYNCIO:  # noqa: PTH120
        frame = frame.f_back
    return frame.f_code.co_filename if frame else ""


def _words_for(tasks: list[asyncio.Task[Any]]) -> tuple[str, str]:
    return rest.words_for("task", sorted({_name(task) for task in tasks}), "await {0} in the cell, or cancel() {0}")


def _name(task: asyncio.Task[Any]) -> str:
    name = task.get_name()
    if not name.startswith("Task-"):
        return name
    return str(getattr(task.get_coro(), "__qualname__", name))


def _is_unseen(task: asyncio.Task[Any]) -> bool:
    """Return whether a task has failed, and nobody has asked for its error: by this, Python itself says so."""
    return bool(getattr(task, "_log_traceback", False))
