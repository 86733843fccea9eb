"""Objects known by what they are, not by their type alone: scalars of numpy, members, named tuples, plain instances."""

from __future__ import annotations

import abc
import dataclasses
import enum
import inspect
import pathlib
import types
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.calls import NotPlainError, call, write_reduced, write_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.script.objects.calls import Write


def write_object(value: Any, write: Write) -> str | None:
    """Return the expression that makes an object again; None for one of another kind."""
    return next((made(value, write) for fits, made in _KINDS if fits(value)), None)


def _is_scalar(value: Any) -> bool:
    """Whether it is a scalar of numpy: a number to whoever wrote it, but not one of Python's."""
    return (
        type(value).__module__ == "numpy"
        and getattr(value, "shape", None) == ()
        and getattr(value, "dtype", None) is not None
        and value.dtype.kind in "biufcSUmM"
        and type(value).__name__ != "ndarray"
    )


def _scalar(value: Any, write: Write) -> str:
    name = type(value).__name__
    if name.startswith(("datetime64", "timedelta64")):
        unit = str(value.dtype).partition("[")[2].rstrip("]")
        text = str(value) if name.startswith("datetime") else int(value.astype("int64"))
        return call(f"numpy.{name}", write(text), *([write(unit)] if unit else []))
    if value.dtype.kind in "fc" and name not in {"float64", "complex128", "float32", "float16", "complex64"}:
        raise NotPlainError  # long doubles have digits that no float has
    return call(f"numpy.{name}", write(value.item()))


def _is_dtype(value: Any) -> bool:
    return any(base.__module__ == "numpy" and base.__name__ == "dtype" for base in type(value).__mro__)


def _dtype(value: Any, write: Write) -> str:
    if value.fields is not None or value.subdtype is not None:
        raise NotPlainError
    return call("numpy.dtype", write(value.str))


def _is_of(module: str, *names: str) -> Callable[[Any], bool]:
    return lambda value: type(value).__module__.partition(".")[0] == module and type(value).__name__ in names


def _timestamp(value: Any, write: Write) -> str:
    return call(
        "pandas.Timestamp",
        write(str(value.replace(tzinfo=None))),
        *([f"tz={write(str(value.tz))}"] if value.tz else []),
    )


def _timedelta(value: Any, write: Write) -> str:
    made = call("pandas.Timedelta", write(value.value), "'ns'")
    unit = getattr(value, "unit", "ns")  # pandas 2.0 and newer
    return made if unit == "ns" else f"{made}.as_unit({write(unit)})"


def _is_builtin_error(value: Any) -> bool:
    return isinstance(value, BaseException) and type(value).__module__ == "builtins" and not vars(value)


def _member(value: enum.Enum, write: Write) -> str:
    kind = type(value)
    name = value.name
    if name is not None and kind.__members__.get(name) is value:
        return f"{write(kind)}.{name}" if name.isidentifier() else f"{write(kind)}[{name!r}]"
    return f"{write(kind)}({write(value.value)})"  # flags together


def _is_named_tuple(value: Any) -> bool:
    return (
        isinstance(value, tuple)
        and isinstance(getattr(value, "_fields", None), tuple)
        and not hasattr(value, "__dict__")
    )


def _named_tuple(value: Any, write: Write) -> str:
    return f"{write(type(value))}({', '.join(map(write, value))})"


_OWN_WAYS = {"__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__del__"}
"""Methods of a class whose objects are more than what they hold."""


def _is_plain_instance(value: Any) -> bool:
    """Whether all of an object of the notebook is what its `__dict__` and its slots hold."""
    kind = type(value)
    own = [base for base in kind.__mro__ if base is not object]
    return (
        kind.__module__ == "__main__"
        and (type(kind) in {type, abc.ABCMeta} or type(kind).__module__ == "__main__")
        and isinstance(getattr(value, "__dict__", {}), dict)
        and not any(_OWN_WAYS & set(vars(base)) for base in own if base.__module__ == "__main__")
        and all(base.__module__ in {"__main__", "typing", "abc"} for base in own)
        and _is_made_of_nothing(kind)
    )


def _is_made_of_nothing(kind: type) -> bool:
    """Whether the ``__new__`` of a class wants nothing but the class, as that of a singleton."""
    try:
        inspect.signature(kind.__new__).bind(kind)
    except (TypeError, ValueError):
        return False
    return True


def _has_slots(value: Any) -> bool:
    """Whether a dataclass of the notebook made all of an object: one with ``slots=True`` has no `__dict__`."""
    kind = type(value)
    return (
        kind.__module__ == "__main__"
        and dataclasses.is_dataclass(value)
        and not hasattr(value, "__dict__")
        and kind.__bases__ == (object,)
        and not {"__init__", "__new__", "__post_init__", "__reduce__"} & _own_methods(kind)
        and all(item.init for item in dataclasses.fields(value))
    )


def _write_slots(value: Any, write: Write) -> str:
    fields = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    return f"{write(type(value))}({', '.join(write_words(fields, write))})"


def _plain_instance(value: Any, write: Write) -> str:
    kind, state, slots = type(value), dict(getattr(value, "__dict__", {})), _read_slots(value)
    if dataclasses.is_dataclass(value) and not hasattr(kind, "__post_init__") and "__init__" not in _own_methods(kind):
        fields = dataclasses.fields(value)
        if all(item.init for item in fields) and [item.name for item in fields] == [*slots, *state]:
            return f"{write(kind)}({', '.join(write_words({**slots, **state}, write))})"
    # As pickle and copy do it: its `__init__` may do more than to set these.
    made = f"{write(kind)}.__new__({write(kind)})"
    if slots:
        made = f"(lambda it: ([object.__setattr__(it, *one) for one in {write(slots)}.items()], it)[1])({made})"
    return f"(lambda it: (it.__dict__.update({write(state)}), it)[1])({made})" if state else made


def _read_slots(value: Any) -> dict[str, Any]:
    """Read what an object has in slots, by the names that they have in its class."""
    return {
        name: getattr(value, name)
        for base in reversed(type(value).__mro__)
        for name, item in vars(base).items()
        if isinstance(item, types.MemberDescriptorType) and base.__module__ == "__main__" and hasattr(value, name)
    }


def _own_methods(kind: type) -> set[str]:
    """Names of methods that a class's author wrote, which a decorator did not make."""
    return {
        name
        for base in kind.__mro__
        for name, item in vars(base).items()
        if isinstance(item, types.FunctionType) and not item.__code__.co_filename.startswith("<string")
    }


def _path(value: pathlib.PurePath, write: Write) -> str:
    return call("pathlib.Path" if isinstance(value, pathlib.Path) else "pathlib.PurePath", write(str(value)))


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Write], str]], ...] = (
    (lambda value: isinstance(value, pathlib.PurePath) and type(value).__module__.startswith("pathlib"), _path),
    (_is_scalar, _scalar),
    (_is_dtype, _dtype),
    (_is_of("torch", "device", "Size"), write_reduced),
    (_is_of("pandas", "Timestamp"), _timestamp),
    (_is_of("pandas", "Timedelta"), _timedelta),
    (lambda value: isinstance(value, enum.Enum), _member),
    (_is_builtin_error, write_reduced),
    (_is_named_tuple, _named_tuple),
    (_is_plain_instance, _plain_instance),
    (_has_slots, _write_slots),
)
