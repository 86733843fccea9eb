"""What is installed beside the kernel, what is code of this machine, and the tables of import names."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import sysconfig
from functools import cache, lru_cache
from importlib import metadata, resources
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hfjobs_magic.script.packages.imports import SHARED
from hfjobs_magic.script.packages.requirements import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_ENTRIES = 500
"""Files of a folder that are looked at: beyond that it holds data, and a listing on a network drive takes seconds."""

MAX_DEPTH = 3
"""Folders below a folder in which Python files are looked for."""

_COMPILED = (*EXTENSION_SUFFIXES, ".so", ".pyd")
"""Ends of modules that were compiled, for this Python or another."""

_TABLES = ("import_names.tsv", "import_index.tsv", "import_corrections.tsv")
"""Each is stronger than the one before; a row of one name is an import with its distribution's own name."""

_NO_PACKAGES = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages", "venv", "env"})


def read_kernel(folder: Path | None = None, sent: Mapping[str, Path] | None = None) -> Kernel:
    """Read the kernel's own metadata; takes some tenths of a second, and nothing until the next installation.

    Parameters
    ----------
    folder
        Where the notebook's own modules are; the current one by default.
    sent
        Files and folders that the job can import, by the names that it imports.
    """
    distributions, versions, from_folders = _packages(tuple((place, _change_time(place)) for place in sys.path))
    places = [folder or Path.cwd(), *_own_places()]
    local = {name for place in places for name in _modules_of(place)} | from_folders
    sent = sent or {}
    here = folder or Path.cwd()
    return Kernel(
        distributions,
        versions,
        (frozenset(local) - set(distributions)) | set(sent),
        import_names(),
        lambda path: frozenset(_modules_of(here / Path(path).expanduser())) - set(distributions),
        lambda name: sent.get(name) or _find_place(name, places),
    )


def _find_place(name: str, places: Sequence[Path]) -> Path | None:
    """Return the file or folder of a module that lies in one of these folders, or was installed from a folder."""
    for place in places:
        for path in (place / f"{name}.py", place / name):
            if path.exists():
                return path
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None  # a module that was made by hand has no place
    if spec is None or not spec.origin or not spec.has_location:
        return None
    file = Path(spec.origin)
    return file.parent if file.name == "__init__.py" else file


def find_modules(mounts: Mapping[str, Path], path: str) -> dict[str, Path]:
    """Return what a job can import by its ``PYTHONPATH`` of folders of this machine that are mounted into it.

    Parameters
    ----------
    mounts
        Folders of this machine, by where they are mounted.
    path
        The variable.
    """
    found: dict[str, Path] = {}
    for entry in map(PurePosixPath, filter(None, path.split(":"))):
        for target, source in mounts.items():
            mount = PurePosixPath(target)
            if entry.is_relative_to(mount):
                folder = source / entry.relative_to(mount)
                found |= {name: _find_place(name, [folder]) or folder for name in _modules_of(folder)}
            elif mount.is_relative_to(entry) and len(mount.relative_to(entry).parts) == 1:
                found[mount.name] = source
    return found


def _own_places() -> Iterator[Path]:
    """Yield folders on the path that hold no installed packages: ``sys.path.append("../src")``, ``PYTHONPATH``."""
    standard = {Path(path) for key in ("stdlib", "platstdlib") if (path := sysconfig.get_path(key))}
    for entry in map(Path, filter(None, sys.path)):
        if {entry, entry.parent} & standard or entry.name in _NO_PACKAGES or not entry.is_dir():
            continue
        if not any(path.suffix in {".dist-info", ".egg-info"} for path in _entries(entry)):
            yield entry


def _modules_of(folder: Path) -> Iterator[str]:
    """Yield what can be imported from a folder: files, and folders with Python in them, ``__init__.py`` or not."""
    for path in _entries(folder):
        if path.name.endswith(_COMPILED):
            yield path.name.partition(".")[0]
        elif path.suffix == ".py" or (path.stem == path.name and path.name.isidentifier() and _has_python(path)):
            yield path.stem


def _has_python(folder: Path, depth: int = 1) -> bool:
    if folder.name in _NO_PACKAGES or not folder.is_dir():
        return False
    entries = list(_entries(folder))
    return any(path.suffix == ".py" for path in entries) or (
        depth < MAX_DEPTH and any(_has_python(path, depth + 1) for path in entries if not path.suffix)
    )


def _entries(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for _, entry in zip(range(MAX_ENTRIES), entries, strict=False):
                if not entry.name.startswith("."):
                    yield Path(entry.path)
    except OSError:
        return  # a folder that cannot be listed shadows nothing that could be told


@lru_cache(maxsize=1)
def _packages(
    _: tuple[tuple[str, int], ...],
) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str], frozenset[str]]:
    """Read all metadata again when a folder of packages has changed.

    Returns
    -------
    mapping, mapping, frozenset
        Distributions by import name, versions by distribution, and the import names of what was installed from a
        folder of this machine, which no index has.
    """
    found = reversed([*metadata.distributions()])  # of two of a name, the first on the path is the one imported
    # Without a name it is a folder that a broken uninstallation left; packages_distributions fails there.
    installed = {dist.metadata["Name"]: dist for dist in found if "Name" in dist.metadata}
    own = {name for name, dist in installed.items() if _is_of_folder(dist)}
    distributions: dict[str, list[str]] = {}
    for name in sorted(installed.keys() - own):
        for top in _tops(installed[name]):
            distributions.setdefault(top, []).append(name)
    for top, names in list(distributions.items()):
        if len(names) > 1 or top in SHARED:
            for name in names:
                for module in _modules(installed[name], top):
                    distributions.setdefault(module, []).append(name)
    versions = {name: dist.version for name, dist in installed.items()}
    return distributions, versions, frozenset(top for name in own for top in _tops(installed[name]))


def _is_of_folder(distribution: metadata.Distribution) -> bool:
    """Whether it was installed from a folder, as ``pip install -e .`` does (PEP 610)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
    except ValueError:
        return False
    return isinstance(origin, dict) and "dir_info" in origin


def _change_time(place: str) -> int:
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0  # a zip that is not there, or the empty name of the current folder


@cache
def import_names() -> Mapping[str, str]:
    """Return distributions by import name: a published table, what the most used packages hold, and corrections."""
    return {row[0]: row[1] if len(row) > 1 else row[0] for name in _TABLES for row in _rows(name)}


def _rows(name: str) -> Iterator[list[str]]:
    text = resources.files("hfjobs_magic.script.packages").joinpath(name).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))


def _tops(distribution: metadata.Distribution) -> set[str]:
    """List what a distribution lets one import, as `packages_distributions` does from 3.11 on."""
    declared = distribution.read_text("top_level.txt")
    if declared:
        return set(declared.split())
    files = [path for path in distribution.files or () if path.suffix in {".py", ".so", ".pyd"}]
    return {name for path in files if (name := path.parts[0].partition(".")[0]).isidentifier()}


def _modules(distribution: metadata.Distribution, top: str) -> set[str]:
    """List the packages below a shared name that a distribution has for itself, such as ``google.cloud.storage``."""
    inside = (path.parts for path in distribution.files or () if path.parts[:1] == (top,))
    packages = {parts[:-1] for parts in inside if parts[-1] == "__init__.py" and len(parts) > 2}
    return {
        ".".join(parts) for parts in packages if not any(parts[:count] in packages for count in range(1, len(parts)))
    }
