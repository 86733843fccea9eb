"""What modules of this machine import in turn: their files are read as the cell is, from one to the next."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.script.packages.imports import find_imports
from hfjobs_magic.script.packages.requirements import is_local

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence
    from pathlib import Path

    from hfjobs_magic.script.packages.imports import Import
    from hfjobs_magic.script.packages.requirements import Kernel

MAX_MODULES = 200
"""Files that are read: whoever imports more has a package that declares what it needs."""

MAX_BYTES = 1_000_000
"""Size of a file that is read; a larger one was not written by hand."""


def follow_imports(tree: ast.Module, imports: Sequence[Import], kernel: Kernel) -> tuple[Import, ...]:
    """Return what the modules of this machine that a script imports import in turn, and which file does so.

    Parameters
    ----------
    tree, imports
        The script, and what it imports.
    kernel
        Knows where modules of this machine are.
    """
    lines = {item.module: item.line for item in reversed(imports) if is_local(item, kernel) and not item.optional}
    waiting = [(name, lines[module]) for module, name in _find_edges(tree, "", lines) if module in lines]
    known: set[Path] = set()
    found: dict[str, Import] = {}
    while waiting and len(known) < MAX_MODULES:
        target, line = waiting.pop(0)
        for name, file in _find_files(target, kernel.place_of):
            source = None if file in known else _parse(file)
            known.add(file)
            if source is None:
                continue
            own = find_imports(source, kernel.has)
            local = {item.module for item in own if is_local(item, kernel) and not item.optional}
            package = name if file.name == "__init__.py" else name.rpartition(".")[0]
            waiting += [(edge, line) for _, edge in _find_edges(source, package, local)]
            for item in own:
                if not is_local(item, kernel):
                    found.setdefault(item.module, replace(item, line=line, within=name))
    return tuple(found.values())


def _find_edges(tree: ast.AST, package: str, followed: Container[str]) -> Iterator[tuple[str, str]]:
    """Yield modules that code imports, and each that may be meant: ``from a import b`` means a, or a's module b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((item.name, item.name) for item in node.names if item.name in followed)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".") if package else []
            base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [node.module])])
            if node.level or base in followed:
                yield base, base
                yield from ((base, f"{base}.{item.name}") for item in node.names if item.name != "*")


def _find_files(module: str, place_of: Callable[[str], Path | None]) -> list[tuple[str, Path]]:
    """Return the modules that an import of one runs, with their files."""
    name, *parts = module.split(".")
    place = place_of(name)
    if place is None or place.is_file():
        return [(name, place)] if place is not None and not parts else []
    found = [(name, place / "__init__.py")]
    for part in parts:
        name, place = f"{name}.{part}", place / part
        found += [(name, place.with_suffix(".py")), (name, place / "__init__.py")]
    return [(name, path) for name, path in found if path.is_file()]


def _parse(file: Path) -> ast.Module | None:
    try:
        if file.stat().st_size > MAX_BYTES:
            return None
        return ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
