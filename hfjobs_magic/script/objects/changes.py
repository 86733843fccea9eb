"""What a function or class has that its source does not give it: filled defaults, attributes set later, other methods.

Each is a statement that runs in the job once everything is defined, so that the object is as it was in the notebook.
"""

from __future__ import annotations

import abc
import ast
import enum
import inspect
import types
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.data_words import describe
from hfjobs_magic.script.objects.definitions import CannotComeError, function_of
from hfjobs_magic.script.objects.fixed_values import UNKNOWN, evaluate
from hfjobs_magic.script.objects.literals import Expression, literal
from hfjobs_magic.script.objects.machine_values import asks_for_machine
from hfjobs_magic.script.syntax.private_names import mangle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Write = Callable[[Any], Expression | None]
    """Gives the expression of a value; None for one that cannot come."""


@dataclass(frozen=True)
class Source:
    """Where an object was written."""

    node: ast.AST
    """Its definition."""
    namespace: Mapping[str, Any]
    """Names around it."""
    write: Write
    """Writes values."""
    remark: Callable[[str], None]
    """Takes what is made anew."""


def function_changes(path: str, value: Any, function: types.FunctionType, source: Source) -> Iterator[Expression]:
    """Yield the statements that give a function its defaults and attributes.

    Parameters
    ----------
    path
        What the job calls it.
    value
        What the notebook calls so: the function, or what a decorator made of it.
    function
        The function that was written.

    Raises
    ------
    CannotComeError
        For one that no statement gives.
    """
    inner = _path_of(path, value, function)
    for statement in (*_defaults(inner or path, function, source), *_documentation(path, function, source)):
        if inner is None:
            raise CannotComeError(
                "a function whose defaults have changed since it was defined, and its decorator hides them; "
                "run its cell again, or write them out"
            )
        yield statement
    yield from _attributes(path, value, function, source)


def _attributes(path: str, value: Any, function: types.FunctionType, source: Source) -> Iterator[Expression]:
    if not isinstance(value, types.FunctionType) or hasattr(value, "dispatch"):
        return  # a dispatch's own say what `find_dispatches` does
    for name, item in vars(value).items():
        if name == "__wrapped__" or (value is not function and vars(function).get(name, UNKNOWN) is item):
            continue
        text = source.write(item)
        if text is not None:
            yield Expression(f"{path}.{name} = {text.text}", text.names)
        elif value is function:
            what = f"a function whose {name} ({describe(item)}) was set after it was defined"
            raise CannotComeError(f"{what}; set it in the cell")


def find_dispatches(value: Any) -> Iterator[tuple[type, types.FunctionType]]:
    """Yield the types for which `functools.singledispatch` calls another function, and that function."""
    registry = getattr(value, "registry", None)
    if isinstance(registry, types.MappingProxyType) and hasattr(value, "dispatch"):
        for kind, function in registry.items():
            if function is not getattr(value, "__wrapped__", None) and isinstance(function, types.FunctionType):
                yield kind, function


def _path_of(path: str, value: Any, function: types.FunctionType) -> str | None:
    """Return what leads to a function from what a decorator has made of it; None where nothing does."""
    while value is not function:
        value, path = getattr(value, "__wrapped__", None), f"{path}.__wrapped__"
        if value is None:
            return None
    return path


def _defaults(path: str, function: types.FunctionType, source: Source) -> Iterator[Expression]:
    arguments: ast.arguments = source.node.args  # type: ignore[attr-defined]
    given = function.__defaults__ or ()
    places = [*arguments.posonlyargs, *arguments.args][-len(given) :] if given else []
    texts: list[Expression | None]
    if len(given) != len(arguments.defaults):
        texts = [_must(item, place.arg, source) for item, place in zip(given, places, strict=False)]
    else:
        texts = [
            _other(item, node, place.arg, source)
            for item, node, place in zip(given, arguments.defaults, places, strict=True)
        ]
    if any(texts) or len(given) != len(arguments.defaults):
        parts = [text.text if text else f"{path}.__defaults__[{index}]" for index, text in enumerate(texts)]
        names = tuple(name for text in texts if text for name in text.names)
        yield Expression(f"{path}.__defaults__ = ({', '.join(parts)}{',' if len(parts) == 1 else ''})", names)
    words = function.__kwdefaults__ or {}
    nodes = {item.arg: node for item, node in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if node}
    if set(words) != set(nodes):
        every = {name: _must(item, name, source) for name, item in words.items()}
        inside = ", ".join(f"{name!r}: {text.text}" for name, text in every.items())
        yield Expression(
            f"{path}.__kwdefaults__ = {{{inside}}}", tuple(n for text in every.values() for n in text.names)
        )
        return
    for name, item in words.items():
        text = _other(item, nodes[name], name, source)
        if text:
            yield Expression(f"{path}.__kwdefaults__[{name!r}] = {text.text}", text.names)


