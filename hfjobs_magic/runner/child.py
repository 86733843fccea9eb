"""The process of the cell: IPython runs its text, as the script that the job was sent."""

from __future__ import annotations

import ast
import atexit
import builtins
import contextlib
import getpass
import json
import os
import signal
import sys
import types
import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import IPython
from traitlets.config import Config

from . import event_loop, failure, faults, names, stacks, text_bars, worker_failures, workers
from .cell_magic import of_cell, with_sign
from .compiler import Compiler
from .job import STAGED
from .outputs import Outputs
from .rest import Rest
from .source_lines import as_written
from .terminal import Hook, Publisher, TerminalInteractiveShell, Transformer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .job import CellJob

NOBODY = (
    "A job has no keyboard, so nobody can answer input(). Pass the value on the first line: "
    "-e NAME=VALUE, --secrets NAME, or as an argument behind --."
)

NO_DEBUGGER = (
    "A job has no keyboard, so nobody can answer a debugger. Take breakpoint() out, "
    "or run the job with -e PYTHONBREAKPOINT=0."
)


def start(job: CellJob, stage: Path) -> Callable[[], int]:
    """Make IPython ready; what is given back runs the cell, and gives its exit code."""
    # A copy that no program finds: what it prints elsewhere, or closes, is its own business.
    announce = os.dup(1)
    outputs = Outputs(job.folder, stage, announce)
    main = set_up(job, stage)
    outputs.prints.watch({"stdout": sys.__stdout__, "stderr": sys.__stderr__})
    shell = make_shell(main, stage)
    shell.show_to(outputs)
    # First in is last out: programs show and print in their own exit handlers.
    atexit.register(_drop_broken_streams)
    atexit.register(outputs.flush)
    outputs.begin()
    return lambda: run(job, stage, shell, main)


def run(job: CellJob, stage: Path, shell: TerminalInteractiveShell, main: types.ModuleType) -> int:
    """Run a cell in this process; its exit code."""
    pid = os.getpid()
    warnings.filterwarnings("ignore", message="To exit: use 'exit'")
    code, rest = 1, Rest(stage)
    if receive_values(job, shell, main, stage) and bring(job, shell, main):
        workers.install(main, job.cell, shell.transform_cell(job.code), job.names, stage)
        code = run_cell(job, shell, rest)
        worker_failures.ignore()
    if os.getpid() == pid:
        shell.outputs.flush()
        refused = _send_values(job, shell, stage, code) if job.values else {}
        _say(stage, shell, code, refused)
        rest.watch()
    return code


class Main(types.ModuleType):
    """The cell's `__main__`; its ``__spec__`` is for workers, see `workers`."""

    def __repr__(self) -> str:
        return f"<module '__main__' from {self.__file__!r}>"


def set_up(job: CellJob, stage: Path) -> types.ModuleType:
    """Make this process the one of the cell's file: `__main__`, arguments, streams line by line."""
    main = Main("__main__")
    main.__file__ = job.cell
    sys.modules["__main__"] = main
    sys.argv = [job.cell, *job.arguments]
    # A notebook's own folder comes first, as in a notebook; then that of the script, as for one.
    sys.path[:1] = ["", str(os.path.dirname(job.cell))]  # noqa: PTH120 - a string it is
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for name, text in job.run.items():  # for programs that the cell starts
        os.environ.setdefault(f"HFJOB_MAP_{name.upper()}", str(ast.literal_eval(text)))
    os.environ.setdefault("PYTHONUNBUFFERED", "1")  # of programs that the cell starts
    # Figures as outputs, as in every kernel; Plotly's own choice would send three megabytes of itself along.
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    os.environ.setdefault("PLOTLY_RENDERER", "plotly_mimetype+notebook_connected")
    faults.watch(stage)
    builtins.input = _no_input
    getpass.getpass = _no_input
    sys.breakpointhook = _no_breakpoint
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So it is below whatever was started in the background; an interrupt is meant all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    text_bars.install()
    return main


def make_shell(main: types.ModuleType, stage: Path) -> TerminalInteractiveShell:
    """Make IPython's shell around `main`."""
    config = Config()
    config.HistoryAccessor.enabled = False
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "Neutral"
    config.InteractiveShell.autocall = 0
    shell = TerminalInteractiveShell.instance(
        user_module=main,
        config=config,
        ipython_dir=str(stage / "ipython"),
        compiler_class=Compiler,
        display_pub_class=Publisher,
        displayhook_class=Hook,
    )
    shell.input_transformer_manager = Transformer()
    # Python's own, which end the process; IPython's ask a front end to.
    ends = {"exit": builtins.exit, "quit": builtins.quit}
    main.__dict__.update(ends)
    shell.user_ns_hidden.update(ends)  # of ``%who``
    return shell


def receive_values(job: CellJob, shell: TerminalInteractiveShell, main: types.ModuleType, stage: Path) -> bool:
    """Put values that the notebook sent in place; whether that worked."""
    if not job.inputs:
        return True
    from .received_values import receive  # noqa: PLC0415 - only for a cell that gets values

    try:
        main.__dict__.update(receive(job, stage))
    except BaseException:  # noqa: BLE001 - a library may fail in any way, and the log has to say so
        kind, error, _ = sys.exc_info()
        shell.showtraceback((kind, error, None))
        return False
    return True


