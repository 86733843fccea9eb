"""What a module of this machine needs of what lies beside it: other modules, and files that it finds by its place."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1_000_000
"""Largest file that is read; a larger one is data."""

MAX_MODULES = 200
"""Modules that are followed from one."""


@dataclass(frozen=True)
class Beside:
    """What one module needs."""

    modules: tuple[Path, ...] = ()
    """Files, and folders of packages, that it imports, from file to file."""
    finds_files: bool = False
    """Whether it, or one of them, looks for files by where it lies itself: ``__file__``."""


def find_beside(place: Path) -> Beside:
    """Read what a module needs: a file, or the folder of a package, which has its own modules and files with it."""
    whole = place.resolve()
    waiting, found, finds_files = _list_files(whole), dict[Path, None](), False
    for file in waiting:
        tree = _parse(file)
        if tree is None or len(found) >= MAX_MODULES:
            continue
        is_alone = file.parent == whole.parent
        finds_files |= is_alone and any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(tree))
        for name in _find_imported(tree):
            needed = _find_place(name, whole.parent)
            if needed is not None and needed not in found and needed != whole:
                found[needed] = None
                waiting += _list_files(needed)
    return Beside(tuple(found), finds_files)


def _list_files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py"))[:MAX_MODULES] if place.is_dir() else [place]


def _find_imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (item.name.partition(".")[0] for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _find_place(name: str, folder: Path) -> Path | None:
    spec = PathFinder.find_spec(name, [str(folder)])
    if spec is None or not spec.origin or not spec.has_location:
        return None
    place = Path(spec.origin).resolve()
    return place.parent if place.name == "__init__.py" else place


def _parse(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes()) if file.stat().st_size <= MAX_BYTES else None
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