def _must(item: Any, name: str, source: Source) -> Expression:
    text = source.write(item)
    if text is None:
        raise CannotComeError(f"a function whose default of {name} ({describe(item)}) was changed; set it in the cell")
    return text


def _other(item: Any, node: ast.expr, name: str, source: Source) -> Expression | None:
    """Return the expression of a value that its source does not give, or may not; None where it does."""
    known = evaluate(node, source.namespace)
    if known is UNKNOWN:
        text = source.write(item)
        if text is None:
            source.remark(f"default of {name} ({describe(item)})")
        return text
    return None if is_same(known, item) else _must(item, name, source)


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are one, or plain and written the same."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    text = literal(one)
    return text is not None and text == literal(other)


def _documentation(path: str, function: types.FunctionType, source: Source) -> Iterator[Expression]:
    if isinstance(source.node, ast.Lambda):
        return
    written = ast.get_docstring(source.node, clean=False)  # type: ignore[arg-type]
    if inspect.cleandoc(written or "") != inspect.cleandoc(function.__doc__ or ""):
        yield Expression(f"{path}.__doc__ = {function.__doc__!r}")


# -- classes ---------------------------------------------------------------------------------------

_MADE = frozenset({"_abc_impl", "_is_protocol", "_is_runtime_protocol", "_generate_next_value_"})
_SLOTS = (types.MemberDescriptorType, types.GetSetDescriptorType)
_WRAPPERS = {"property", "staticmethod", "classmethod", "cached_property"}


def class_changes(path: str, value: type, source: Source) -> Iterator[Expression]:
    """Yield the statements that give a class what was set, changed or deleted after it was defined.

    Raises
    ------
    CannotComeError
        For what no statement gives.
    """
    is_typed = issubclass(value, dict) and hasattr(value, "__total__")
    if is_typed or issubclass(value, enum.Enum) or hasattr(value, "_fields"):
        return  # their members are made of the source, under other values
    node: ast.ClassDef = source.node  # type: ignore[assignment]
    written = {target: item for item in node.body for target in _targets(item)}
    names = _mangle_all(written, value, node)
    given = {names[target]: item for target, item in written.items()}
    own = {target: vars(value)[name] for target, name in names.items() if name in vars(value)}
    is_plain = type(value) in {type, abc.ABCMeta}
    inside = replace(source, namespace={**source.namespace, **vars(value), **own})
    for name, item in vars(value).items():
        statement = given.get(name)
        if statement is None:
            if is_plain and _is_added(name, item, value):
                yield _set(f"{path}.{name}", item, f"a class whose {name} is not in its source", source)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from _method(f"{path}.{name}", item, value, replace(inside, node=statement))
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and not isinstance(item, _SLOTS):
            yield from _attribute(path, name, item, replace(inside, node=statement))
    if is_plain:
        yield from (Expression(f"del {path}.{name}") for name in _find_deletions(value, node))
    for kind in _find_registrations(value):
        text = source.write(kind)
        if text is not None:
            yield Expression(f"{path}.register({text.text})", text.names)


def _mangle_all(written: Iterable[str], value: type, node: ast.ClassDef) -> dict[str, str]:
    """Return what each name of a class's body is called in its ``vars``; it has to be the same in the job."""
    first = value.__name__
    names = {target: mangle(target, first) for target in written}
    if any(name != mangle(target, node.name) for target, name in names.items()):
        raise CannotComeError(
            f"a class whose private names hold the name {first} that its cell gave it; use it as {first}"
        )
    return names


