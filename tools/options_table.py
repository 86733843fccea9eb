"""Write the table of options into the docs, from the one table that also drives the magic line.

Usage: python tools/options_table.py
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.options.table import OPTIONS

if TYPE_CHECKING:
    from hfjobs_magic.options.option import Option

PAGES = (Path(__file__).parents[1] / "docs/options.md",)
BEGIN, END = "<!-- options: begin -->\n", "<!-- options: end -->\n"


def table() -> str:
    """Rows of a Markdown table, one an option."""
    rows = "".join(f"| {_flags(option)} | {_cell(option.help)} |\n" for option in OPTIONS)
    return f"| option | meaning |\n|---|---|\n{rows}"


def with_table(text: str) -> str:
    """Return `text` with what stands between the two comments replaced."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _flags(option: Option) -> str:
    value = "" if option.kind in {"flag", "switch"} else f" {option.metavar}"
    return _cell(", ".join(f"`{flag}{value}`" for flag in option.flags))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
