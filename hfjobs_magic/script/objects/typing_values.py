"""Types that a notebook made by a call or by brackets: type variables, aliases, named tuples, enumerations."""

from __future__ import annotations

import enum
import types
import typing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[Any], str]

_TYPING = "__import__('typing')"


def write_type(value: Any, write: Write) -> str | None:
    """Return the expression that makes a type again; None for other values, and for classes with a body."""
    if isinstance(value, type) and not isinstance(value, types.GenericAlias):
        return _class(value, write)
    if type(value) in _BY_TYPE:
        return _BY_TYPE[type(value)](value, write)
    if type(value).__module__ == "typing" and getattr(value, "__origin__", None) is not None:
        return _alias(value, write)
    return None


def _variable(value: Any, write: Write) -> str:
    parts = [repr(value.__name__), *map(write, getattr(value, "__constraints__", ()))]
    bound = getattr(value, "__bound__", None)
    parts += [f"bound={write(bound)}"] if bound is not None else []
    parts += [f"{name}=True" for name in ("covariant", "contravariant") if getattr(value, f"__{name}__", False)]
    return f"{_TYPING}.{type(value).__name__}({', '.join(parts)})"


def _new_type(value: Any, write: Write) -> str:
    return f"{_TYPING}.NewType({value.__name__!r}, {write(value.__supertype__)})"


def _union(value: Any, write: Write) -> str:
    return f"({' | '.join('None' if item is type(None) else write(item) for item in value.__args__)})"


def _generic(value: Any, write: Write) -> str:
    return f"{write(value.__origin__)}[{_arguments(value.__args__, write)}]"


def _alias(value: Any, write: Write) -> str | None:
    origin, found = value.__origin__, value.__args__
    if origin is typing.Union:
        return f"{_TYPING}.Union[{_arguments(found, write)}]"
    if hasattr(value, "__metadata__"):
        return f"{_TYPING}.Annotated[{_arguments((origin, *value.__metadata__), write)}]"
    name = getattr(value, "_name", None)
    if name == "Callable":
        taken = "..." if found[:-1] == (...,) else f"[{_arguments(found[:-1], write) if found[:-1] else ''}]"
        return f"{_TYPING}.Callable[{taken}, {write(found[-1])}]"
    if origin is typing.Literal:
        return f"{_TYPING}.Literal[{_arguments(found, write)}]"
    if name and hasattr(typing, name):
        return f"{_TYPING}.{name}[{_arguments(found, write)}]"
    return f"{write(origin)}[{_arguments(found, write)}]" if isinstance(origin, type) else None


def _arguments(items: tuple[Any, ...], write: Write) -> str:
    return ", ".join("None" if item is type(None) else write(item) for item in items) or "()"


_BY_TYPE: dict[type, Callable[[Any, Write], str | None]] = {
    typing.TypeVar: _variable,
    typing.ParamSpec: _variable,
    typing.NewType: _new_type,
    types.UnionType: _union,
    types.GenericAlias: _generic,
    typing.ForwardRef: lambda value, write: write(value.__forward_arg__),
}


def _class(value: type, write: Write) -> str | None:
    """Write a class that a call has made: its body has nothing that a person wrote."""
    if value.__module__ != "__main__" or value.__qualname__ != value.__name__:
        return None
    if issubclass(value, enum.Enum):
        return _enumeration(value, write)
    if issubclass(value, tuple) and value.__bases__ == (tuple,) and hasattr(value, "_fields"):
        return _named_tuple(value, write)
    if issubclass(value, dict) and hasattr(value, "__total__"):
        total = "" if value.__total__ else ", total=False"
        return f"{_TYPING}.TypedDict({value.__name__!r}, {write(dict(value.__annotations__))}{total})"
    return None


def _enumeration(value: type[enum.Enum], write: Write) -> str | None:
    members = {key: item.value for key, item in value.__members__.items()}
    plain = value.__mro__[1]
    if plain.__module__ != "enum":
        return None
    return f"__import__('enum').{plain.__name__}({value.__name__!r}, {write(members)}, module=__name__)"


def _named_tuple(value: Any, write: Write) -> str | None:
    own = {key: item for key, item in vars(value).items() if isinstance(item, types.FunctionType) and key != "__new__"}
    if any(not item.__code__.co_filename.endswith("collections/__init__.py") for item in own.values()):
        return None
    found = getattr(value, "__annotations__", {})
    if found and not value._field_defaults:
        pairs = ", ".join(f"({key!r}, {write(item)})" for key, item in found.items())
        return f"{_TYPING}.NamedTuple({value.__name__!r}, [{pairs}])"
    defaults = tuple(value._field_defaults.values())
    more = f", defaults={write(defaults)}" if defaults else ""
    return f"__import__('collections').namedtuple({value.__name__!r}, {list(value._fields)!r}{more}, module=__name__)"
