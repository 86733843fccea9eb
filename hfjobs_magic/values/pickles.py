"""Anything as a pickle, where the line says ``:pickle``: a program, which is run only if we know who wrote it.

It is signed with a key that this kernel and the job have alone, and loaded only by the same minor version of Python and
the same versions of the modules whose objects are in it.
"""

from __future__ import annotations

import hmac
import io
import json
import math
import pickle
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from .format import MissingPackageError, RefusedError, Written, find_module, name_type
from .pending import PendingValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

NAME = "pickle"

VARIABLE = "HFJOBS_VALUE_KEY"
"""Secret of a job that holds the key, in hexadecimal."""

PROTOCOL = 5
"""Of Python 3.8 and newer."""

_CHUNK = 1 << 20

MAX_TRIAL = 50_000_000
"""Bytes after which a value that has been pickled so far is taken for one that can be: half a second of work."""

_WITH_CLOUDPICKLE = "with cloudpickle it goes along: %pip install cloudpickle here, and the job gets it, too"

_WITH_IN_JOB = (
    "with cloudpickle it comes back: --with cloudpickle on the line, and %pip install cloudpickle in the notebook"
)


def accepts(value: Any) -> bool:  # noqa: ARG001 - every format's signature
    """Return False: no type has it by itself."""
    return False


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes: the modules of what is in it, cloudpickle among them where it has written some.

    Raises
    ------
    RefusedError
        When it cannot be pickled, or so that only a program with its classes reads it.
    """
    modules = _try(value)
    if "__main__" in modules and _find_cloudpickle() is None:
        raise RefusedError(
            f"holds {modules['__main__']} of the notebook, which a plain pickle only names; {_WITH_CLOUDPICKLE}"
        )
    return tuple(sorted(modules.keys() - sys.stdlib_module_names - {"__main__", "builtins", ""}))


def find_way(value: Any) -> Literal["pickle", "cloudpickle"] | None:
    """Return what it takes to send a value as a pickle: nothing, cloudpickle, or None where nothing helps."""
    try:
        modules = _try(value, MAX_TRIAL)
    except RefusedError as error:
        return "cloudpickle" if _WITH_CLOUDPICKLE in str(error) else None
    return "cloudpickle" if "__main__" in modules and _find_cloudpickle() is None else "pickle"


class _EnoughError(Exception):
    """A trial has gone far enough."""


class _Nowhere(io.RawIOBase):
    """Counts what is written into it."""

    def __init__(self, most: float) -> None:
        self._room = most

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, data: Any) -> int:
        """Forget it."""
        size = memoryview(data).nbytes
        self._room -= size
        if self._room < 0:
            raise _EnoughError
        return size


def _try(value: Any, most: float = math.inf) -> dict[str, str]:
    """Pickle a value into nothing; what it refers to, one name for each module."""
    modules: dict[str, str] = {}
    with suppress(_EnoughError):
        _dump(value, _Nowhere(most), modules)
    return modules


def _dump(value: Any, file: Any, modules: dict[str, str]) -> None:
    try:
        _make_pickler(file, modules).dump(value)
    except (_EnoughError, RefusedError):
        raise
    except RecursionError:
        raise RefusedError("is nested too deeply for a pickle") from None
    except Exception as error:
        is_of_code = isinstance(error, (pickle.PicklingError, AttributeError)) and "__main__" in modules
        if is_of_code and _find_cloudpickle() is None:
            code = modules["__main__"].rpartition(".")[2]
            what = "a lambda" if code == "<lambda>" else code
            why = f"cannot be pickled: it holds {what}, which a plain pickle only names"
            raise RefusedError(f"{why}; {_WITH_CLOUDPICKLE}", f"{why}; {_WITH_IN_JOB}") from error
        raise RefusedError(f"cannot be pickled ({type(error).__name__}: {str(error)[:200]})") from error


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.pickle``; `sign` makes it one that is read."""
    name = f"{stem}.pickle"
    modules: dict[str, str] = {}
    with (folder / name).open("wb") as file:
        _dump(value, file, modules)
    return Written((name,), {"python": _python(), "modules": _versions(modules), "type": name_type(value)})


