"""Imports of what lies on this machine only: files and folders that no index has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.packages.own_modules import changes_path, find_own_files
from hfjobs_magic.script.packages.requirements import Kernel, is_local
from hfjobs_magic.script.syntax.straight_line import find_first_steps

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from hfjobs_magic.script.packages.imports import Import


@dataclass(frozen=True)
class LocalImport:
    """An import of what no index has."""

    module: str
    """With its dots."""
    line: int
    """Line of the script."""
    is_certain: bool = False
    """Whether it is imported whatever happens, before anything may have made it."""

    @property
    def top(self) -> str:
        """The first part of the name."""
        return self.module.partition(".")[0]


def find_local_imports(tree: ast.Module, imports: Sequence[Import], kernel: Kernel) -> tuple[LocalImport, ...]:
    """Return the imports of code of this machine.

    Parameters
    ----------
    tree
        The script.
    imports
        What it imports.
    kernel
        Knows what is here.
    """
    items = [item for item in imports if is_local(item, kernel)]
    first = {node.lineno for node in find_first_steps(tree)} if items and not changes_path(tree) else set()
    own = find_own_files(tree)
    return tuple(
        LocalImport(item.module, item.line, not item.optional and item.top not in own and item.line in first)
        for item in items
    )
