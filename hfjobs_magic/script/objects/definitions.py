"""Functions and classes of a notebook as source: that of the object as it is now, not of a cell as it was."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.assignments import cut_lines, is_of_name
from hfjobs_magic.script.objects.cell_texts import cells, last_line, line_of, parse, sources
from hfjobs_magic.script.syntax.free_names import names_of
from hfjobs_magic.script.syntax.private_names import mangle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Definable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_OF_TEXT = "that exec() or eval() has made of a text, which is in no cell; write it in one, and it comes along"

_FUTURE_FLAG = 0x1000000
"""``CO_FUTURE_ANNOTATIONS`` (Include/cpython/code.h since 3.11)."""


class CannotComeError(Exception):
    """An object whose source would not make the same object; its text is a clause for the reader."""


@dataclass(frozen=True)
class Definition:
    """Source of a function or class."""

    name: str
    """What it is called in its source."""
    text: str
    """With decorators; not indented."""
    line: int
    """Of its first line, in its cell."""

    def rename(self, name: str) -> Definition:
        """Give the same under another name."""
        pattern = rf"^((?:async\s+)?(?:def|class)\s+){re.escape(self.name)}\b"
        return replace(self, name=name, text=re.sub(pattern, rf"\g<1>{name}", self.text, count=1, flags=re.MULTILINE))


def is_of_notebook(value: Any, namespace: dict[str, Any]) -> bool:
    """Whether a function or class was written in the notebook whose names are `namespace`."""
    if isinstance(value, type):
        return bool(getattr(value, "__module__", None) == namespace.get("__name__", "__main__"))
    function = unwrap(value, "")
    return function is not None and (
        function.__globals__ is namespace or function.__module__ == namespace.get("__name__", "__main__")
    )


def unwrap(value: Any, name: str) -> types.FunctionType | None:
    """Find the function that stands under a decorator's work; None where there is none.

    A decorator that uses `functools.wraps` leaves it in ``__wrapped__``; under others it is in a closure, by its name.
    """
    try:
        found = inspect.unwrap(value)
    except (ValueError, AttributeError):
        return None
    if isinstance(found, types.FunctionType):
        if name and found.__name__ != name:
            for cell in found.__closure__ or ():
                inner = unwrap(cell.cell_contents, name) if callable(cell.cell_contents) else None
                if inner is not None and inner.__name__ == name:
                    return inner
        return found
    return None


def definition(name: str, value: Any, history: Sequence[str]) -> Definition:
    """Give the source of an object that the notebook calls `name`.

    Parameters
    ----------
    history
        Texts of the cells that have run, oldest first: where a class without methods was written.

    Raises
    ------
    CannotComeError
        For a closure over data, and where the source is gone or another.
    """
    if isinstance(value, type):
        return _of_class(value, history)
    function = unwrap(value, name)
    if function is None:
        raise CannotComeError("an object whose source cannot be found")
    code = function.__code__
    if code.co_freevars:
        raise CannotComeError(
            f"a function that holds {_join_names(code.co_freevars)} of the function that made it; "
            "write it at the top level, and it comes along"
        )
    if code.co_name == "<lambda>":
        return _of_lambda(name, function, history)
    for lines in sources(code.co_filename, history):
        node = _at_line(lines, line_of(code), function.__name__)
        if node is not None:
            found = _cut(lines, node, future=bool(code.co_flags & _FUTURE_FLAG))
            if _is_same(code, _code(found.text, function.__name__)):
                _check_around("a function", lines, node, found)
                return found
    if _is_of_text(code):
        raise CannotComeError(f"a function {_OF_TEXT}")
    raise CannotComeError("a function whose source is gone or has changed; run its cell again")


def _of_lambda(name: str, function: types.FunctionType, history: Sequence[str]) -> Definition:
    """Return the statement with its comment where it gives the name to the lambda, and one that does for others."""
    code = function.__code__
    found = _find_lambda(function, history)
    if found is None:
        if _is_of_text(code):
            raise CannotComeError(f"a lambda {_OF_TEXT}")
        raise CannotComeError("a lambda whose source cannot be found; write it with def, and it comes along")
    tree, lines, node, text = found
    statements = (item for item in ast.iter_child_nodes(tree) if isinstance(item, ast.Assign) and item.value is node)
    whole = next((cut_lines(lines, item) for item in statements if is_of_name(item, name)), None)
    return Definition(name, whole or f"{name} = {text}\n", line_of(code))


def lambda_text(function: types.FunctionType, history: Sequence[str]) -> str | None:
    """Return the source of a lambda, in parentheses where it has several lines; None where it can't be told."""
    found = _find_lambda(function, history)
    return found[-1] if found else None


def _find_lambda(
    function: types.FunctionType, history: Sequence[str]
) -> tuple[ast.AST, Sequence[str], ast.Lambda, str] | None:
    code = function.__code__
    for lines in sources(code.co_filename, history):
        text = "".join(lines)
        tree = parse(lines)
        for node in ast.walk(tree):
            if isinstance(node, ast.Lambda) and node.lineno <= line_of(code) <= (node.end_lineno or 0):
                found = ast.get_source_segment(text, node) or ""
                if _is_same(code, _code(f"({found})", "<lambda>")):
                    return tree, lines, node, f"({found})" if "\n" in found else found
    return None