def read(folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:  # noqa: ARG001 - every format's signature
    """Refuse: `load` is the way, which asks for the key."""
    raise RefusedError("is a pickle, which is read only with the key of the kernel that started the job")


def sign(key: bytes, name: str, path: Path, extra: dict[str, Any]) -> str:
    """Return the signature of a value's file, its name and what it needs.

    Parameters
    ----------
    key
        Of the job.
    name
        What the value is called.
    path
        Its file.
    extra
        What `write` said of it.
    """
    what = {item: extra.get(item) for item in ("python", "modules", "type")}
    made = hmac.new(key, json.dumps([name, what], sort_keys=True).encode() + b"\0", "sha256")
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()


def load(key: bytes, name: str, folder: Path, files: Sequence[str], extra: dict[str, Any]) -> Any:
    """Return the value, if it is from whom it should be and fits here.

    Raises
    ------
    RefusedError
        When the signature is another one, or a version; nothing was unpickled then.
    """
    path = folder / files[0]
    if not key:
        raise RefusedError("is a pickle, and the key to trust it by is only in the kernel that started its job")
    if not hmac.compare_digest(sign(key, name, path, extra), str(extra.get("hmac"))):
        raise RefusedError(
            "is a pickle that is not signed with the key of its job: another kernel started it, or somebody changed it"
        )
    if extra["python"] != _python():
        raise RefusedError(f"is a pickle of Python {extra['python']}, and this is Python {_python()}")
    for module, version in extra["modules"].items():
        here = _find_version(module)
        if here != version:
            raise RefusedError(
                f"is a pickle of {module} {version}, and here is {f'{module} {here}' if here else f'no {module}'}"
            )
    try:
        with path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - signed, see above
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise MissingPackageError(f"is a pickle that needs {package}", package) from error
    except Exception as error:
        if isinstance(error, AttributeError) and "__main__" in str(error):
            raise RefusedError(
                f"is a pickle that only names code of the job's cell ({str(error)[:200]}): define it here and get it "
                f"again, or run the cell again; {_WITH_IN_JOB}"
            ) from error
        raise RefusedError(f"cannot be unpickled here ({type(error).__name__}: {str(error)[:200]})") from error


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _find_cloudpickle() -> Any:
    try:
        import cloudpickle  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - only where it is there
    except ImportError:
        return None
    return cloudpickle


def _make_pickler(file: Any, modules: dict[str, str]) -> pickle.Pickler:
    """Make a pickler that notes the modules of what it meets."""
    base: Any = getattr(_find_cloudpickle(), "Pickler", pickle.Pickler)

    class Noting(base):  # type: ignore[misc,unused-ignore]
        def reducer_override(self, value: Any) -> Any:
            if isinstance(value, PendingValue):
                raise RefusedError(f"holds {value.describe_part()}")
            owner = value if isinstance(value, type) or callable(value) else type(value)
            module = str(getattr(owner, "__module__", None) or "").partition(".")[0]
            modules.setdefault(module, str(getattr(owner, "__qualname__", owner)))
            return super().reducer_override(value) if hasattr(base, "reducer_override") else NotImplemented

    made: pickle.Pickler = Noting(file, protocol=PROTOCOL)
    return made


def _versions(modules: Iterable[str]) -> dict[str, str]:
    return {name: version for name in sorted(modules) if (version := _find_version(name, imported=True))}


def _find_version(module: str, *, imported: bool = False) -> str | None:
    """Return the version that a module says it has; None where it says none, or is not there."""
    found = find_module(module)
    if found is None and not imported and module.isidentifier():
        try:
            found = __import__(module)
        except ImportError:
            return None
    version = getattr(found, "__version__", None)
    return version if isinstance(version, str) else None
