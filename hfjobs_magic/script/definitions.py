"""Functions and classes of a notebook as source: that of the object as it is now, not of a cell as it was."""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import textwrap
import types
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.literals import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Definable = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

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
        For a lambda, a closure over data, a class with a state of its own, and where the source is gone or another.
    """
    if isinstance(value, type):
        return _of_class(value, history)
    function = unwrap(value, name)
    if function is None:
        raise CannotComeError("an object whose source can't be told")
    code = function.__code__
    if code.co_name == "<lambda>":
        raise CannotComeError("a lambda, which has no lines of its own; write it with def, and it comes along")
    if code.co_freevars:
        raise CannotComeError(
            f"a function that holds {_join_names(code.co_freevars)} of the function that made it; "
            "write it at the top level, and it comes along"
        )
    for lines in _sources(code.co_filename, history):
        node = _at_line(lines, code.co_firstlineno, function.__name__)
        if node is not None:
            found = _cut(lines, node, future=bool(code.co_flags & _FUTURE_FLAG))
            if _is_same(code, _code(found.text, function.__name__)):
                return found
    raise CannotComeError("a function whose source is gone or has changed; run its cell again")


def _of_class(value: type, history: Sequence[str]) -> Definition:
    own = {name: _function(item) for name, item in vars(value).items()}
    methods = {
        name: function
        for name, function in own.items()
        if function is not None
        and function.__qualname__ == f"{value.__qualname__}.{name}"
        # Not made by a decorator, as those of a dataclass.
        and function.__globals__.get("__name__") == value.__module__
        and not function.__code__.co_filename.startswith("<string")
    }
    files = {function.__code__.co_filename for function in methods.values()}
    future = any(function.__code__.co_flags & _FUTURE_FLAG for function in methods.values())
    for lines in [*(rows for file in files for rows in _sources(file, history)), *_cells(history)]:
        for node in _classes(lines, value.__name__):
            found = _cut(lines, node, future=future or _says_future(lines))
            if _has_same_methods(methods, found.text, value.__name__):
                _check_state(value, node, own)
                return found
    raise CannotComeError("a class whose source is gone or has changed; run its cell again")


def _function(item: Any) -> types.FunctionType | None:
    item = item.fget if isinstance(item, property) else getattr(item, "__func__", item)
    return item if isinstance(item, types.FunctionType) else None


def _check_state(value: type, node: ast.ClassDef, own: dict[str, Any]) -> None:
    """Refuse a class that holds a plain value which its source does not give it."""
    if any(base.__module__ in {"enum", "typing"} for base in value.__mro__) or hasattr(value, "_fields"):
        return  # their members are made of the source, under other values
    given = {target: item for item in node.body for target in _targets(item)}
    for name, item in vars(value).items():
        if name.startswith("__") or (own.get(name) is None and literal(item) is None):
            continue
        if name not in given:
            raise CannotComeError(f"a class whose {name} is not in its source; write it there, or set it in the cell")
        source = getattr(given[name], "value", None)
        function = own.get(name)
        statement = given[name]
        if (
            isinstance(statement, ast.FunctionDef)
            and not statement.decorator_list
            and getattr(function, "__qualname__", "") != f"{value.__qualname__}.{name}"
        ):
            raise CannotComeError(f"a class whose {name} differs from its source; write it there")
        try:
            same = source is None or own.get(name) is not None or ast.literal_eval(source) == item
        except ValueError:
            same = True  # it is computed, so nobody can tell
        if not same:
            raise CannotComeError(f"a class whose {name} is not what its source says; set it in the cell")


def _targets(item: ast.stmt) -> Iterator[str]:
    """Names that a statement of a class's body sets."""
    for inner in ast.walk(item):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id


# -- sources ---------------------------------------------------------------------------------------


def _sources(file: str, history: Sequence[str]) -> Iterator[list[str]]:
    lines = linecache.getlines(file)
    if lines:
        yield lines
    yield from _cells(history)


def _cells(history: Sequence[str]) -> Iterator[list[str]]:
    for text in reversed(history):
        yield text.splitlines(keepends=True)
    # A program may run cells without a history (nbval does); IPython keeps their lines for tracebacks all the same.
    for name in reversed(list(linecache.cache)):
        if name.startswith("<ipython-input-") or "ipykernel_" in name:
            yield linecache.getlines(name)


def _parse(lines: Sequence[str]) -> ast.AST:
    try:
        return ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _at_line(lines: Sequence[str], line: int, name: str) -> Definable | None:
    for node in ast.walk(_parse(lines)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            if line in {first, node.lineno}:
                return node
    return None


def _classes(lines: Sequence[str], name: str) -> list[ast.ClassDef]:
    return [node for node in ast.walk(_parse(lines)) if isinstance(node, ast.ClassDef) and node.name == name]


def _says_future(lines: Sequence[str]) -> bool:
    return any(line.startswith("from __future__ import") and "annotations" in line for line in lines)


def _cut(lines: Sequence[str], node: Definable, *, future: bool) -> Definition:
    first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    text = textwrap.dedent("".join(lines[first - 1 : node.end_lineno])).rstrip("\n") + "\n"
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
    sources = {item.co_name: item for item in _all_codes(body)}
    return all(_is_same(function.__code__, sources.get(function.__name__)) for function in methods.values())


def _all_codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for item in code.co_consts:
        if isinstance(item, types.CodeType):
            yield item
            yield from _all_codes(item)


def _join_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
