"""IPython's shell, with a file for each output in the place of a terminal."""

from __future__ import annotations

import linecache
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell

from .failure import error_output, group_lines, of_error, plain
from .installs import answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from .outputs import Outputs

TIMED = "<timed exec>"
"""What ``%%time`` calls its code."""


class Publisher(DisplayPublisher):
    """`display`, `update_display` and `clear_output`."""

    outputs: Outputs

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


class Compiler(CachingCompiler):
    """Compiles the cell under the name of its file, so that its lines are those of the editor."""

    cell = ""
    """Path of the cell's file."""
    texts: frozenset[str] = frozenset()
    """What is the cell's text: all of it, or what stands below its ``%%magic`` line."""
    below = ""
    """What else `inspect` should find in the cell's file: the definitions of the notebook, below it."""

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Name a piece of code."""
        if raw_code in self.texts:
            return self.cell
        return str(super().get_code_name(raw_code, transformed_code, number))

    def format_code_name(self, name: str) -> tuple[str, str] | None:
        """Give the two words by which tracebacks call a file, such as "Cell" and "In[3]"."""
        if name in {self.cell, TIMED}:
            return "The", "cell"
        if name.endswith(", from the notebook"):
            return name.partition(" ")[0], "from the notebook"
        return super().format_code_name(name)  # type: ignore[no-any-return,unused-ignore]

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Keep the lines of code for tracebacks and `inspect`."""
        name = str(super().cache(transformed_code, number, raw_code))
        if name == self.cell:
            lines = (transformed_code + self.below).splitlines(keepends=True)
            linecache.cache[name] = (len(transformed_code), None, lines, name)
        return name


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
    last_words: str | None = None
    """What ``sys.exit("…")`` said."""

    def show_to(self, outputs: Outputs) -> None:
        """Send outputs there."""
        self.outputs = self.display_pub.outputs = self.displayhook.outputs = outputs

    def enable_gui(self, gui: str | None = None) -> None:
        """Need no event loop of a window system: ``%matplotlib inline`` asks for none."""

    def enable_matplotlib(self, gui: str | None = None) -> Any:
        """Show figures as pictures, whatever ``%matplotlib`` asks for: no window and no widget stands behind a job."""
        return super().enable_matplotlib("agg" if gui == "agg" else "inline")

    def run_line_magic(self, magic_name: str, line: str, *args: Any, **kwargs: Any) -> Any:
        """Run a ``%magic``; ``%pip install`` was done before the job began."""
        said = answer(f"{magic_name} {line}") if magic_name in {"pip", "conda", "uv", "mamba"} else None
        if said is None:
            kwargs["_stack_depth"] = kwargs.get("_stack_depth", 1) + 1
            return super().run_line_magic(magic_name, line, *args, **kwargs)
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
        with self._shell(line) as process:
            for text in process.stdout or ():
                sys.stdout.write(text)
                sys.stdout.flush()
        self.user_ns["_exit_code"] = process.returncode

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:  # noqa: FBT001, FBT002, RUF100
        """Run the command of ``x = !command``."""
        with self._shell(self.var_expand(cmd, depth=depth + 1)) as process:
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

    def showtraceback(self, exc_tuple: Any = None, *args: Any, **kwargs: Any) -> None:
        """Show the error that is being handled."""
        kind, error, where = exc_tuple or sys.exc_info()
        if kind is None or error is None or issubclass(kind, SystemExit):
            return
        try:
            super().showtraceback((kind, error, where), *args, **kwargs)
        except Exception:  # noqa: BLE001 - without memory, or in a recursion, even a traceback can fail
            self._show_error(kind, error, where, [f"{kind.__name__}: {error}"])

    def show_usage_error(self, exc: BaseException) -> None:
        """Show what is wrong with a magic's line."""
        self._show_error(type(exc), exc, exc.__traceback__, [f"{type(exc).__name__}: {exc}"])

    def _showtraceback(self, etype: type[BaseException], evalue: BaseException, stb: Sequence[str]) -> None:
        lines = [*map(str, stb), *group_lines(evalue)]
        self._show_error(etype, evalue, evalue.__traceback__, lines)

    def _show_error(
        self, kind: type[BaseException], error: BaseException, where: TracebackType | None, lines: Sequence[str]
    ) -> None:
        self.failure = told = of_error(error, where, {self.compile.cell, TIMED}, self._title)
        print(plain(lines), file=sys.stderr)  # noqa: T201
        self.outputs.fail(error_output(kind.__name__, told["message"], lines), told)

    def _title(self, file: str) -> str:
        words = self.compile.format_code_name(file)
        return " ".join(words) if words and words[0] != "File" else file
