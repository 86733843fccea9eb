"""Processes that the cell starts anew (``spawn``, ``forkserver``), which read `__main__` for what they are sent.

For a script, `multiprocessing` runs its whole file again, up to ``if __name__ == "__main__"``; a cell has mostly no
such line, and is not always plain Python. So workers get a module of the cell's definitions in its place.
"""

from __future__ import annotations

import ast
import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import TYPE_CHECKING

from . import names as notebook
from . import worker_failures as failures

if TYPE_CHECKING:
    from types import ModuleType

MODULE = "hfjob_cell_main"

_ARCHIVE = str(Path(__file__).parents[2])
"""Where this package is imported from."""

_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def install(main: ModuleType, cell: str, text: str, names: str, stage: Path) -> None:
    """Write the module, and have `multiprocessing` take it; see `multiprocessing.spawn.get_preparation_data`."""
    try:
        kept = definitions(text)
    except (SyntaxError, ValueError, RecursionError):
        return  # running the cell says it
    folder = stage / "workers"
    folder.mkdir()
    parts = [*((part.text, part.file) for part in notebook.parts(names)), (kept, cell)]
    (folder / f"{MODULE}.py").write_text(
        f"__file__ = {cell!r}\n"
        "try:\n"
        f"    for _text, _file in {parts!r}:\n"
        '        exec(compile(_text, _file, "exec", dont_inherit=True), globals())\n'
        "except BaseException as _error:\n"
        f"    import sys\n    sys.path.append({_ARCHIVE!r})\n"
        f"    from {failures.__name__} import tell\n"
        f"    tell(_error, {str(folder)!r}, {cell!r}, {os.getpid()})\n",
        encoding="utf-8",
    )
    failures.listen(folder)
    sys.path.append(str(folder))
    main.__spec__ = ModuleSpec(MODULE, None)


def definitions(text: str) -> str:
    """Leave of a cell, at its lines, what workers may run.

    All of it where it says ``if __name__ == "__main__"``, but for what only IPython or an event loop can run; otherwise
    imports, functions, classes and constants.
    """
    tree = ast.parse(text)
    guarded = any(isinstance(node, ast.If) and _is_guard(node.test) for node in tree.body)
    rows = [line.encode() for line in text.splitlines(keepends=True)]
    for node in reversed(tree.body):
        if not (_runs_anywhere(node) if guarded else _defines(node)):
            _blank(rows, node)
    return b"".join(rows).decode()


def _is_guard(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    return isinstance(test, ast.Compare) and "__name__" in names


def _runs_anywhere(node: ast.stmt) -> bool:
    if isinstance(node, _DEFINITIONS):
        return True
    return not any(
        isinstance(inner, (ast.Await, ast.AsyncFor, ast.AsyncWith))
        or (isinstance(inner, ast.Name) and inner.id == "get_ipython")
        for inner in ast.walk(node)
    )


def _defines(node: ast.stmt) -> bool:
    if isinstance(node, ast.Try):
        inner = [*node.body, *node.orelse, *node.finalbody, *(item for one in node.handlers for item in one.body)]
        return all(isinstance(item, ast.Pass) or _defines(item) for item in inner)
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        return node.value is None or _is_constant(node.value)
    return isinstance(node, _DEFINITIONS) or type(node).__name__ == "TypeAlias"


def _is_constant(node: ast.expr) -> bool:
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _blank(rows: list[bytes], node: ast.stmt) -> None:
    """Put ``pass`` in the place of a statement; lines stay where they are."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    before, after = rows[first][: node.col_offset], rows[last][node.end_col_offset :]
    if first == last:
        rows[first] = before + b"pass" + after
        return
    rows[first] = before + b"pass\n"
    for at in range(first + 1, last):
        rows[at] = b"\n"
    # What stands behind it on its last line, after a semicolon, is a statement of its own.
    rows[last] = after.lstrip(b" \t;")