def _is_added(name: str, item: Any, value: type) -> bool:
    if name in _MADE or isinstance(item, _SLOTS):
        return False
    if not (name.startswith("__") and name.endswith("__")):
        return True
    function = function_of(item)  # a method such as __call__, unless a decorator such as dataclass made it
    return (
        function is not None
        and function.__globals__.get("__name__") == value.__module__
        and not function.__code__.co_filename.startswith("<string")
    )


def _set(path: str, item: Any, what: str, source: Source) -> Expression:
    text = source.write(item)
    if text is None:
        raise CannotComeError(f"{what} ({describe(item)}); write it there, or set it in the cell")
    return Expression(f"{path} = {text.text}", text.names)


def _method(path: str, item: Any, value: type, source: Source) -> Iterator[Expression]:
    node: ast.FunctionDef | ast.AsyncFunctionDef = source.node  # type: ignore[assignment]
    name = node.name
    decorators = {getattr(one, "id", getattr(one, "attr", "")) for one in node.decorator_list}
    function = function_of(item)
    if function is None or not decorators <= _WRAPPERS:
        if not decorators:
            yield _set(path, item, f"a class whose {name} differs from its source", source)
        return
    if function.__qualname__ != f"{value.__qualname__}.{name}":
        yield _set(path, item, f"a class whose {name} differs from its source", source)
        return
    inner = path if not decorators else f"{path}.__func__" if decorators == {"classmethod"} else None
    if inner or decorators == {"staticmethod"}:
        yield from function_changes(inner or path, function, function, source)


def _attribute(path: str, name: str, item: Any, source: Source) -> Iterator[Expression]:
    statement: ast.Assign | ast.AnnAssign = source.node  # type: ignore[assignment]
    node = statement.value
    if node is None:
        return
    targets = [statement.target] if isinstance(statement, ast.AnnAssign) else statement.targets
    is_one = len(targets) == 1 and isinstance(targets[0], ast.Name)
    known = evaluate(node, source.namespace) if is_one else UNKNOWN
    if known is UNKNOWN:
        # It is computed: of a plain value the result counts, anything else is made anew.
        text = literal(item) if is_one and not asks_for_machine(node) else None
        if text is not None:
            yield Expression(f"{path}.{name} = {text.text}", text.names)
        elif not callable(item) and not hasattr(type(item), "__get__"):
            source.remark(f"{name} ({describe(item)})")
    elif not is_same(known, item):
        yield _set(f"{path}.{name}", item, f"a class whose {name} is not what its source says", source)


def _find_deletions(value: type, node: ast.ClassDef) -> Iterator[str]:
    taken = {
        inner.id
        for item in node.body
        for inner in ast.walk(item)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Del)
    }
    for item in node.body:
        plain = isinstance(item, ast.Assign) and not isinstance(item.value, ast.Call)
        if plain or (isinstance(item, ast.FunctionDef) and not item.decorator_list):
            yield from (
                mangle(name, value.__name__)
                for name in _targets(item)
                if mangle(name, value.__name__) not in vars(value) and name not in taken
            )


def _find_registrations(value: type) -> tuple[type, ...]:
    """List the classes that were registered with an abstract one."""
    if not isinstance(value, abc.ABCMeta):
        return ()
    found, *_ = abc._get_dump(value)  # type: ignore[attr-defined]  # noqa: SLF001 - as `_dump_registry` prints it
    return tuple(kind for ref in found if (kind := ref()) is not None)


def _targets(item: ast.stmt) -> Iterator[str]:
    """Names that a statement of a class's body sets."""
    if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield item.name
        return
    waiting: list[ast.AST] = [item]
    while waiting:
        inner = waiting.pop(0)
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield inner.name
            continue
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, ast.alias):
            yield inner.asname or inner.name.partition(".")[0]
        if not isinstance(inner, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda)):
            waiting += ast.iter_child_nodes(inner)
