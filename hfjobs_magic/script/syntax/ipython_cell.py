"""A cell as plain Python, for whoever looks at it before it runs: IPython's own translation, on the cell's lines."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.syntax.lines import split_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_READS_PYTHON = frozenset({"time", "timeit", "capture", "prun", "debug"})
"""Cell magics below which Python stands."""

_OURS = frozenset({"hfjob", "hfjobs"})


def to_python(text: str, first: int) -> str:
    """Translate a cell, with as many lines as it has.

    Parameters
    ----------
    text
        The cell, with comments above it that are not its own.
    first
        Line of the text where the cell itself begins.

    Raises
    ------
    CellError
        For a ``%%hfjob`` in a ``%%hfjob``, and a ``%%magic`` that stands below other code.
    """
    lines = split_lines(text)
    rows = range(first - 1, len(lines))
    # As the runner does (`hfjobs_magic.runner.cell_magic`), to whom the %%hfjob line is a comment, too.
    at = next((at for at in rows if lines[at].strip() and not lines[at].startswith("#")), len(lines))
    if at < len(lines) and lines[at].startswith("%%"):
        found = re.match(r"%%\s*(\w*)", lines[at])
        name = found[1] if found else ""
        if name in _OURS:
            raise CellError(f"Line {at + 1} is a %%{name} in a %%hfjob. Write one of them. Nothing was submitted.")
        if name not in _READS_PYTHON:
            return "".join("#\n" for _ in lines[:-1]) + "pass\n"
        lines[at] = "#\n"
    made = _translate()("".join(lines))
    _check_magics(lines, made)
    return made


def _check_magics(lines: Sequence[str], made: str) -> None:
    """Refuse a ``%%magic`` that is not the first code of the cell, which IPython takes for a line magic of this name.

    Texts that hold such a line stay as they are.
    """
    for number, (line, translated) in enumerate(zip(lines, split_lines(made), strict=False), 1):
        found = re.match(r"\s*%%\s*(\w+)", line)
        if found and f"run_line_magic('%{found[1]}'" in translated:
            name = f"%%{found[1]}"
            raise CellError(
                f"Line {number} is a {name}, which has to be the first line below %%hfjob: it is for the whole cell. "
                f"Move the lines above it into another cell. Nothing was submitted."
            )


@cache
def _translate() -> Callable[[str], str]:
    from IPython.core.inputtransformer2 import TransformerManager  # noqa: PLC0415 - rarely needed, slow to import

    class Transformer(TransformerManager):
        """As the runner's: a command over several lines stays as long as it was."""

        def do_one_token_transform(self, lines: list[str]) -> tuple[bool, list[str]]:
            changed, made = super().do_one_token_transform(lines)  # type: ignore[no-untyped-call] # IPython's
            missing = len(lines) - len(made)
            if changed and missing > 0:
                pairs = enumerate(zip(lines, made, strict=False))
                at = next((at for at, (old, new) in pairs if old != new), len(made) - 1)
                made = [*made[: at + 1], *["\n"] * missing, *made[at + 1 :]]
            return bool(changed), made

    return lambda text: str(Transformer().transform_cell(text))  # type: ignore[no-untyped-call] # IPython's
