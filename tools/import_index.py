"""Check the tables of import names against what the index's packages hold, and write the table of the most used ones.

    python -m tools.import_index check PIGAR_WHEEL MOST_USED [FILE…] [--most 2000]
    python -m tools.import_index write PIGAR_WHEEL MOST_USED [FILE…] [--most 5000]

PIGAR_WHEEL is a wheel of pigar (``pip download --no-deps pigar``): it holds the top-level names of all packages of
PyPI, so one download answers what would take thousands of questions to a public service.
MOST_USED has one package a line, most downloaded first, or is the CSV file of github.com/hugovk/top-pypi-packages.
Each FILE is text with imports in it, or a folder of such: huggingface.js's ``model-libraries-snippets.ts``, which are
the Hub's own examples, or the notebooks of huggingface/notebooks.

What this cannot decide: pigar reads no deeper than the top level, so the parts of namespaces (``google.cloud.x``) are
not checked; it has nothing of wheels without a ``top_level.txt`` whose packages have no ``__init__.py``, and takes the
project's name for those with a single module.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hfjobs_magic.script.packages.imports import SHARED, is_standard
from hfjobs_magic.script.packages.kernel_packages import import_names
from hfjobs_magic.script.packages.requirements import GUESS, NOTHING, Kernel, alternatives, distribution_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

DATABASE = "pigar/.db.sqlite3"
"""Where a wheel of pigar has it."""

QUERY = """SELECT distributions.name, top_level_module_names.name FROM top_level_module_names
    JOIN distributions ON distributions.id = top_level_module_names.distribution_id"""

TABLE = Path(__file__).parents[1] / "hfjobs_magic" / "script" / "packages" / "import_index.tsv"

UNRANKED = 1_000_000
"""The place of a package that is not among the most used."""

FAR_MORE, LEAD = 3, 500
"""A package stands for an import although another has the import's own name when it is this many times and this many
places nearer to the top of the most used: below that, both are in use."""

_PARTS_OF_NOTHING = re.compile(
    r"tests?|(?:test|setup|build)_\w+|\w+_tests?|docs?|examples?|samples?|benchmarks?|dist|scripts?|wheelhouse|"
    r"(?:mypy|types)_\w+|\w+_stubs|\w+_(?:version|internal|vendored)"
)
"""What wheels hold beside what people import."""


_AFFIXES = re.compile(r"^(?:python3?-|py|django-|flask-|lib|apache-)|(?:-python|-py|-sdk|-client|-api|-official|-lib)$")
"""What a project puts round its import's name where the index has that name for another one."""


@dataclass(frozen=True)
class Index:
    """Which packages provide an import, and how much they are used."""

    providers: Mapping[str, Sequence[str]]
    """Packages by import name, most used first."""
    places: Mapping[str, int]
    """Place among the most used by package, 1 for the first; `UNRANKED` is meant where it is missing."""
    contents: frozenset[str] = frozenset()
    """Packages whose imports are known."""

    def place(self, package: str) -> int:
        """Return a package's place among the most used."""
        return self.places.get(package, UNRANKED)

    def imports(self, most: int) -> list[str]:
        """List what the `most` used packages provide and a script can import, by the packages' places."""
        first = {name: self.place(packages[0]) for name, packages in self.providers.items()}
        wanted = (name for name, place in first.items() if place <= most and is_importable(name))
        return sorted(wanted, key=lambda name: (first[name], name))


def is_importable(name: str) -> bool:
    """Whether somebody would import it: not private, not the standard library's, no namespace, no folder of tests."""
    private = name.startswith("_") or not name.isidentifier()
    return not (private or name in SHARED or is_standard(name) or _PARTS_OF_NOTHING.fullmatch(name.lower()))


def read_index(wheel: Path, most_used: Path) -> Index:
    """Read pigar's database out of its wheel, and the list of the most used packages."""
    lines = most_used.read_text(encoding="utf-8").splitlines()
    names = [line.rpartition(",")[2].strip('" ') for line in lines if not line.endswith(",project")]
    places = {canonicalize_name(name): place for place, name in enumerate(filter(None, names), start=1)}
    providers: dict[str, list[str]] = {}
    contents = set()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(wheel) as archive:
        path = archive.extract(DATABASE, folder)
        connection = sqlite3.connect(path)
        for package, name in connection.execute(QUERY):
            providers.setdefault(name, []).append(canonicalize_name(package))
            contents.add(canonicalize_name(package))
        connection.close()
    ranked = {
        name: sorted(set(some), key=lambda one: (places.get(one, UNRANKED), one)) for name, some in providers.items()
    }
    return Index(ranked, places, frozenset(contents))


@dataclass
class Outcome:
    """What the tables say of a number of imports."""

    right: list[str] = field(default_factory=list)
    """Resolved to a package that provides it, the most used one or near it."""
    guesses: list[str] = field(default_factory=list)
    """Resolved to a package that provides it, and said to be a guess."""
    nothing: list[str] = field(default_factory=list)
    """Names that people give their own files: none is told."""
    unknown: list[str] = field(default_factory=list)
    """Resolved to a package of which pigar has no imports."""
    doubtful: list[str] = field(default_factory=list)
    """Sentences: a package provides it, but a far more used one does, too, and nobody says that it is a guess."""
    wrong: list[str] = field(default_factory=list)
    """Sentences: the package does not provide it."""


