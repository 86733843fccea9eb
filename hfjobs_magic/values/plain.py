"""Python's own values as JSON, with a tag for everything that JSON has no word for: ``{"$tuple": [1, 2]}``."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from . import atoms, scalars_pandas
from .format import RefusedError, Written, find_module, name_type
from .pending import PendingValue
from .sharing import Sharing, find_shared

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NAME = "json"

_CONTAINERS = (list, tuple, dict, set, frozenset, OrderedDict, defaultdict, Counter, deque)

_TYPES = (type(None), bool, str, *atoms.SIMPLE, *_CONTAINERS)

MAX_SIZE = 1_000_000_000
"""Bytes of JSON that are read."""

_FACTORIES = {kind.__name__: kind for kind in (list, dict, set, tuple, int, float, str, bool)}
"""What a defaultdict may fill itself with; anything else is code."""


def accepts(value: Any) -> bool:
    """Return whether it is a plain value, or a number of numpy's."""
    return type(value) in _TYPES or atoms.is_numpy_number(value) or scalars_pandas.is_scalar(value)


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes: numpy or pandas, where something of theirs is in it."""
    if find_module("numpy") is None:
        return ()
    # Text of the value's own has its quotes escaped.
    text = json.dumps(encode(value))
    tags = (("numpy", "$number"), ("numpy", "$array"), ("pandas", scalars_pandas.TAG))
    return tuple(dict.fromkeys(module for module, tag in tags if f'{{"{tag}": [' in text))


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.json``."""
    name = f"{stem}.json"
    try:
        text = json.dumps(encode(value))
    except RecursionError:
        raise RefusedError("is nested too deeply for JSON") from None
    if len(text) > MAX_SIZE:
        raise RefusedError(f"is {len(text) / 1e9:.1f} GB of JSON; make it an array or a frame")
    (folder / name).write_text(text, encoding="ascii")
    return Written((name,))


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:  # noqa: ARG001 - every format's signature
    """Read it."""
    if (size := (folder / files[0]).stat().st_size) > MAX_SIZE:
        raise RefusedError(f"is JSON of {size / 1e9:.1f} GB, which takes ten times as much memory to read")
    try:
        return decode(json.loads((folder / files[0]).read_text(encoding="ascii")))
    except RefusedError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError) as error:
        raise RefusedError(f"is damaged ({type(error).__name__})") from error


def encode(value: Any) -> Any:
    """Return a plain value as JSON has it.

    Raises
    ------
    RefusedError
        When it is, or holds, something else.
    """
    return _Encoder(value).encode(value)


class _Encoder:
    """Makes JSON of a value."""

    def __init__(self, value: Any) -> None:
        self._shared = find_shared(value)
        self._sharing = Sharing()
        self._numbers: dict[int, int] = {}  # of what stands in several places
        self._above: set[int] = set()  # ids of the containers that a part is in

    def encode(self, value: Any) -> Any:
        """Encode a part."""
        if atoms.is_json(value):
            return value
        if id(value) not in self._shared:
            return self._encode_one(value)
        key = id(value)
        if key in self._above:
            raise RefusedError("contains itself")
        if key in self._numbers:
            self._sharing.take(self._numbers[key])
            return {"$same": self._numbers[key]}
        number = self._numbers[key] = len(self._numbers)
        return {"$shared": [number, self._sharing.note(number, lambda: self._encode_one(value))]}

    def _encode_one(self, value: Any) -> Any:
        kind = type(value)
        if kind in atoms.SIMPLE:
            return atoms.encode(value)
        if kind in _CONTAINERS:
            if id(value) in self._above:
                raise RefusedError("contains itself")
            self._above.add(id(value))
            self._sharing.count(len(value))
            made = self._encode_dict(value) if isinstance(value, dict) else self._encode_items(value)
            self._above.discard(id(value))
            return made
        if scalars_pandas.is_scalar(value):
            return {scalars_pandas.TAG: scalars_pandas.encode(value, atoms.encode_zone)}
        if atoms.is_numpy_number(value):
            return {"$number": [value.dtype.str, atoms.to_text(value.tobytes())]}
        if atoms.is_numpy_array(value):
            return {"$array": [value.dtype.str, list(value.shape), atoms.to_text(value.tobytes())]}
        raise _explain(value, inside=bool(self._above))

    def _encode_items(self, value: Any) -> Any:
        encode = self.encode
        items = [encode(item) for item in value]
        if type(value) is deque:
            return {"$deque": [value.maxlen, items]}
        return items if type(value) is list else {f"${type(value).__name__}": items}

    def _encode_dict(self, value: dict[Any, Any]) -> Any:
        encode = self.encode
        if type(value) is dict and all(type(key) is str and not key.startswith("$") for key in value):
            return {key: encode(item) for key, item in value.items()}
        if getattr(value, "__dict__", None):
            raise self._refuse_dict(f"a {name_type(value)} with attributes of its own")
        pairs = [[encode(key), encode(item)] for key, item in value.items()]
        if not isinstance(value, defaultdict):
            return {f"${type(value).__name__}": pairs}
        factory = value.default_factory
        name = None if factory is None else getattr(factory, "__name__", "")
        if factory is not (None if name is None else _FACTORIES.get(name, ...)):
            raise self._refuse_dict("a defaultdict that fills itself with code of its own")
        return {"$defaultdict": [name, pairs]}

    def _refuse_dict(self, what: str) -> RefusedError:
        if len(self._above) > 1:
            return RefusedError(f"holds {what}", way="put a plain dict there")
        return RefusedError(f"is {what}", way="send {name}=dict({x})")


