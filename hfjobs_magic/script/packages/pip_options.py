"""What stands behind ``pip install``: packages, files of packages, and options that a job needs or cannot have."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.packages.placeholder_packages import describe_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SILENT = frozenset(
    {
        "--quiet", "--verbose", "--upgrade", "--yes", "--user", "--system", "--no-cache-dir", "--no-cache",
        "--force-reinstall", "--ignore-installed", "--no-input", "--no-warn-script-location", "--no-warn-conflicts",
        "--break-system-packages", "--disable-pip-version-check", "--prefer-binary", "--no-build-isolation",
        "--no-color", "--reinstall", "--use-pep517", "--no-compile", "--no-compile-bytecode", "--compile-bytecode",
        "--native-tls", "--no-progress", "--no-python-version-warning", "--only-deps",
    }
)  # fmt: skip
"""Options of pip and uv that mean nothing in an environment made anew for the job."""

_SILENT_LETTERS = re.compile(r"-[qvUyIn]+")
"""The same in short, several in one word: ``-qU``."""

_SILENT_WITH_VALUE = frozenset(
    {"--upgrade-strategy", "--progress-bar", "--root-user-action", "--python", "-p", "--timeout", "--default-timeout",
     "--retries", "--link-mode", "--upgrade-package", "-P", "--use-feature", "--use-deprecated", "--target", "-t",
     "--prefix", "--cache-dir", "--log"}
)  # fmt: skip

_INDEXES = {
    **dict.fromkeys(("-i", "--index-url", "--extra-index-url", "--index", "--default-index"), "UV_INDEX"),
    **dict.fromkeys(("-f", "--find-links"), "UV_FIND_LINKS"),
}
"""Where packages come from, and the variable by which uv takes the same."""

_FILES = frozenset({"-r", "--requirement", "--requirements"})
_OF_FOLDER = "installs code of this machine, which a job does not have"
_MOST_FILES = 20
"""Files of requirements that lead to each other; more are a circle."""


@dataclass(frozen=True)
class Packages:
    """What a command installs."""

    requirements: tuple[str, ...]
    """PEP 508, or addresses."""
    notes: tuple[str, ...] = ()
    """Sentences on options that the job goes without."""


def read_packages(words: Sequence[str], line: int) -> Packages:
    """Read the words behind ``pip install``; a file of requirements is read on this machine.

    Raises
    ------
    CellError
        For options and words that a job cannot have, with the way to do it.
    """
    return _Reader(line).read(list(words))


class _Reader:
    """The words of one command."""

    def __init__(self, line: int) -> None:
        self._line = line
        self._notes: list[str] = []
        self._files = 0

    def read(self, words: list[str]) -> Packages:
        found = list(self._requirements(words, Path()))
        if not found:
            raise self._refusal("this line names no package. Delete it.")
        return Packages(tuple(found), tuple(self._notes))

    def _refusal(self, why: str) -> CellError:
        return CellError(f"Line {self._line}: {why} Nothing was submitted.")

    def _requirements(self, words: list[str], folder: Path) -> Iterator[str]:
        while words:
            word = words.pop(0)
            option, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
            if option in _SILENT or _SILENT_LETTERS.fullmatch(word):
                continue
            if re.match(r"-[rfie][^-\s]", word):  # the value in the same word
                option, equals, value = word[:2], "=", word[2:]
            if option in {"--no-deps", "--no-dependencies"}:
                self._notes.append(
                    f"Line {self._line} has {option}, which a job cannot have: it gets what these packages need, too."
                )
            elif option.startswith("-"):
                value = value if equals else (words.pop(0) if words and _takes_value(option) else "")
                yield from self._option(option, value, folder)
            else:
                yield self._requirement(word)

    def _option(self, option: str, value: str, folder: Path) -> Iterator[str]:
        if option in _SILENT_WITH_VALUE:
            return
        if option in _FILES:
            yield from self._file(value, folder)
        elif option in {"-e", "--editable"}:
            if not re.match(r"(?:git\+)?\w+://", value):
                raise self._refusal(f"{option} {value} {_OF_FOLDER}. {_BRING}")
            yield self._requirement(value)
        elif option in _INDEXES:
            address = value if re.fullmatch(r"https?://[^@\s{}$]+", value) else "ADDRESS"
            raise self._refusal(
                f"{option} goes on the %%hfjob line, as -e {_INDEXES[option]}={address}. Delete it here."
            )
        elif option == "--pre":
            raise self._refusal(
                "--pre goes into the package's version, as in 'torch>=2.10.dev0'. Write one, and delete --pre."
            )
        else:
            raise self._refusal(
                f"pip's {option} has no place in a script. Name packages alone; "
                "indexes and the like go into [tool.uv] of a # /// script block."
            )

    def _requirement(self, word: str) -> str:
        if re.search(r"[{}$`]", word.partition(";")[0]):
            raise self._refusal(
                f"{word} is only known once the cell runs, and packages are installed before. Write the name out."
            )
        if said := describe_placeholder(re.findall(r"^[\w.-]+", word)):
            raise self._refusal(said)
        try:
            return str(Requirement(word))
        except InvalidRequirement:
            if re.match(r"(?:git\+)?\w+://", word):
                return word  # uv takes it behind --with
        if word.startswith((".", "/", "~")) or word.endswith((".whl", ".tar.gz")):
            raise self._refusal(f"{word} {_OF_FOLDER}. {_BRING}")
        raise self._refusal(f"{word} is not a package's name. Write it as in 'rich>=13'.")

    def _file(self, name: str, folder: Path) -> Iterator[str]:
        path = folder / Path(name).expanduser()
        self._files += 1
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise self._refusal(f"there is no file {name} here to read. Name its packages with --with.") from None
        if self._files > _MOST_FILES:
            raise self._refusal(f"{name} leads to too many files. Name the packages with --with.")
        for row in re.sub(r"\\\r?\n", " ", text).splitlines():
            plain = re.sub(r"(?:^|\s)#.*|\s--hash=\S+", "", row).strip()
            if plain.startswith("-"):
                yield from self._requirements(_split_row(plain), path.parent)
            elif plain:
                yield self._requirement(plain)


_BRING = "Bring it with --volume, or name where it can be downloaded, as in git+https://…"


def _takes_value(option: str) -> bool:
    known = {*_SILENT_WITH_VALUE, *_FILES, *_INDEXES, "-e", "--editable", "-c", "--constraint", "--trusted-host"}
    return option in known


def _split_row(row: str) -> list[str]:
    try:
        return shlex.split(row)
    except ValueError:
        return row.split()