def _of_class(value: type, history: Sequence[str]) -> Definition:
    own = {name: function_of(item) for name, item in vars(value).items()}
    methods = {
        name: function
        for name, function in own.items()
        if function is not None
        and name == mangle(function.__name__, value.__name__)
        and function.__qualname__ == f"{value.__qualname__}.{function.__name__}"
        # Not made by a decorator, as those of a dataclass.
        and function.__globals__.get("__name__") == value.__module__
        and not function.__code__.co_filename.startswith("<string")
    }
    files = {function.__code__.co_filename for function in methods.values()}
    is_written = False
    future = any(function.__code__.co_flags & _FUTURE_FLAG for function in methods.values())
    for lines in [*(rows for file in files for rows in sources(file, history)), *cells(history)]:
        for node in _classes(lines, value.__name__):
            found = _cut(lines, node, future=future or _says_future(lines))
            is_written = True
            if "<locals>" in value.__qualname__:
                _check_around("a class", lines, node, found)
            if _fits(value, node) and _has_same_methods(methods, found.text, value.__name__):
                return found
    if not is_written:
        raise CannotComeError(
            "a class that no cell writes with `class`: a call such as type() or exec() has made it; write it in a cell"
        )
    raise CannotComeError("a class whose source has changed; run its cell again")


def _is_of_text(code: types.CodeType) -> bool:
    """Whether `exec` or `eval` made a function of text that is in no file."""
    return code.co_filename.startswith("<") and not linecache.getlines(code.co_filename)


def _check_around(what: str, lines: Sequence[str], node: Definable, found: Definition) -> None:
    """Refuse what needs names of the function in which it is defined.

    Raises
    ------
    CannotComeError
        With the names.
    """
    around = [
        outer
        for outer in ast.walk(parse(lines))
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef))
        and outer.lineno < node.lineno
        and (node.end_lineno or 0) <= (outer.end_lineno or 0)
    ]
    own = {inner.arg for outer in around for inner in ast.walk(outer.args) if isinstance(inner, ast.arg)}
    own |= {
        inner.id
        for outer in around
        for statement in outer.body
        for inner in ast.walk(statement)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    needed = sorted(own & {item.name for item in names_of(ast.parse(found.text), found.text).free})
    if needed:
        raise CannotComeError(
            f"{what} that is defined in {around[-1].name}() and uses {_join_names(needed)} of it; "
            "write it at the top level, and it comes along"
        )


def function_of(item: Any) -> types.FunctionType | None:
    """Return the function of a method, as the body of its class has it: of a property its getter."""
    for name in ("fget", "func", "__func__"):
        item = getattr(item, name, item)
    return item if isinstance(item, types.FunctionType) else None


def _fits(value: type, node: ast.ClassDef) -> bool:
    """Whether a class's statement has the members, fields and annotations of a class."""
    members = {
        *getattr(value, "__members__", ()),
        *getattr(value, "_fields", ()),
        *vars(value).get("__annotations__", ()),
    }
    if not isinstance(getattr(value, "__members__", {}), Mapping) or (len(value.__mro__) > 2 and not node.bases):
        return False
    own = [base for base in value.__bases__ if hasattr(base, "_fields")]
    inherited = {name for base in own for name in base._fields}
    stored = {item.id for inner in node.body for item in ast.walk(inner) if isinstance(item, ast.Name)}
    return members - inherited <= {*stored, *(mangle(name, value.__name__) for name in stored)}


# -- sources ----------------------------------------------------------------------------------------


def _at_line(lines: Sequence[str], line: int, name: str) -> Definable | None:
    for node in ast.walk(parse(lines)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if line in {first, node.lineno}:
                return node
    return None


def _classes(lines: Sequence[str], name: str) -> list[ast.ClassDef]:
    return [node for node in ast.walk(parse(lines)) if isinstance(node, ast.ClassDef) and node.name == name]


def _says_future(lines: Sequence[str]) -> bool:
    return any(line.startswith("from __future__ import") and "annotations" in line for line in lines)


def _cut(lines: Sequence[str], node: Definable, *, future: bool) -> Definition:
    first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    text = textwrap.dedent("".join(lines[first - 1 : last_line(lines, node)])).rstrip("\n") + "\n"
    return Definition(node.name, ("from __future__ import annotations\n" if future else "") + text, first)


# -- whether source and object are the same --------------------------------------------------------


def _code(text: str, name: str) -> types.CodeType | None:
    try:
        made = compile(text, "<source>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return _inner(made, name)


def _inner(code: types.CodeType, name: str) -> types.CodeType | None:
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            found = item if item.co_name == name else _inner(item, name)
            if found is not None:
                return found
    return None


def _is_same(one: types.CodeType, other: types.CodeType | None) -> bool:
    if other is None or (one.co_code, one.co_names, one.co_varnames) != (
        other.co_code,
        other.co_names,
        other.co_varnames,
    ):
        return False
    if len(one.co_consts) != len(other.co_consts):
        return False
    return all(
        _is_same(mine, theirs if isinstance(theirs, types.CodeType) else None)
        if isinstance(mine, types.CodeType)
        else repr(mine) == repr(theirs)
        for mine, theirs in zip(one.co_consts, other.co_consts, strict=True)
    )


def _has_same_methods(methods: dict[str, types.FunctionType], text: str, name: str) -> bool:
    body = _code(text, name)
    if body is None:
        return False
    # A property has its name twice: of the getter and of the setter.
    sources = list(_all_codes(body))
    return all(any(_is_same(function.__code__, item) for item in sources) for function in methods.values())


def _all_codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield item
            yield from _all_codes(item)


def _join_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
