"""Values of the notebook that go along with a cell: evaluated once, as files named by their content."""

from __future__ import annotations

import hashlib
import json
import types
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.near_names import find_near
from hfjobs_magic.options.secret_text import describe_secret
from hfjobs_magic.script.names.earlier_cells import find_made, history_of
from hfjobs_magic.script.objects.definitions import unwrap
from hfjobs_magic.values import pickles
from hfjobs_magic.values.copies import hash_file
from hfjobs_magic.values.format import RefusedError, ValueFile, name_type
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.values.table import FORMATS, choose_format, find_needs, write_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.options.value_names import ValueName


@dataclass(frozen=True)
class Input:
    """A value that is to go along."""

    wanted: ValueName
    """What the line says of it."""
    value: Any = field(repr=False, compare=False)
    """The value itself."""
    format: str = ""
    """Key in `hfjobs_magic.values.table.FORMATS`."""
    needs: tuple[str, ...] = ()
    """Modules that the job reads it with."""


@dataclass(frozen=True)
class SentInput:
    """A value as files; all that is known of it once it has been written."""

    name: str
    """What the job calls it."""
    type: str
    """Its type, as a person knows it: ``pandas.DataFrame``."""
    format: str
    """Key in `hfjobs_magic.values.table.FORMATS`."""
    files: tuple[ValueFile, ...]
    """Its files."""
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    """What the format needs besides."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def __str__(self) -> str:
        """Return a clause for the plan: ``df (pandas.DataFrame as parquet, 82 kB)``."""
        return f"{self.name} ({self.type} as {FORMATS[self.format].NAME}, {format_size(self.size)})"


@dataclass(frozen=True)
class SentInputs:
    """The values of one job."""

    items: tuple[SentInput, ...] = ()
    """In the order of the line."""
    folder: Path | None = None
    """Folder of this machine with the files, by their `sha256`; None where they have been uploaded."""

    @property
    def files(self) -> dict[str, int]:
        """Size of each file in bytes, by its `sha256`."""
        return {file.sha256: file.size for item in self.items for file in item.files}

    @property
    def size(self) -> int:
        """Bytes of all files; equal ones once."""
        return sum(self.files.values())

    @property
    def digest(self) -> str:
        """32 hexadecimal digits of which files there are: the name of their folder in the bucket."""
        return hashlib.sha256("".join(sorted(self.files)).encode()).hexdigest()[:32]

    def as_json(self) -> list[dict[str, Any]]:
        """Return what the job is told of them."""
        return [asdict(item) for item in self.items]


def choose_inputs(wanted: Sequence[ValueName], names: Mapping[str, Any]) -> tuple[Input, ...]:
    """Evaluate values and choose their formats; nothing is written yet.

    Parameters
    ----------
    wanted
        What the line asks for.
    names
        The notebook's.

    Raises
    ------
    OptionError
        When one cannot be evaluated, has no format, or is not data.
    """
    return tuple(_choose(one, names) for one in wanted)


def write_inputs(inputs: Sequence[Input], folder: Path, key: bytes) -> SentInputs:
    """Write values into a folder that is empty.

    Parameters
    ----------
    inputs
        The values.
    folder
        Where to.
    key
        Signs pickles.

    Raises
    ------
    OptionError
        When one would not come out of its files the same.
    """
    return SentInputs(tuple(_write(one, folder, key) for one in inputs), folder)


def _choose(one: ValueName, names: Mapping[str, Any]) -> Input:
    value = _evaluate(one, names)
    written = unwrap(value, one.expression) if isinstance(value, types.FunctionType) else None
    if written is not None and written.__closure__ and one.format is None:
        raise OptionError(
            f"-i {one.name} is a function that holds values of the one that made it. Make it in the cell, or write it "
            f"at the top level, and it comes along by itself; -i {one.in_format('pickle')} sends it, with cloudpickle."
        )
    if isinstance(value, types.ModuleType | type | types.FunctionType) and one.format is None:
        raise OptionError(
            f"-i {one.name} is code, which comes along by itself where the cell uses it. Leave it out of -i."
        )
    try:
        key = choose_format(value, one.format, one.expression)
        needs = find_needs(key, value)
    except RefusedError as error:
        raise OptionError(_refuse(one, error)) from error
    if secret := describe_secret(one.name, value):
        raise OptionError(f"-i {one.name} is {secret} Nothing was submitted.")
    return Input(one, value, key, needs)


def _evaluate(one: ValueName, names: Mapping[str, Any]) -> Any:
    if one.expression == one.name:
        if one.name in names:
            return names[one.name]
        if made := find_made(one.name, history_of(names)):
            said = f"-i {one.name}: the notebook has no {one.name}, {made.place}. {made.way}."
            raise OptionError(f"{said} Nothing was submitted.")
        near = find_near(one.name, (name for name in names if not name.startswith("_")))
        hint = f" Did you mean {near[0]}?" if near else ""
        raise OptionError(f"-i {one.name}: the notebook has no {one.name}.{hint} Nothing was submitted.")
    try:
        # `Path` is what sends a file, and few notebooks have imported it.
        known = {"Path": Path, **names}
        return eval(compile(one.expression, f"-i {one.name}", "eval"), known)  # noqa: S307 - the person's own
    except Exception as error:
        raise OptionError(
            f"-i {one.name}: {one.expression} fails here: "
            f"{type(error).__name__}: {str(error).removesuffix('.')}. Nothing was submitted."
        ) from error


def _write(one: Input, folder: Path, key: bytes) -> SentInput:
    name = one.wanted.name
    place = folder / "values" / name
    place.mkdir(parents=True)
    try:
        _, written = write_value(one.value, place, "value", FORMATS[one.format].NAME)
    except RefusedError as error:
        raise OptionError(_refuse(one.wanted, error)) from error
    if written.note and one.wanted.format is None:
        raise OptionError(
            f"-i {name} {written.note}. Nothing was submitted. "
            f"-i {one.wanted.in_format(FORMATS[one.format].NAME)} sends that"
            f"{'' if one.format == 'files' else '; code that makes the object belongs into the cell'}."
        )
    # Only what JSON can hold gets there, as it will come out there.
    extra = json.loads(json.dumps(written.extra))
    if one.format == pickles.NAME:
        extra["hmac"] = pickles.sign(key, name, place / written.files[0], extra)
    files = []
    for path in written.files:
        made = place / path
        digest = hash_file(made)
        files.append(ValueFile(path, made.stat().st_size, digest))
        made.replace(folder / digest)
    return SentInput(name, name_type(one.value), one.format, tuple(files), extra)


def _refuse(one: ValueName, error: RefusedError) -> str:
    return f"-i {one.name} {error.say(one.name, one.expression)}. Nothing was submitted."
