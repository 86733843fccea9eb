"""Objects that one call makes again: dates, numbers, patterns, containers, loggers, methods."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import fractions
import functools
import gc
import logging
import operator
import re
import types
import uuid
import zoneinfo
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.objects.calls import NotPlainError, call, write_reduced, write_words
from hfjobs_magic.script.objects.instances import write_object
from hfjobs_magic.script.objects.typing_values import write_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.script.objects.calls import Write


def construct(value: Any, write: Write) -> str:
    """Return the call that makes an object again.

    Raises
    ------
    NotPlainError
        Where there is none.
    """
    kind = type(value)
    if kind in _BY_TYPE:
        return _BY_TYPE[kind](value, write)
    text = write_object(value, write) or write_type(value, write)
    if text is None:
        raise NotPlainError
    return text


def _date(value: Any, write: Write) -> str:
    zone = getattr(value, "tzinfo", None)
    text = repr(value if zone is None else value.replace(tzinfo=None)).replace(
        "datetime.", "__import__('datetime').", 1
    )
    return text if zone is None else f"{text}.replace(tzinfo={write(zone)})"


def _zone(value: datetime.timezone, write: Write) -> str:
    if value is datetime.timezone.utc:
        return "__import__('datetime').timezone.utc"
    return call("datetime.timezone", *map(write, value.__getinitargs__()))  # type: ignore[attr-defined]


def _zone_of_place(value: zoneinfo.ZoneInfo, write: Write) -> str:
    if value.key is None:
        raise NotPlainError
    return call("zoneinfo.ZoneInfo", write(value.key))


def _pattern(value: re.Pattern[Any], write: Write) -> str:
    flags = value.flags & ~(re.UNICODE if isinstance(value.pattern, str) else 0)
    return call("re.compile", write(value.pattern), *([str(int(flags))] if flags else []))


def _partial(value: functools.partial[Any], write: Write) -> str:
    if vars(value):
        raise NotPlainError
    parts = (write(value.func), *map(write, value.args), *write_words(value.keywords, write))
    return call("functools.partial", *parts)


def _view(value: types.MappingProxyType[Any, Any], write: Write) -> str:
    # Not of a copy: what is put into the dict is seen through it.
    return call("types.MappingProxyType", *map(write, gc.get_referents(value)))


def logger_state(name: str, value: object) -> str:
    """Return the statements that give a logger its level; empty for anything else."""
    if not isinstance(value, logging.Logger):
        return ""
    level = f"{name}.setLevel({value.level})\n" if value.level and value.name != "root" else ""
    return level + ("" if value.propagate else f"{name}.propagate = False\n")


def _logger(value: logging.Logger, write: Write) -> str:
    return call("logging.getLogger", *([write(value.name)] if value.name != "root" else []))


_BY_TYPE: dict[type, Callable[[Any, Write], str]] = {
    **dict.fromkeys((datetime.date, datetime.timedelta, datetime.datetime, datetime.time), _date),
    **dict.fromkeys((range, slice), lambda value, _: repr(value)),
    **dict.fromkeys((operator.itemgetter, operator.attrgetter, operator.methodcaller), write_reduced),
    datetime.timezone: _zone,
    zoneinfo.ZoneInfo: _zone_of_place,
    re.Pattern: _pattern,
    object: lambda _, __: "object()",
    bytearray: lambda value, write: call("bytearray", write(bytes(value))),
    decimal.Decimal: lambda value, write: call("decimal.Decimal", write(str(value))),
    fractions.Fraction: lambda value, write: call(
        "fractions.Fraction", write(value.numerator), write(value.denominator)
    ),
    uuid.UUID: lambda value, write: call("uuid.UUID", write(str(value))),
    functools.partial: _partial,
    logging.Logger: _logger,
    logging.RootLogger: _logger,
    collections.OrderedDict: lambda value, write: call("collections.OrderedDict", write(dict(value))),
    collections.defaultdict: lambda value, write: call(
        "collections.defaultdict", write(value.default_factory), write(dict(value))
    ),
    collections.Counter: lambda value, write: call("collections.Counter", write(dict(value))),
    collections.deque: lambda value, write: call(
        "collections.deque", write(list(value)), *([] if value.maxlen is None else [write(value.maxlen)])
    ),
    collections.ChainMap: lambda value, write: call("collections.ChainMap", *map(write, value.maps)),
    collections.UserDict: lambda value, write: call("collections.UserDict", write(value.data)),
    collections.UserList: lambda value, write: call("collections.UserList", write(value.data)),
    property: lambda value, write: call("property", *map(write, (value.fget, value.fset, value.fdel))),
    staticmethod: lambda value, write: call("staticmethod", write(value.__func__)),
    classmethod: lambda value, write: call("classmethod", write(value.__func__)),
    types.MethodType: lambda value, write: f"{write(value.__self__)}.{value.__name__}",
    **dict.fromkeys(
        (types.BuiltinMethodType, type(re.compile("").sub)),  # CPython has two kinds
        lambda value, write: f"{write(value.__self__)}.{value.__name__}",
    ),
    types.SimpleNamespace: lambda value, write: call("types.SimpleNamespace", *write_words(vars(value), write)),
    argparse.Namespace: lambda value, write: call("argparse.Namespace", *write_words(vars(value), write)),
    types.MappingProxyType: _view,
}
