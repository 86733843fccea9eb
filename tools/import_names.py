"""The tables of import names: take the published one anew, and check both against the index.

    python -m tools.import_names take marimo_base-*.whl popular.txt
    python -m tools.import_names check [IMPORT …]
    python -m tools.import_names check-here FOLDER…

`take` writes import_names.tsv from marimo's table: the rows whose distribution is among those of popular.txt, one name
a line, such as the 15,000 that are downloaded most. The others are mostly abandoned, or strangers' packages that have
an import in common with what people mean.

`check` installs the distributions of import_corrections.tsv, or those of the imports that are named, one by one into an
empty folder, without what they depend on, and says which do not provide their import. It asks for one a second, for
`MAX_LOOKUPS` at most, and for wheels only.

`check-here` asks nobody: it reads the metadata of all wheels and unpacked distributions that lie below some folders,
such as uv's cache (``uv cache dir``) and the environments of this machine, and says where the table names another one
for an import. tools/import_index.py compares the tables with the packages that are used most.
"""

from __future__ import annotations

import ast
import csv
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from packaging.utils import canonicalize_name

from hfjobs_magic.script.packages.kernel_packages import import_names
from hfjobs_magic.script.packages.requirements import NOTHING, SHARED, Kernel, alternatives, distribution_of

SOURCE = "marimo/_runtime/packages/module_name_to_pypi_name.py"
FOLDER = Path(__file__).parents[1] / "hfjobs_magic" / "script" / "packages"
TABLE, CORRECTIONS = FOLDER / "import_names.tsv", FOLDER / "import_corrections.tsv"
PAUSE_S = 1.0
"""Seconds between two questions to the index: it is a public service."""

MAX_LOOKUPS = 60
"""Distributions that one run asks for."""

TOO_LARGE = frozenset({"paddlepaddle", "cudf-cu12", "cuml-cu12", "cugraph-cu12", "cupy-cuda12x", "tf-models-official"})
"""Wheels of hundreds of megabytes; their projects' pages say what they provide."""


def take(wheel: str, popular: str) -> None:
    """Write the table from a wheel of marimo."""
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read(SOURCE).decode())
    literal = next(node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    names = ast.literal_eval(literal)
    used = {canonicalize_name(line.strip()) for line in Path(popular).read_text(encoding="utf-8").splitlines()}
    kept = {key: names[key] for key in sorted(names) if canonicalize_name(names[key].partition("[")[0]) in used}
    version = Path(wheel).name.split("-")[1]
    head = (
        f"# Import name, distribution. From marimo {version} ({SOURCE}),\n"
        f"# Copyright 2026 Marimo, Apache-2.0: the {len(kept)} of {len(names)} rows "
        "whose distribution is much downloaded.\n"
        "# Written by tools/import_names.py; do not edit, correct it in import_corrections.tsv.\n"
    )
    TABLE.write_text(head + "".join(f"{key}\t{name}\n" for key, name in kept.items()), encoding="utf-8")


def check(imports: list[str]) -> list[str]:
    """Return a sentence for each import that its distribution does not provide."""
    rows = {row[0]: alternatives(row[1])[0] for path in (TABLE, CORRECTIONS) for row in _rows(path)}
    chosen = imports or [row[0] for row in _rows(CORRECTIONS)]
    wanted = [name for name in chosen if rows[name] != "-" and rows[name] not in TOO_LARGE]
    wrong: list[str] = []
    for name in wanted[:MAX_LOOKUPS]:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [
                    *("uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"),
                    *("--python-platform", "x86_64-unknown-linux-gnu", "--python-version", "3.12"),
                    *("--target", folder, rows[name]),
                ],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                wrong.append(f"{rows[name]} ({name}) has no wheel: {done.stderr.strip().splitlines()[-1]}")
            elif not _provides(Path(folder), name):
                tops = sorted(path.name for path in Path(folder).iterdir() if not path.name.endswith(".dist-info"))
                wrong.append(f"{rows[name]} does not provide {name}, but {', '.join(tops)}")
            else:
                print(f"{name}: {rows[name]}", flush=True)
        time.sleep(PAUSE_S)
    return wrong


def check_here(folders: list[str]) -> list[str]:
    """Return a sentence for each import of the distributions below `folders` that is resolved to another one."""
    found: list[tuple[str, str]] = []
    provided: dict[str, set[str]] = {}
    for folder in folders:
        for info in Path(folder).glob("**/*.dist-info"):
            record = info / "RECORD"
            if record.exists():
                found.append((info.stem.rpartition("-")[0], record.read_text(encoding="utf-8")))
        for wheel in Path(folder).glob("**/*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                record = next(name for name in archive.namelist() if name.endswith(".dist-info/RECORD"))
                found.append((wheel.name.split("-")[0], archive.read(record).decode()))
    for name, record in found:
        for top in _tops(record):
            provided.setdefault(top, set()).add(canonicalize_name(name))
    nobody = Kernel(table=import_names())
    wrong, guessed, same = [], 0, 0
    for top, names in sorted(provided.items()):
        if top in SHARED:
            continue
        requirement, _, source = distribution_of(top, nobody)
        told = alternatives(requirement)[0]
        others = alternatives(import_names().get(top, told))
        if names & set(map(canonicalize_name, others)):
            same += 1
            guessed += source == "guess"
        else:
            other = "nothing" if told == NOTHING else told
            wrong.append(f"{top} is provided by {', '.join(sorted(names))}, but is resolved to {other}")
    distributions = {name for names in provided.values() for name in names}
    print(f"{len(distributions)} distributions, {len(provided)} imports: {same} right ({guessed} by their own name).")
    return wrong


def _tops(record: str) -> set[str]:
    """Top-level modules of a distribution by its RECORD, without private ones."""
    found = set()
    for row in csv.reader(record.splitlines()):
        parts = row[0].split("/") if row else []
        if len(parts) > 1 and parts[1] == "__init__.py":
            found.add(parts[0])
        elif len(parts) == 1 and parts[0].endswith(".py"):
            found.add(parts[0][:-3])
    return {name for name in found if name.isidentifier() and not name.startswith("_")}


def _provides(folder: Path, name: str) -> bool:
    parent, last = folder.joinpath(*name.split(".")[:-1]), name.rpartition(".")[2]
    return (parent / last).is_dir() or any(parent.glob(f"{last}.*"))


def _rows(path: Path) -> list[list[str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


if __name__ == "__main__":
    if sys.argv[1:2] == ["take"]:
        take(*sys.argv[2:4])
    elif sys.argv[1:2] == ["check"]:
        problems = check(sys.argv[2:])
        print(*problems, sep="\n")
        sys.exit(bool(problems))
    elif sys.argv[1:2] == ["check-here"]:
        print(*check_here(sys.argv[2:]), sep="\n")
    else:
        sys.exit(__doc__)
