"""What code surely does before anything in it may have made or fetched a file."""

from __future__ import annotations

import ast
import builtins
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.branches import decide
from hfjobs_magic.script.syntax.command_names import is_shell
from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAKES = re.compile(
    r"(?:save|write|dump|download|fetch|retrieve|snapshot|urlretrieve|extract|unpack|unzip|export|prepare|generate"
    r"|make|mk|create|build|clone|pull|sync|symlink|link|touch|train|fit|main|Popen|popen|check_call"
    r"|check_output|getoutput|exec|eval|chdir|copyfile|copytree|copy2|rename|move|install)\w*"
    r"|\w+_(?:download|save|write|dump|extract)|to_(?:csv|parquet|json|pickle|excel|feather|hdf|html|disk|zarr|netcdf)"
)
"""Functions that may put files where the code reads them, or change what a relative path leads to."""

_PROCESSES = {"run": {"subprocess"}, "call": {"subprocess"}, "system": {"os"}, "copy": {"shutil"}, "replace": {"os"}}
"""Functions that do only where they are of these modules."""

_LOOKS = re.compile(
    r"\s*(?:nvidia-smi|ls|pwd|df|du|free|env|uname|which|lscpu|lspci|cat|head|tail|wc|date|pip|uv)\b[^>;&|]*"
)
"""Commands that make no file."""

_LOOKING_MAGICS = frozenset({"time", "timeit", "matplotlib", "config", "env", "who", "whos", "pip", "load_ext"})

ENDS = frozenset({"exit", "quit", "_exit", "abort"})
"""Functions that end the program."""

_FILE_ERRORS = frozenset({
    "FileNotFoundError", "OSError", "IOError", "EnvironmentError", "Exception", "BaseException", "RuntimeError",
})  # fmt: skip

MAX_DEPTH = 20
"""Calls within calls that are followed."""


def find_first_steps(tree: ast.Module) -> list[ast.Call | ast.Import | ast.ImportFrom]:
    """Return the calls and imports that run whatever happens, in order, up to the first that may make a file."""
    walk = _Walk(tree)
    with suppress(_EndError):
        walk.block(tree.body)
    return walk.found


class _EndError(Exception):
    """From here on nothing is sure."""


class _ReturnedError(_EndError):
    """The function has returned."""


class _Walk:
    """The code in the order in which it runs, into its own functions."""

    def __init__(self, tree: ast.Module) -> None:
        self.found: list[ast.Call | ast.Import | ast.ImportFrom] = []
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._making = _find_making(tree)
        self._depth = 0

    def block(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self._expressions([*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)])
        elif isinstance(node, (ast.With, ast.AsyncWith)) and not _suppresses(node):
            self._expressions([item.context_expr for item in node.items])
            self.block(node.body)
        elif isinstance(node, ast.Try) and not any(map(_catches_missing, node.handlers)):
            self.block(node.body)
            for part in (*node.handlers, *node.orelse, *node.finalbody):
                self._perhaps(part)
        elif isinstance(node, ast.If) and (known := _decide(node.test)) is not None:
            self.block(node.body if known else node.orelse)
        elif hasattr(node, "body") or hasattr(node, "cases"):
            self._block_perhaps(node)
        else:
            self._simple(node)

    def _block_perhaps(self, node: ast.stmt) -> None:
        """Pass over a loop or a test of which nobody knows; what it asks first is sure."""
        first = getattr(node, "iter", getattr(node, "test", None))
        if first is not None:
            self._expression(first)
        self._perhaps(*(inner for inner in ast.iter_child_nodes(node) if inner is not first))

    def _simple(self, node: ast.stmt) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.found.append(node)
        self._expressions(ast.iter_child_nodes(node))
        if isinstance(node, ast.Return):
            raise _ReturnedError
        if isinstance(node, (ast.Raise, ast.Break, ast.Continue)):
            raise _EndError

    def _expressions(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self._expression(node)

    def _expression(self, node: ast.AST) -> None:
        if isinstance(node, ast.Lambda):
            return
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            self._expression(node.generators[0].iter)
            self._perhaps(node)
        elif isinstance(node, ast.IfExp):
            self._expression(node.test)
            self._perhaps(node.body, node.orelse)
        elif isinstance(node, ast.BoolOp):
            self._expression(node.values[0])
            self._perhaps(*node.values[1:])
        else:
            self._expressions(ast.iter_child_nodes(node))
            if isinstance(node, ast.Call):
                self._call(node)

    def _call(self, node: ast.Call) -> None:
        function = self._functions.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if function is not None and not function.decorator_list and self._depth < MAX_DEPTH:
            if not _is_generator(function):
                self._depth += 1
                with suppress(_ReturnedError):
                    self.block(function.body)
                self._depth -= 1
            return
        self.found.append(node)
        if self._may_make(node):
            raise _EndError

    def _perhaps(self, *nodes: ast.AST) -> None:
        """Pass over what may not run; it may make files all the same."""
        for node in nodes:
            for inner in ast.walk(node):
                is_end = isinstance(inner, (ast.Return, ast.Raise, ast.Break, ast.Continue))
                if is_end or (isinstance(inner, ast.Call) and self._may_make(inner)):
                    raise _EndError

    def _may_make(self, call: ast.Call) -> bool:
        return makes(call) or name_of(call.func) in self._making


def makes(call: ast.Call) -> bool:
    """Whether a call may make or fetch a file, or is the end."""
    name = name_of(call.func)
    if isinstance(call.func, ast.Attribute) and is_shell(call.func.value):
        texts = [str(item.value) for item in call.args if isinstance(item, ast.Constant)]
        if name in {"run_line_magic", "run_cell_magic"}:
            return name == "run_cell_magic" or texts[:1] == [] or texts[0] not in _LOOKING_MAGICS
        return not (texts and _LOOKS.fullmatch(texts[0]))
    if name == "open":
        return writes(call) and not isinstance(_first(call), ast.Constant)
    owners = _PROCESSES.get(name)
    if owners is not None:
        return isinstance(call.func, ast.Name) or name_of(getattr(call.func, "value", call.func)) in owners
    return name in ENDS or bool(_MAKES.fullmatch(name))


def writes(call: ast.Call, position: int = 1) -> bool:
    """Whether an ``open`` is for writing, or may be: its mode is computed.

    Parameters
    ----------
    position
        Of the mode among the arguments.
    """
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[position : position + 1]
    mode = getattr(given[0], "value", "w") if given else "r"
    return not isinstance(mode, str) or bool(set(mode) & set("wax+"))


def _first(call: ast.Call) -> ast.expr | None:
    return call.args[0] if call.args else None


def _find_making(tree: ast.Module) -> set[str]:
    """Return names of the code's own functions and classes in which something may make a file."""
    bodies = [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    calls = {id(node): [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)] for node in bodies}
    found = {node.name for node in bodies if any(map(makes, calls[id(node)]))}
    while True:
        more = {node.name for node in bodies if any(name_of(call.func) in found for call in calls[id(node)])} - found
        if not more:
            return found
        found |= more


def _decide(test: ast.expr) -> bool | None:
    if isinstance(test, ast.Compare) and getattr(test.left, "id", "") == "__name__":
        return isinstance(test.ops[0], ast.Eq)
    return decide(test)


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or name_of(kind) in _FILE_ERRORS or not hasattr(builtins, name_of(kind)) for kind in kinds)


def _suppresses(node: ast.With | ast.AsyncWith) -> bool:
    calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
    return any(name_of(call.func) == "suppress" for call in calls)


def _is_generator(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(function))
