"""Who needs a name of the notebook, as a refusal says it."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass
class Use:
    """Who needs a name."""

    line: int
    """Line of the cell."""
    through: tuple[str, ...] = ()
    """Definitions on the way, the cell's own first."""
    flag: str = ""
    """The option whose expression needs it, in the cell's place."""

    def within(self, name: str) -> Use:
        """Return who needs what a definition on the way uses."""
        return replace(self, through=(*self.through, name))

    def __str__(self) -> str:
        who = self.flag or f"Line {self.line}"
        if not self.through:
            return f"{who} uses"
        return f"{who} uses {', which uses '.join(self.through)}, which uses"
