"""What a node of a syntax tree says: a name, or a text."""

from __future__ import annotations

import ast


def name_of(node: ast.AST | None) -> str:
    """Return the last part of a name, ``b`` of ``a.b``; empty for anything else."""
    return str(getattr(node, "id", getattr(node, "attr", "")))


def text_of(node: ast.AST | None) -> str:
    """Return the value of a string; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
