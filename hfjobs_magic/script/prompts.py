"""Calls that ask whoever sits before the notebook: a job has nobody."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of
from hfjobs_magic.script.syntax.straight_line import ENDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FUNCTIONS = {"input": "", "breakpoint": "", "getpass": "getpass", "set_trace": "pdb"}
"""Functions, and the module before them where they have one."""

_KEYBOARD = frozenset({"input", "getpass"})
"""Those that nothing but a keyboard can answer; a debugger may be switched off."""

_ANSWERS = frozenset({"builtins", "__builtins__", "stdin", "patch", "monkeypatch", "setattr", "*"})
"""Names of what may answer in the place of a person, or mean something else by ``input``."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

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
    is_certain: bool = False
    """Whether it runs whatever happens, and nothing but a keyboard can answer it."""

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
    defined = _find_defined(tree)
    certain = _find_certain(tree)
    found = []
    for node in _list_untried(tree):
        name = name_of(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in _FUNCTIONS and name not in defined and _is_own(node, name):
            owner = _FUNCTIONS[name]
            is_certain = name in _KEYBOARD and id(node) in certain
            found.append(Prompt(f"{owner}.{name}()" if owner else f"{name}()", node.lineno, is_certain))
    return tuple(sorted(found, key=lambda item: item.line))


def _find_defined(tree: ast.Module) -> set[str]:
    """Return names that the code gives another meaning; an import of `getpass` gives it its own."""
    found = {node.name for node in ast.walk(tree) if isinstance(node, _DEFINITIONS)}
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {item.asname for item in node.names if item.asname}
        if isinstance(node, ast.ImportFrom):
            own = {"ipdb", "IPython.core.debugger"}
            found |= {
                item.asname or item.name for item in node.names if node.module not in {_FUNCTIONS.get(item.name), *own}
            }
    return found


def _find_certain(tree: ast.Module) -> set[int]:
    """Return the identities of calls on the top level that run whatever happens."""
    words = {name_of(node) or getattr(node, "name", "") for node in ast.walk(tree)}
    if words & _ANSWERS or any(isinstance(node, ast.Name) and node.id in {"exec", "eval"} for node in ast.walk(tree)):
        return set()
    found: set[int] = set()
    for statement in tree.body:
        if isinstance(statement, (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign)):
            found |= {id(node) for node in _list_sure(statement)}
        if any(isinstance(node, ast.Raise) or name_of(node) in ENDS for node in ast.walk(statement)):
            break
    return found


def _list_sure(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what runs where a statement does."""
    yield node
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        return
    inner: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.IfExp):
        inner = [node.test]
    elif isinstance(node, ast.BoolOp):
        inner = node.values[:1]
    elif isinstance(node, ast.Compare):
        inner = [node.left, *node.comparators[:1]]
    for child in inner:
        yield from _list_sure(child)


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