def compare(index: Index, names: Sequence[str], table: Mapping[str, str]) -> Outcome:
    """Look up imports in the tables, with nothing installed, and compare with the index."""
    outcome = Outcome()
    for name in names:
        top = name.partition(".")[0]
        requirement, prefix, source = distribution_of(name, Kernel(table=table))
        found = alternatives(requirement)[0]
        packages = index.providers.get(top, ())
        told = {canonicalize_name(one) for one in alternatives(table.get(prefix, found))} | {canonicalize_name(found)}
        used = ", ".join(f"{one} ({index.places.get(one, 'hardly used')})" for one in packages[:3])
        if found == NOTHING:
            outcome.nothing.append(name)
        elif not told & set(packages):
            if canonicalize_name(found) in index.contents or (canonicalize_name(found) not in index.places and used):
                outcome.wrong.append(f"{name} is resolved to {found} ({source}), but provided by {used or 'none'}")
            else:
                outcome.unknown.append(name)
        elif source == "guess":
            outcome.guesses.append(name)
        elif _is_behind(index, min(map(index.place, told)), packages[0]):
            outcome.doubtful.append(f"{name} is resolved to {found} ({source}), but {used} provide it")
        else:
            outcome.right.append(name)
    return outcome


def _is_behind(index: Index, place: int, package: str) -> bool:
    return place > FAR_MORE * index.place(package) + LEAD


def rows(index: Index, most: int, reviewed: Mapping[str, str], also: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the imports of the most used packages with their package; `GUESS` before it where another could be meant.

    The imports of `also` are added where they are those of a package that is used at all.

    Only names that resemble their package's are taken: what else a wheel holds is a part of it that nobody imports
    by itself, or a name that is too general to be looked up. What the tables that people wrote have right is left out.
    """
    wanted = set(index.imports(most)) | (set(index.imports(UNRANKED - 1)) & set(also))
    for name in sorted(wanted, key=lambda name: (index.place(index.providers[name][0]), name)):
        own = canonicalize_name(name)
        packages = index.providers[name]
        told = {canonicalize_name(one) for one in alternatives(reviewed.get(name, ""))} & set(packages)
        if told and not _is_behind(index, min(map(index.place, told)), packages[0]):
            continue
        first = packages[0]
        if own in packages and not _is_behind(index, index.place(own), first):
            first = own
        elif not _resembles(name, first):
            continue
        ranked = [one for one in packages if one != first and index.place(one) < UNRANKED]
        # The import's very name is a stranger's project, or several projects share a namespace.
        shared = own not in packages and sum(one.startswith(f"{own}-") for one in (first, *ranked)) > 1
        stranger = own in index.contents and (index.place(own) < UNRANKED or _AFFIXES.sub("", first) != own)
        is_guess = first != own and (stranger or shared)
        yield name, (GUESS if is_guess else "") + "|".join([first, *ranked[:3]])


def _resembles(name: str, package: str) -> bool:
    one, other = (re.sub(r"[-_.]", "", text.lower()) for text in (name, package))
    words, parts = package.split("-"), name.lower().split("_")
    return (
        name.lower() in words
        or (min(len(one), len(other)) > 2 and (one in other or other in one))
        or all(len(part) > 2 and any(word.startswith(part) for word in words) for part in parts)
    )


def write(index: Index, wheel: Path, most: int, also: Collection[str]) -> None:
    """Write the table of the most used packages and of the imports of `also`."""
    head = (
        "# Import name, and its distribution where the name is another; alternatives after a |, a guess after a ?.\n"
        f"# From the database of pigar {wheel.name.split('-')[1]}, Copyright (c) 2020 XiaoChao Dong, BSD-3-Clause:\n"
        f"# the imports of the {most} most used distributions, and of notebooks of the Hub, that resemble their name.\n"
        "# Written by tools/import_index.py; do not edit, correct it in import_corrections.tsv.\n"
    )
    text = "".join(
        f"{name}\n" if canonicalize_name(name) == row else f"{name}\t{row}\n"
        for name, row in rows(index, most, _reviewed(), also)
    )
    TABLE.write_text(head + text, encoding="utf-8")


def _reviewed() -> dict[str, str]:
    """Return the rows of the tables that people wrote."""
    paths = (TABLE.with_name(name) for name in ("import_names.tsv", "import_corrections.tsv"))
    lines = (line.split("\t") for path in paths for line in path.read_text(encoding="utf-8").splitlines())
    return {row[0]: row[1] for row in lines if len(row) > 1}


def find_modules(text: str) -> set[str]:
    """Return the modules that a text imports, whatever is around the imports: JSON of a notebook, another language."""
    found = re.findall(
        r"^(?:.*`|[\s\"]*)(?:from|import) +([A-Za-z_][\w.]*)(?=[\s\",;\\`]|$)(?! *\{)", text, re.MULTILINE
    )
    return {name for name in found if not is_standard(name)}


def _modules_of(path: Path) -> list[str]:
    """List the modules that a file imports, or the files below a folder."""
    files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
    texts = [file.read_text(encoding="utf-8", errors="replace") for file in files]
    print(f"{path.name}: {len(files)} files")
    return sorted(set().union(*map(find_modules, texts)))


def _print(title: str, outcome: Outcome) -> None:
    print(*outcome.wrong, *outcome.doubtful, sep="\n")
    print(f"{title}:", *(f"{len(names)} {kind}," for kind, names in vars(outcome).items()))


def main() -> None:
    """Run one of the two commands."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "write"])
    parser.add_argument("wheel", type=Path)
    parser.add_argument("most_used", type=Path)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--most", type=int, default=2000)
    given = parser.parse_args()
    index = read_index(given.wheel, given.most_used)
    modules = {path.name: _modules_of(path) for path in given.files}
    if given.command == "write":
        tops = {name.partition(".")[0] for names in modules.values() for name in names}
        write(index, given.wheel, given.most, tops)
        return
    _print(f"{given.most} most used", compare(index, index.imports(given.most), import_names()))
    for name, names in modules.items():
        _print(name, compare(index, names, import_names()))


if __name__ == "__main__":
    main()