def bring(job: CellJob, shell: TerminalInteractiveShell, main: types.ModuleType) -> bool:
    """Run the definitions of the notebook; whether that worked."""
    compiler = shell.compile
    compiler.cell = job.cell
    below: list[list[str]] = []
    lines = len(job.code.splitlines())
    for part in names.parts(job.names):
        names.remember(part)
        try:
            exec(part.code(), main.__dict__)  # noqa: S102 - they are the person's own
        except BaseException:  # noqa: BLE001 - the cell would fail the same way
            kind, error, where = sys.exc_info()
            shell.showtraceback((kind, error, where.tb_next if where else None))
            return False
        made = main.__dict__.get(part.name)
        if isinstance(made, type) and "__firstlineno__" in vars(made):
            # From Python 3.13 on `inspect` goes by it, in the file of `__main__`.
            made.__firstlineno__ += lines + sum(len(rows) for rows in below)  # type: ignore[attr-defined]
        below.append([line for line in part.text.splitlines() if not line.startswith("from __future__")])
    compiler.below = "".join(f"{line}\n" for rows in below for line in rows)
    shell.displayhook.take_up(main.__dict__)
    return True


def run_cell(job: CellJob, shell: TerminalInteractiveShell, rest: Rest) -> int:
    """Run the cell's text; its exit code, as Python would have it for a script."""
    text, own = of_cell(job.code)
    if (signed := with_sign(text, shell)) != text:
        text, own = signed, own | {signed}
    shell.compile.texts, shell.compile.written = own, as_written(job.code)
    shell.compile.is_timed, shell.compile.is_profiled = text.startswith("%%"), text.startswith("%%prun")
    if text.startswith("%%"):
        shell.compile.magic = next(
            (at, line.rstrip()) for at, line in enumerate(shell.compile.written, 1) if text.startswith(line)
        )
    stacks.install(shell.compile.is_call)
    if shell.compile.is_timed:
        shell.compile.time(job.code.splitlines(keepends=True))
    code = shell.transform_cell(text)
    awaits = shell.should_run_async(text, transformed_cell=code)
    shell.in_loop = awaits or event_loop.is_wanted(code + "\n" + job.names)
    tasks = event_loop.Tasks(lambda file: shell.compile.format_code_name(file) is not None, rest.note)
    if shell.in_loop:
        shell.loop_runner(tasks.watch())
    result = shell.run_cell(text, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    if error is None and shell.in_loop:
        error = _finish_tasks(shell, tasks)
    if isinstance(error, SystemExit):
        if not isinstance(error.code, (int, type(None))):
            shell.last_words = failure.message_of(error)
        return _exit_code(error, shell.outputs)
    # An error in a cell that a %%magic runs is shown and goes no further.
    return 1 if error is not None or shell.is_failed or (text.startswith("%%") and shell.failure) else 0


def _finish_tasks(shell: TerminalInteractiveShell, tasks: event_loop.Tasks) -> BaseException | None:
    """Wait for tasks that nobody awaits, as a notebook goes on with them; show and return the first error."""
    errors: list[BaseException] = shell.loop_runner(tasks.finish())
    for error in errors[:1]:
        shell.showtraceback((type(error), error, error.__traceback__))
    return errors[0] if errors else None


def _exit_code(error: SystemExit, outputs: Outputs) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    outputs.print_error(str(error.code))
    return 1


def _send_values(job: CellJob, shell: TerminalInteractiveShell, stage: Path, code: int) -> dict[str, str]:
    """Leave the values that are wanted; whatever goes wrong with one, which is returned, never fails the job."""
    from .sent_values import send  # noqa: PLC0415 - only for a cell that gives values back

    return send(job, shell.user_ns, stage, completed=code == 0)


def _drop_broken_streams() -> None:
    """Drop streams that can't be written to any more: for them, Python would end with exit code 120."""
    for name in ("stdout", "stderr"):
        try:
            getattr(sys, name).flush()
        except Exception:  # noqa: BLE001 - whatever a program made of it
            setattr(sys, name, None)


def _say(stage: Path, shell: TerminalInteractiveShell, code: int, refused: dict[str, str]) -> None:
    """Leave word of how the cell ended, for the parent."""
    # An error that was shown and did not end the cell, such as one in a `__repr__`, is none of the job's.
    failed = code == 1 and shell.failure is not None and shell.last_words is None
    said: dict[str, Any] = {
        "cell": "failed" if failed else "exited" if code else "completed",
        "error": shell.failure if failed else None,
        "exit": shell.last_words,
        "gpu": failure.gpu_memory(),
        "ipython": IPython.__version__,
        "refused": refused,
    }
    with contextlib.suppress(OSError):
        (stage / STAGED).write_text(json.dumps(said), encoding="utf-8")


def _no_input(*_: Any, **__: Any) -> NoReturn:
    raise EOFError(NOBODY)


def _no_breakpoint(*args: Any, **kwargs: Any) -> Any:
    if "PYTHONBREAKPOINT" in os.environ:
        return sys.__breakpointhook__(*args, **kwargs)
    raise EOFError(NO_DEBUGGER)
