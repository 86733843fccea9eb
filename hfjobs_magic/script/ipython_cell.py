"""A cell as plain Python, for whoever looks at it before it runs: IPython's own translation, on the cell's lines."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.lines import split_lines

if TYPE_CHECKING:
    from collections.abc import Callable

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
        For a ``%%hfjob`` in a ``%%hfjob``.
    """
    lines = split_lines(text)
    at = next((at for at in range(first - 1, len(lines)) if lines[at].strip()), len(lines))
    if at < len(lines) and lines[at].startswith("%%"):
        found = re.match(r"%%\s*(\w*)", lines[at])
        name = found[1] if found else ""
        if name in _OURS:
            raise CellError(f"Line {at + 1} is a %%{name} in a %%hfjob. Write one of them. Nothing was submitted.")
        if name not in _READS_PYTHON:
            return "".join("#\n" for _ in lines[:-1]) + "pass\n"
        lines[at] = "#\n"
    return _translate()("".join(lines))


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
