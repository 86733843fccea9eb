"""What a format is."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from .spelling import fill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import ModuleType


class RefusedError(ValueError):
    """A format cannot give a value back as it is; the message is a clause of which the value is the subject.

    Parameters
    ----------
    said
        The clause, for who can do something about it in this process.
    in_job
        The clause of a job, whose packages are on its line; None where it is the same.
    way
        What to do, as `hfjobs_magic.values.spelling.fill` takes it: with ``{name}`` for the value's name, and ``{x}``
        for the expression that it is.
    way_in_job
        The same in a job; None where it is the same.
    """

    def __init__(self, said: str, in_job: str | None = None, *, way: str = "", way_in_job: str | None = None) -> None:
        self._here = (said, way)
        self._in_job = (said if in_job is None else in_job, way if way_in_job is None else way_in_job)
        super().__init__(self.say("x", "x"))

    def say(self, name: str, expression: str, *, in_job: bool = False) -> str:
        """Return the clause with what to do, for a value that the line has as ``NAME=EXPRESSION``."""
        said, way = self._in_job if in_job else self._here
        return f"{said}; {fill(way, name, expression)}" if way else said


class MissingPackageError(RefusedError):
    """A package is not installed that a format needs; the message is for who can install it in this process.

    Parameters
    ----------
    what
        A clause of which the value is the subject, as in "needs pyarrow to travel as Parquet".
    package
        The distribution.
    """

    def __init__(self, what: str, package: str) -> None:
        super().__init__(
            f"{what}, which is not installed here (%pip install {package})",
            f"{what}, which the job does not have (--with {package})",
        )


@dataclass(frozen=True)
class Written:
    """A value as files."""

    files: tuple[str, ...]
    """Their paths below the folder, with ``/``."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What reading needs besides the files, as JSON."""
    note: str = ""
    """Clause on a value that arrives as something else than it is; empty where it arrives the same."""


@dataclass(frozen=True)
class ValueFile:
    """One file of a value, by which it is checked where it arrives; in a folder of inputs its name is `sha256`."""

    path: str
    """Below the value's folder, with ``/``."""
    size: int
    """Bytes."""
    sha256: str
    """64 hexadecimal digits."""


class Format(Protocol):
    """One format; a module is one."""

    NAME: str
    """What a person writes behind the colon, as in ``-o df:parquet``."""

    def accepts(self, value: Any) -> bool:
        """Return whether the type of a value is one of this format's."""

    def needs(self, value: Any) -> tuple[str, ...]:
        """Return the modules that reading it takes, besides the standard library."""

    def write(self, value: Any, folder: Path, stem: str) -> Written:
        """Write a value below `folder`, in files whose names begin with `stem`.

        Raises
        ------
        RefusedError
            When it would not come back the same.
        """

    def read(self, folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
        """Return the value.

        Raises
        ------
        RefusedError
            When this Python lacks what it takes, or the files are not what they claim to be.
        """


def find_module(name: str) -> ModuleType | None:
    """Return a module if the program has imported it; a value of its types cannot be there otherwise."""
    return sys.modules.get(name)


def name_type(value: Any) -> str:
    """Return the type of a value as a person knows it, such as ``pandas.DataFrame``."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package in {"builtins", "__main__"} else f"{package}.{kind.__qualname__}"
