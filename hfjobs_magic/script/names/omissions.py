"""Names that a notebook has and its job has not: what an error that asks for one of them is told with."""

from __future__ import annotations

import re
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.script.names.earlier_cells import find_made, history_of
from hfjobs_magic.script.syntax.free_names import IPYTHON

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_MISSING = {
    "NameError": re.compile(r"name '(\w+)' is not defined"),
    "KeyError": re.compile(r"'(\w+)'$"),
    "AttributeError": re.compile(r"module '__main__' has no attribute '(\w+)'"),
}
"""What Python says of a name that is not there, by its error: ``x``, ``globals()["x"]``, ``getattr(module, "x")``."""

_LOOKUP = re.compile(r"\b(?:globals|vars|locals)\(\)")


@dataclass(frozen=True)
class Omissions:
    """What did not come along."""

    names: Mapping[str, bool] = field(default_factory=dict)
    """Whether each is code, which `-i` does not send."""
    why: Literal["unseen", "none", "script"] = "unseen"
    """Nothing in the cell names them, ``--names none`` is on the line, or a plain script gets no names."""
    looks_up: bool = False
    """Whether the cell looks names up by their text."""
    history: Sequence[str] = ()
    """Texts of the notebook's cells: a job of one of them may have made what this one asks for."""

    def hint(self, kind: str, message: str) -> str:
        """Return what is to be said of an error; empty where it has nothing to do with these names.

        Parameters
        ----------
        kind
            Its class.
        message
            Its text.
        """
        found = _MISSING[kind].match(message) if kind in _MISSING else None
        name = found[1] if found else ""
        if name and name not in self.names and kind == "NameError" and (made := find_made(name, self.history)):
            return f"only the job of cell [{made.cell}] has it; {made.way[:1].lower()}{made.way[1:]}"
        if name not in self.names or (kind == "KeyError" and not self.looks_up):
            return ""
        has = f"the notebook has {name}, but"
        if self.why == "none":
            return f"{has} --names none left its names out"
        if self.why == "script":
            return f"{has} a plain script gets none of its names; leave out --script or the `# /// script` block"
        way = "" if self.names[name] else f", or send it with -i {name}"
        return f"{has} the cell does not name it where that is seen; write {name} on a line of its own{way}"


def find_omissions(
    text: str, namespace: Mapping[str, Any], there: Collection[str], why: Literal["unseen", "none", "script"]
) -> Omissions:
    """Collect the names of a notebook that a job does not get.

    Parameters
    ----------
    text
        The cell.
    namespace
        The notebook's names.
    there
        Names that the job has.
    why
        That of `Omissions`.
    """
    names = {
        name: isinstance(value, (type, types.ModuleType, types.FunctionType))
        for name, value in list(namespace.items())
        if not name.startswith("_") and name not in IPYTHON and name not in there
    }
    return Omissions(names, why, bool(_LOOKUP.search(text)), history_of(namespace))
