"""What is installed beside the kernel, and the published table of import names."""

from __future__ import annotations

import sys
from functools import cache, lru_cache
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.script.imports import Kernel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def read_kernel(folder: Path | None = None) -> Kernel:
    """Ask the kernel's own metadata; takes some tenths of a second, and nothing until the next installation.

    Parameters
    ----------
    folder
        Where the notebook's own modules lie; the current one by default.
    """
    distributions, versions = _packages(tuple((place, _changed(place)) for place in sys.path))
    local = frozenset(_local(folder or Path.cwd())) - set(distributions)
    return Kernel(distributions, versions, local, import_names())


@lru_cache(maxsize=1)
def _packages(_: tuple[tuple[str, int], ...]) -> tuple[Mapping[str, Sequence[str]], Mapping[str, str]]:
    """Read all metadata again when a folder of packages has changed."""
    found = reversed([*metadata.distributions()])  # of two of a name, the first on the path is the one imported
    # Without a name it is a folder that a broken uninstallation left; packages_distributions fails there.
    installed = {dist.metadata["Name"]: dist for dist in found if "Name" in dist.metadata}
    distributions: dict[str, list[str]] = {}
    for name in sorted(installed):
        for top in _tops(installed[name]):
            distributions.setdefault(top, []).append(name)
    for top, names in list(distributions.items()):
        if len(names) > 1:
            for name in names:
                for module in _modules(installed[name], top):
                    distributions.setdefault(module, []).append(name)
    return distributions, {name: dist.version for name, dist in installed.items()}


def _changed(place: str) -> int:
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0  # a zip that is not there, or the empty name of the current folder


@cache
def import_names() -> Mapping[str, str]:
    """Distribution by import name, where they differ, as marimo publishes it."""
    text = resources.files("hfjobs_magic.script").joinpath("import_names.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


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


def _local(folder: Path) -> Iterable[str]:
    try:
        for path in folder.iterdir():
            if path.suffix == ".py" or (path / "__init__.py").is_file():
                yield path.stem
    except OSError:
        return  # a folder that cannot be listed shadows nothing that could be told
