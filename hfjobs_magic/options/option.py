"""What an option is: its spellings, its help, and what it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COUNT = 1_000_000
"""Any other number of things: more is a slip of the finger."""

Kind = Literal["flag", "switch", "text", "many", "count"]


@dataclass(frozen=True)
class Option:
    """One row of the table."""

    flags: tuple[str, ...]
    """Spellings on the line; the first long one without dashes is the keyword's name."""
    kind: Kind
    """flag: on or not; switch: on, off or neither; text: one value; many: may be repeated; count: a number >= 1."""
    help: str
    """One clause, shown by ``--help`` and in the docs."""
    metavar: str = "TEXT"
    """What the value is, in the help."""
    keyword: str = ""
    """Name as a keyword argument, where the flag's own is not a good Python name."""
    label: str = ""
    """Name in the plan and in the Details tab; empty where the option says nothing about the job itself."""
    check: Callable[[str], object] | None = None
    """Raises OptionError for a value that cannot be used; called with each item where an option may be repeated."""
    most: int = MAX_COUNT
    """Largest number that makes sense, of a count."""
    why_most: str = ""
    """Why not more, as the end of a sentence."""

    @property
    def dest(self) -> str:
        """Keyword of ``run()`` and field of `RunOptions`."""
        long = next(flag for flag in self.flags if flag.startswith("--"))
        return self.keyword or long[2:].replace("-", "_")

    @property
    def flag(self) -> str:
        """The spelling that messages use."""
        return next(flag for flag in self.flags if flag.startswith("--"))

    def check_value(self, value: Any) -> None:
        """Check a value of the option; None stands for "not given"."""
        if value is None:
            return
        for item in value if self.kind == "many" else (value,):
            if isinstance(item, str) and not item.strip():
                raise OptionError(f"{self.flag} is empty. Give it a value, or leave it out.")
            if isinstance(item, int) and item > self.most:
                raise OptionError(
                    f"{self.flag} {shorten(str(item))} is too many. Write {self.most:,} at most{self.why_most}."
                )
            if self.check is not None:
                self.check(item)
            if isinstance(item, str) and "\0" in item:
                raise OptionError(f"{self.flag} holds a null character, which no program can be given. Take it out.")