def decode(value: Any) -> Any:
    """Return the value of what `encode` has made."""
    return _Decoder().decode(value)


class _Decoder:
    """Makes a value of JSON."""

    def __init__(self) -> None:
        self._sharing = Sharing()

    def decode(self, made: Any) -> Any:
        """Decode a part."""
        if not isinstance(made, (list, dict)):
            return made
        decode = self.decode
        self._sharing.count(len(made))
        if isinstance(made, list):
            return [decode(item) for item in made]
        tag = next(iter(made)) if len(made) == 1 else ""
        return self._decode_tag(tag, made[tag]) if tag[:1] == "$" else {key: decode(it) for key, it in made.items()}

    def _decode_tag(self, tag: str, content: Any) -> Any:
        if tag == "$same":
            return self._sharing.take(content)
        if tag == "$shared":
            return self._sharing.note(content[0], lambda: self.decode(content[1]))
        if tag in _HOLDERS:
            self._sharing.count(len(content))
            return _HOLDERS[tag](content, self.decode)
        return _DECODERS[tag](content)


def _decode_pairs(pairs: list[Any], decode: Callable[[Any], Any]) -> Any:
    return ((decode(key), decode(item)) for key, item in pairs)


def _explain(value: Any, *, inside: bool) -> RefusedError:
    kind = name_type(value)
    if isinstance(value, PurePath):
        return RefusedError("holds a path; a path to a file travels as a value of its own")
    if isinstance(value, PendingValue):
        return RefusedError(f"holds {value.describe_part()}")
    plain = next((base for base in type(value).__mro__[1:] if base in _TYPES), None)
    what = f"{kind}, a kind of {plain.__name__}" if plain is not None else kind
    if inside:
        return RefusedError(f"holds a value of type {what}, which JSON cannot hold; send it under a name of its own")
    return RefusedError(f"is of type {what}, which has no format")


_HOLDERS: dict[str, Callable[[Any, Callable[[Any], Any]], Any]] = {
    "$tuple": lambda items, decode: tuple(map(decode, items)),
    "$set": lambda items, decode: set(map(decode, items)),
    "$frozenset": lambda items, decode: frozenset(map(decode, items)),
    "$dict": lambda pairs, decode: dict(_decode_pairs(pairs, decode)),
    "$OrderedDict": lambda pairs, decode: OrderedDict(_decode_pairs(pairs, decode)),
    "$Counter": lambda pairs, decode: Counter(dict(_decode_pairs(pairs, decode))),
    "$defaultdict": lambda c, decode: defaultdict(
        None if c[0] is None else _FACTORIES[c[0]], _decode_pairs(c[1], decode)
    ),
    "$deque": lambda c, decode: deque(map(decode, c[1]), c[0]),
}
"""By their tags: what is called with the content of one, and with what decodes that."""

_DECODERS: dict[str, Callable[[Any], Any]] = {
    **atoms.DECODERS,
    scalars_pandas.TAG: lambda parts: scalars_pandas.decode(parts, atoms.decode_zone),
    "$number": atoms.decode_number,
    "$array": lambda parts: atoms.read_array(*parts),
}
