"""Values that depend on the machine: the job's may have the GPU that this one lacks."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from hfjobs_magic.script.objects.assignments import find_assignment

if TYPE_CHECKING:
    from collections.abc import Sequence

MACHINE = frozenset({"is_available", "device_count", "is_bf16_supported"})
"""Functions of torch that tell what the machine has."""


def asks_for_machine(node: ast.AST) -> bool:
    """Whether code asks what the machine has."""
    return any(isinstance(inner, ast.Attribute) and inner.attr in MACHINE for inner in ast.walk(node))


def find_machine_statement(name: str, history: Sequence[str]) -> str | None:
    """Return the statement that sets a name by what the machine has; None where another has set it last.

    >>> find_machine_statement("n", ["n = torch.cuda.device_count()"])
    'n = torch.cuda.device_count()'
    """
    found = find_assignment(name, history)
    is_own = found is not None and found.names == {name} and isinstance(found.node, (ast.Assign, ast.AnnAssign, ast.If))
    return found.text if found is not None and is_own and asks_for_machine(found.node) else None
