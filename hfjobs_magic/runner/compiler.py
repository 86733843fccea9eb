"""How the code of a cell is named as it is compiled, and where its lines are found."""

from __future__ import annotations

import contextlib
import linecache
from typing import TYPE_CHECKING, Any

from IPython.core.compilerop import CachingCompiler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TIMED = frozenset({"<timed exec>", "<timed eval>"})
"""What ``%time`` calls its code: statements, an expression."""

COMPILED = TIMED | {"<magic-timeit>", "<unknown>"}
"""What ``%%time`` and ``%%timeit`` call the code below them."""

PROFILED = "<string>"
"""What ``%%prun`` calls it."""


class Compiler(CachingCompiler):
    """Compiles the cell under the name of its file, so that its lines are those of the editor."""

    cell = ""
    """Path of the cell's file."""
    texts: frozenset[str] = frozenset()
    """What is the cell's text: all of it, or what stands below its ``%%magic`` line."""
    is_timed = False
    """Whether Python stands below a ``%%magic`` line."""
    is_profiled = False
    """Whether it is ``%%prun``."""
    magic: tuple[int, str] | None = None
    """Line and text of the ``%%magic`` line of a cell that begins with one."""
    written: tuple[str, ...] = ()
    """Lines of the cell's file, as they were written."""
    below = ""
    """What else `inspect` should find in the cell's file: the definitions of the notebook, below it."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: list[str] = []

    @property
    def own(self) -> set[str]:
        """What the cell's code is called."""
        return {self.cell, *((PROFILED,) if self.is_profiled else ())}

    def __call__(self, source: Any, filename: str, *args: Any, **kwargs: Any) -> Any:
        """Compile code, that below a ``%%magic`` under the cell's name."""
        return super().__call__(source, self._name(filename), *args, **kwargs)

    def ast_parse(self, source: str, filename: str = "<unknown>", symbol: str = "exec") -> Any:
        """Parse code, that below a ``%%magic`` under the cell's name."""
        return super().ast_parse(source, self._name(filename), symbol)  # type: ignore[no-untyped-call,unused-ignore]

    def _name(self, file: str) -> str:
        return self.cell if self.is_timed and file in COMPILED else file

    def is_call(self, file: str) -> bool:
        """Whether a file is what only calls the ``%%magic`` above the cell."""
        return self.is_timed and file not in self.own

    def time(self, lines: list[str]) -> None:
        """Keep the lines of code that a magic runs; it compiles them under names of its own."""
        for name in self.own if self.is_timed else TIMED:
            linecache.cache[name] = (sum(map(len, lines)), None, lines, name)

    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """Name a piece of code."""
        if raw_code in self.texts:
            return self.cell
        return str(super().get_code_name(raw_code, transformed_code, number))

    def format_code_name(self, name: str) -> tuple[str, str] | None:
        """Give the two words by which tracebacks call a file, such as "Cell" and "In[3]"."""
        if name in self.own:
            return "The", "cell"
        if name.endswith(", from the notebook"):
            return name.partition(" ")[0], "from the notebook"
        return super().format_code_name(name)  # type: ignore[no-any-return,unused-ignore]

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        """Keep the lines of code for tracebacks and `inspect`."""
        name = str(super().cache(transformed_code, number, raw_code))
        if name == self.cell:
            self._shown = transformed_code.splitlines(keepends=True)
            self._remember([*self._shown, *self.below.splitlines(keepends=True)])
        return name

    def lines_of(self, file: str) -> tuple[Sequence[str], Sequence[str]]:
        """Return the lines of a file as they were compiled, and as they were written."""
        run = linecache.getlines(file)
        is_cell = file in self.own and len(self.written) == len(run)
        return run, self.written if is_cell else run

    @contextlib.contextmanager
    def no_more_lines(self) -> Iterator[None]:
        """Let tracebacks see the lines of the cell, and none that stand below it for `inspect` only."""
        whole = linecache.cache.get(self.cell)
        if whole is not None and self._shown:
            self._remember(self._shown)
        try:
            yield
        finally:
            if whole is not None:
                linecache.cache[self.cell] = whole

    def _remember(self, lines: list[str]) -> None:
        linecache.cache[self.cell] = (sum(map(len, lines)), None, lines, self.cell)
