"""Calls that ask whoever sits before the notebook: a job has nobody."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FUNCTIONS = {"input": "", "breakpoint": "", "getpass": "getpass", "set_trace": "pdb"}
"""Functions, and the module before them where they have one."""

_ERRORS = frozenset(
    {"EOFError", "OSError", "RuntimeError", "StdinNotImplementedError", "Exception", "BaseException", ""}
)


@dataclass(frozen=True)
class Prompt:
    """A call that waits for a person."""

    name: str
    """As a reader knows it."""
    line: int
    """Line of the script."""

    @property
    def way(self) -> str:
        """What to do instead, a sentence."""
        if self.name == "input()":
            return "Pass the value with -e NAME=VALUE, and read it from os.environ."
        if self.name == "getpass.getpass()":
            return "Pass it with --secrets, and read it from os.environ."
        return "Delete the line."


def find_prompts(tree: ast.Module) -> tuple[Prompt, ...]:
    """Return them in order of lines, but for those whose failure is dealt with and those behind a test."""
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    defined |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    found = []
    for node in _list_untried(tree):
        name = name_of(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in _FUNCTIONS and name not in defined and _is_own(node, name):
            owner = _FUNCTIONS[name]
            found.append(Prompt(f"{owner}.{name}()" if owner else f"{name}()", node.lineno))
    return tuple(sorted(found, key=lambda item: item.line))


def _is_own(call: ast.Call, name: str) -> bool:
    owner = name_of(getattr(call.func, "value", None))
    return isinstance(call.func, ast.Name) or (bool(_FUNCTIONS[name]) and owner in {"getpass", "pdb", "ipdb"})


def _list_untried(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is neither tried nor tested for."""
    yield node
    if isinstance(node, (ast.If, ast.IfExp)):
        return
    if isinstance(node, ast.Try) and any(map(_catches, node.handlers)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _list_untried(child)


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name_of(kind) in _ERRORS for kind in kinds)
