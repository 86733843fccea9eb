"""The table of formats: which one a value takes, and both ways."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from . import (
    arrays,
    figures,
    files,
    frames_arrow,
    frames_datasets,
    frames_pandas,
    models,
    named_arrays,
    pickles,
    pictures,
    plain,
    tensors,
    weights,
)
from .format import RefusedError, name_type
from .memory import check_memory, count_memory
from .pending import PendingValue
from .ways import find_way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from .format import Format, Written

FORMATS: dict[str, Format] = {
    # A dict of tensors is not a plain one; a model of transformers is a module of torch's, too.
    "tensors": tensors,
    "models": models,
    "weights": weights,
    "plain": plain,
    "named-arrays": named_arrays,
    "arrays": arrays,
    "pandas": frames_pandas,
    "arrow": frames_arrow,
    "datasets": frames_datasets,
    "pictures": pictures,
    "figures": figures,
    "files": files,
    "pickle": pickles,
}
"""By the name that a manifest has."""

NAMES = tuple(sorted({module.NAME for module in FORMATS.values()}))
"""What may stand behind the colon."""


MAX_REASON = 300
"""Characters of what a library says that a refusal repeats."""


def has_format(value: Any) -> bool:
    """Return whether any format takes the type of a value."""
    return any(module.accepts(value) for module in FORMATS.values())


def list_formats(value: Any) -> tuple[str, ...]:
    """Return what may stand behind the colon for a value: first what it takes by itself, last a pickle."""
    fitting = [module.NAME for module in FORMATS.values() if module.accepts(value)]
    return tuple(dict.fromkeys([*fitting, pickles.NAME]))


def choose_format(value: Any, wanted: str | None = None, name: str = "x") -> str:
    """Return the key in `FORMATS` of the format for a value.

    Parameters
    ----------
    value
        To be sent.
    wanted
        What stood behind the colon; None to go by the type.
    name
        The name or expression of the line, for the refusal.

    Raises
    ------
    RefusedError
        When there is none, or the one that is wanted is not for such a value.
    """
    if isinstance(value, PendingValue):
        said, _, _ = value.describe_pending(name).partition(";")
        if not name.isidentifier():  # to which nothing can be assigned
            raise RefusedError(f"is {said}", way="send {name}={x}.get()")
        raise RefusedError(f"is {value.describe_pending(name)}")
    if wanted == pickles.NAME:
        return pickles.NAME
    fitting = [key for key, module in FORMATS.items() if module.accepts(value)]
    if not fitting:
        if way := find_way(value):
            raise RefusedError(f"is of type {name_type(value)}, which has no format", way=f"send {{name}}={way}")
        raise _refuse(value)
    if wanted is None:
        return fitting[0]
    key = next((key for key in fitting if wanted == FORMATS[key].NAME), None)
    if key is None:
        raise RefusedError(f"is of type {name_type(value)}, which {wanted} is not for ({FORMATS[fitting[0]].NAME} is)")
    return key


def _refuse(value: Any) -> RefusedError:
    """Return the refusal of a value that no format takes, with what its sender can do."""
    said = []
    for cloudpickle in (" with cloudpickle (%pip install cloudpickle)", " and --with cloudpickle"):  # here, in a job
        ways = ["send its parts", "save it to a file"]
        if way := pickles.find_way(value):
            ways.append(f"write {{name:pickle}}{cloudpickle if way == 'cloudpickle' else ''}")
        *first, last = ways
        said.append(f"{', '.join(first)}{',' * (len(first) > 1)} or {last}")
    return RefusedError(f"is of type {name_type(value)}, which has no format", way=said[0], way_in_job=said[1])


def find_needs(key: str, value: Any) -> tuple[str, ...]:
    """Return the modules that reading a value of a format takes, besides the standard library.

    Raises
    ------
    RefusedError
        When it has a format, and something in it has none.
    """
    with _refuse_errors(f"cannot be sent as {FORMATS[key].NAME}"):
        return FORMATS[key].needs(value)


def write_value(value: Any, folder: Path, stem: str, wanted: str | None = None, name: str = "x") -> tuple[str, Written]:
    """Write a value that is `name`, or that expression; return its format's key, and its files.

    Raises
    ------
    RefusedError
        When it would not come back the same.
    """
    key = choose_format(value, wanted, name)
    with _refuse_errors(f"cannot be sent as {FORMATS[key].NAME}"):
        return key, FORMATS[key].write(value, folder, stem)


def read_value(key: str, folder: Path, names: Sequence[str], extra: dict[str, Any]) -> Any:
    """Return a value from its files.

    Raises
    ------
    RefusedError
        When the format is unknown, the files are not what they claim to be, or the memory does not hold the value.
    """
    if key not in FORMATS:
        raise RefusedError(f"has the format {key!r}, which this version does not know")
    name = FORMATS[key].NAME
    check_memory(name, count_memory(name, folder, names, extra))
    with _refuse_errors(f"cannot be read as {name}"):
        return FORMATS[key].read(folder, names, extra)


@contextmanager
def _refuse_errors(what: str) -> Iterator[None]:
    """Let whatever a library raises be a refusal: nobody can foresee all that may be wrong with a value or a file."""
    try:
        yield
    except RefusedError:
        raise
    except RecursionError:
        raise RefusedError("is nested too deeply for its format", way="send its parts") from None
    except BaseException as error:
        # A panic of polars is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        said = str(error).strip().partition("\n")[0][:MAX_REASON].removesuffix(".")
        raise RefusedError(f"{what} ({type(error).__name__}{': ' * bool(said)}{said})") from error
