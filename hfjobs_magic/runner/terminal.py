"""IPython's shell, with a file for each output in the place of a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

from .failure import as_printable, error_output, message_of, of_error, plain
from .frames import is_all_internal, leave_out_internal
from .groups import group_lines, has_group
from .installs import answer, answer_parts, by_uv
from .output_widgets import OutputWidgets
from .source_lines import restore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from .compiler import Compiler
    from .outputs import Outputs

_FILE = re.compile(r'File "(?P<file>[^"\n]+)"(?=, line \d)')
"""How Python itself calls a file in the text of a traceback: of a worker, of an error in a group."""


def _is_background(line: str) -> bool:
    """Whether a shell starts the command of a line and goes on."""
    return line.rstrip().endswith("&") and not line.rstrip().endswith("&&")


class Publisher(DisplayPublisher):
    """`display`, `update_display` and `clear_output`."""

    outputs: OutputWidgets

    def publish(  # type: ignore[override,unused-ignore]
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *_: Any,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **__: Any,
    ) -> None:
        """Show a bundle of MIME types."""
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        display_id = (transient or {}).get("display_id")
        if not update:
            self.outputs.show(output, display_id)
        elif display_id:
            self.outputs.update(output, display_id)

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002, RUF100 - IPython's signature
        """Take away what is shown."""
        self.outputs.clear(wait=wait)


class Hook(DisplayHook):
    """The last expression of a cell."""

    outputs: Outputs

    def take_up(self, names: dict[str, Any]) -> None:
        """Take the notebook's last results, where they came along, for this shell's own: the cell's follows them.

        Whatever else stands there IPython takes for a variable of the program, and leaves it alone.
        """
        for name in ("_", "__", "___"):
            setattr(self, name, names.get(name, ""))

    def start_displayhook(self) -> None:
        """Print no empty line."""

    def write_output_prompt(self) -> None:
        """Print no ``Out[1]:``."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        """Show a bundle of MIME types."""
        self.outputs.show(
            {"output_type": "execute_result", "execution_count": 1, "data": format_dict, "metadata": md_dict or {}}
        )

    def finish_displayhook(self) -> None:
        """Print no empty line."""


class Transformer(TransformerManager):
    """IPython's own, but a command over several lines stays as long as it was: below it, lines are the editor's."""

    def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
        """Transform the first piece of IPython syntax."""
        changed, made = super().do_one_token_transform(lines)
        missing = len(lines) - len(made)
        if changed and missing > 0:
            at = next((at for at, (old, new) in enumerate(zip(lines, made)) if old != new), len(made) - 1)
            made = [*made[: at + 1], *["\n"] * missing, *made[at + 1 :]]
        return changed, made


class TerminalInteractiveShell(InteractiveShell):
    """The cell's shell.

    It has the name of IPython's own shell for terminals because programs that have a bar or a table for a notebook
    with a page and one for a terminal go by that name (rich, fastprogress), by the module's (wandb) or by the
    configuration (tqdm, transformers): in a job there is no page, so they are to print text.
    """

    outputs: Outputs
    display_pub: Publisher
    displayhook: Hook
    compile: Compiler
    failure: dict[str, Any] | None = None
    """What `failure.of_error` said of the newest error that was shown."""
    is_failed = False
    """Whether a script of ``%run`` has failed."""
    last_words: str | None = None
    """What ``sys.exit("…")`` said."""
    in_loop = False
    """Whether the cell runs in an event loop."""

    def show_to(self, outputs: Outputs) -> None:
        """Send outputs there."""
        self.outputs = self.displayhook.outputs = outputs
        self.display_pub.outputs = widgets = OutputWidgets(outputs)
        sys.meta_path.insert(0, widgets)

    def should_run_async(self, raw_cell: str, **kwargs: Any) -> bool:
        """Return whether a cell runs in an event loop."""
        return self.in_loop or bool(super().should_run_async(raw_cell, **kwargs))

    def enable_gui(self, gui: str | None = None) -> None:
        """Need no event loop of a window system: ``%matplotlib inline`` asks for none."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Show figures as pictures, whatever ``%matplotlib`` asks for: no window and no widget stands behind a job."""
        return super().enable_matplotlib("agg" if gui == "agg" else "inline")

    def run_line_magic(self, magic_name: str, line: str, *args: Any, **kwargs: Any) -> Any:
        """Run a ``%magic``; ``%pip install`` was done before the job began."""
        command = f"{magic_name} {line}"
        said = answer(command) if magic_name in {"pip", "conda", "uv", "mamba"} else None
        if said is None and magic_name in {"pip", "uv"} and by_uv(command) != command:
            self.system(command)
            return None
        if said is None:
            kwargs["_stack_depth"] = kwargs.get("_stack_depth", 1) + 1
            if magic_name == "time" and not self.compile.is_timed:
                self.compile.time([f"{line.strip()}\n"])
            before = self.failure
            try:
                return super().run_line_magic(magic_name, line, *args, **kwargs)
            finally:
                # It shows an error and goes on; a job of a script that fails is not to be one that went well.
                self.is_failed = self.is_failed or (magic_name == "run" and self.failure is not before)
        print(said)  # noqa: T201
        return None

    def system(self, cmd: str) -> None:  # type: ignore[override,unused-ignore]
        """Run a ``!command``: its output goes where the cell's goes, and nobody is there to answer its questions."""
        line = self.var_expand(cmd, depth=1)
        said = answer(line)
        if said is not None:
            print(said)  # noqa: T201
            self.user_ns["_exit_code"] = 0
            return
        if _is_background(line):
            # What goes on would keep a pipe open, and the cell waiting for it.
            self.user_ns["_exit_code"] = subprocess.call(line, shell=True, stdin=subprocess.DEVNULL)  # noqa: S602
            return
        with self._shell(by_uv(answer_parts(line))) as process:
            for text in process.stdout or ():
                sys.stdout.write(text)
                sys.stdout.flush()
        self.user_ns["_exit_code"] = process.returncode

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:  # noqa: FBT001, FBT002, RUF100
        """Run the command of ``x = !command``."""
        line = self.var_expand(cmd, depth=depth + 1)
        if _is_background(line):
            raise OSError("Background processes not supported.")  # as IPython has it
        with self._shell(by_uv(answer_parts(line))) as process:
            text = (process.stdout.read() if process.stdout else "").rstrip("\n")
        from IPython.utils.text import LSString, SList  # noqa: PLC0415 - rarely needed

        return SList(text.splitlines()) if split else LSString(text)

    @staticmethod
    def _shell(line: str) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S602 - a shell is what the cell asks for
            line,
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
        )

    # -- errors ------------------------------------------------------------------------------------

    def init_traceback_handlers(self, custom_exceptions: Any) -> None:
        """Make what formats tracebacks, with lines as they stand in the editor."""
        super().init_traceback_handlers(custom_exceptions)
        traceback_format: Any = self.InteractiveTB
        format_record, structure = traceback_format.format_record, traceback_format.structured_traceback

        def write(kind: Any, error: Any, where: Any = None, *args: Any, **kwargs: Any) -> list[str]:
            try:
                made: list[str] = structure(kind, error, where, *args, **kwargs)
            except Exception:  # noqa: BLE001 - IPython would print that it has failed, and tell nobody of the error
                made = "".join(traceback.format_exception(kind, error, where)).splitlines()
            return made

        traceback_format.structured_traceback = write
        format_exception = traceback_format.format_exception
        traceback_format.format_exception = lambda kind, error: format_exception(kind, as_printable(error))
        traceback_format.format_record = lambda frame: restore(
            format_record(frame), *self.compile.lines_of(str(frame.filename))
        )

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show the error that is being handled."""
        kind, error, where = exc_tuple or sys.exc_info()
        if kind is None or error is None or issubclass(kind, SystemExit):
            return
        where = leave_out_internal(error, where)
        if where is not None and self.compile.is_call(where.tb_frame.f_code.co_filename):
            where = where.tb_next  # the call of the magic, which nobody wrote
        error.__traceback__ = where
        if self.compile.magic and is_all_internal(where):
            where = error.__traceback__ = None  # IPython 8 would show its own frames
            if isinstance(error, subprocess.CalledProcessError):
                error.cmd = self.compile.magic[1]  # it has the whole text that the program was given
        try:
            with self.compile.no_more_lines():
                self._write_traceback(kind, error, where, *args, **kwargs)
        except Exception:  # noqa: BLE001 - without memory, or in a recursion, even a traceback can fail
            self._show_error(kind, error, where, [f"{kind.__name__}: {message_of(error)}"])

    def _write_traceback(self, kind: Any, error: BaseException, where: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(error, SyntaxError) and kwargs.get("running_compiled_code"):
            # Of code that the cell runs, or imports. IPython would begin with a frame of its own.
            frames: Any = traceback.extract_tb(where)
            self._showtraceback(kind, error, self.SyntaxTB.structured_traceback(kind, error, frames))
        elif has_group(error):
            # IPython 9 prints them itself, and tells nobody.
            shown = self.InteractiveTB.structured_traceback(kind, error, where, tb_offset=0)
            self._showtraceback(kind, error, shown)
        else:
            super().showtraceback((kind, error, where), *args, **{"tb_offset": 0, **kwargs})

    def _format_exception_for_storage(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Write no second traceback, which IPython 9 wants for ``%notebook``: an error may fail to give its text."""
        return {}

    def show_usage_error(self, exc: BaseException) -> None:
        """Show what is wrong with a magic's line."""
        self._show_error(type(exc), exc, exc.__traceback__, [f"{type(exc).__name__}: {exc}"])

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Sequence[str]) -> None:
        lines = [_FILE.sub(self._call_by_title, str(line)) for line in [*stb, *group_lines(evalue)]]
        if self.compile.magic and evalue.__traceback__ is None and not isinstance(evalue, SyntaxError):
            # All that somebody wrote of what has failed is its %%magic line.
            number, text = self.compile.magic
            at = next((at for at, line in enumerate(lines, 1) if "Traceback (most recent" in line), 0)
            lines[at:at] = [f"The cell, line {number}", f"----> {number} {text}", ""]
        self._show_error(etype, evalue, evalue.__traceback__, lines)

    def _show_error(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None, lines: Sequence[str]
    ) -> None:
        above = self.compile.magic[0] if self.compile.magic else None
        self.failure = told = of_error(error, where, self.compile.own, self._title, above=above)
        with self.outputs.prints.pause():  # the notebook has the error itself
            self.outputs.print_error(plain(lines))
        self.outputs.fail(error_output(kind.__name__, told["message"], lines), told)

    def _call_by_title(self, found: re.Match[str]) -> str:
        title = self._title(found["file"])
        return found[0] if title == found["file"] else title

    def _title(self, file: str) -> str:
        words = self.compile.format_code_name(file)
        return " ".join(words) if words and words[0] != "File" else file
