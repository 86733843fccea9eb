"""A line that installs packages: what it asks for, and what it is answered where a job cannot do it."""

from __future__ import annotations

from dataclasses import dataclass

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.packages.pip_commands import PipCommand, find_pip_commands
from hfjobs_magic.script.packages.pip_options import Packages, read_packages


@dataclass(frozen=True)
class InstallLine:
    """What a line installs; nothing where it installs nothing."""

    requirements: tuple[str, ...] = ()
    """PEP 508, or addresses."""
    notes: tuple[str, ...] = ()
    """Sentences on options that the job goes without."""
    has_others: bool = False
    """Whether other commands are on the line."""


def read_installs(command: str, line: int) -> InstallLine:
    """Read a command, without IPython's sign in front.

    Parameters
    ----------
    command
        Its text, which may be several with ``&&`` between them.
    line
        Where it is in the script.

    Raises
    ------
    CellError
        For what would do nothing or fail in the job, with the way to do it.
    """
    try:
        commands, has_others = find_pip_commands(command)
    except ValueError:
        if "install" not in command:
            return InstallLine(has_others=True)
        raise CellError(
            f"Line {line}: the quotes of this line do not close. Close them. Nothing was submitted."
        ) from None
    found = [_packages(item, line) for item in commands]
    return InstallLine(
        tuple(name for item in found for name in item.requirements),
        tuple(note for item in found for note in item.notes),
        has_others,
    )


def _packages(command: PipCommand, line: int) -> Packages:
    if command.tool == "pip" and command.verb in {"uninstall", "remove"}:
        return Packages((), (f"Line {line} has {command.verb}, which does nothing: the job's environment is new.",))
    if command.tool != "pip":
        way = " and name the package, as PyPI calls it, with --with" if command.verb == "install" else ""
        raise CellError(f"Line {line}: the job has no {command.tool}. Delete the line{way}. Nothing was submitted.")
    return read_packages(command.words, line)
