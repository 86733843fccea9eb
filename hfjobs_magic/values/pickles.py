"""Anything as a pickle, where the line says ``:pickle``: a program, which is run only if we know who wrote it.

It is signed with a key that this kernel and the job have alone, and loaded only by the same minor version of Python and
the same versions of the modules whose objects are in it.
"""

from __future__ import annotations

import hmac
import json
import pickle
import sys
from typing import TYPE_CHECKING, Any

from .format import RefusedError, Written, find_module, name_type

if TYPE_CHECKING:
    import io
    from collections.abc import Sequence
    from pathlib import Path

NAME = "pickle"

VARIABLE = "HFJOBS_VALUE_KEY"
"""Secret of a job that holds the key, in hexadecimal."""

PROTOCOL = 5
"""Of Python 3.8 and newer."""

_CHUNK = 1 << 20


def accepts(value: Any) -> bool:  # noqa: ARG001 - every format's signature
    """Return False: no type has it by itself."""
    return False


def needs(value: Any) -> tuple[str, ...]:
    """Return what reading it takes: the module of its type, and cloudpickle where that writes it."""
    top = type(value).__module__.partition(".")[0]
    own = () if top in sys.stdlib_module_names | {"__main__", "builtins"} else (top,)
    return (*own, "cloudpickle") if _find_cloudpickle() is not None else own


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.pickle``; `sign` makes it one that is read."""
    name = f"{stem}.pickle"
    modules: set[str] = set()
    try:
        with (folder / name).open("wb") as file:
            _make_pickler(file, modules).dump(value)
    except RecursionError:
        raise RefusedError("is nested too deeply for a pickle") from None
    except Exception as error:
        raise RefusedError(f"cannot be pickled ({type(error).__name__}: {str(error)[:200]})") from error
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
    except Exception as error:
        raise RefusedError(f"cannot be unpickled here ({type(error).__name__}: {str(error)[:200]})") from error


def _python() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _find_cloudpickle() -> Any:
    try:
        import cloudpickle  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - only where it is there
    except ImportError:
        return None
    return cloudpickle


def _make_pickler(file: io.BufferedWriter, modules: set[str]) -> pickle.Pickler:
    """Make a pickler that notes the modules of what it meets."""
    base: Any = getattr(_find_cloudpickle(), "Pickler", pickle.Pickler)

    class Noting(base):  # type: ignore[misc,unused-ignore]
        def reducer_override(self, value: Any) -> Any:
            owner = value if isinstance(value, type) or callable(value) else type(value)
            modules.add(str(getattr(owner, "__module__", None) or "").partition(".")[0])
            return super().reducer_override(value) if hasattr(base, "reducer_override") else NotImplemented

    made: pickle.Pickler = Noting(file, protocol=PROTOCOL)
    return made


def _versions(modules: set[str]) -> dict[str, str]:
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
