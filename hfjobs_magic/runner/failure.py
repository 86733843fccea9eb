"""An error of the cell, as an output and as values that whoever reads it can go by."""

from __future__ import annotations

import os
import re
import sys
import traceback
from typing import TYPE_CHECKING, Any

from .frames import is_internal
from .groups import is_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

MAX_MESSAGE = 10_000
"""Characters of an error's message; some hold a whole tensor."""

MAX_TRACEBACK = 100_000
"""Characters of a traceback."""

MAX_FRAMES = 50
"""Frames that are told one by one, the innermost ones."""

MAX_MEMBERS = 20
"""Errors of a group that are told one by one, the first ones."""

MAX_DEPTH = 3
"""Groups within groups that are told."""

ATTRIBUTES = ("errno", "strerror", "filename", "filename2", "name", "path", "msg", "lineno", "offset", "text")
"""What builtin exceptions say besides their text, where that is a text or a number."""

_WITH_ATTRIBUTES = (OSError, NameError, AttributeError, ImportError, SyntaxError)

UNICODE = ("encoding", "object", "start", "end", "reason")
"""What an error of a codec is made of, bytes as text with a character each."""

UNSAID = "<exception str() failed>"
"""In the place of a message that cannot be printed, as `traceback` has it."""

_ANSI = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")


def error_output(kind: str, message: str, lines: Sequence[str]) -> dict[str, Any]:
    """One of nbformat's error outputs."""
    return {"output_type": "error", "ename": kind, "evalue": message, "traceback": _clip(lines)}


def plain(lines: Sequence[str]) -> str:
    """Traceback for the log: without colours."""
    return _ANSI.sub("", "\n".join(_clip(lines)))


def of_error(
    error: BaseException,
    where: TracebackType | None,
    cell: set[str],
    title: Callable[[str], str],
    *,
    depth: int = MAX_DEPTH,
    above: int | None = None,
) -> dict[str, Any]:
    """Say what is known of an error.

    Parameters
    ----------
    error, where
        The exception and its traceback.
    cell
        What the cell's file is called in code objects.
    title
        Gives the name by which a file is to be called.
    depth
        Groups within groups that are told.
    above
        Line of the ``%%magic`` that ran the cell, which has failed where no frame is the cell's.

    Returns
    -------
    dict
        ``type`` and ``qualified`` (names of its class without and with the module), ``bases`` (names of the builtin
        classes it is one of), ``message``, ``line`` (of the cell; None where no frame is the cell's), ``attributes``
        (`ATTRIBUTES` that it has) and ``frames`` (``file``, ``line``, ``name``, outermost first); of a group
        ``exceptions``, the same of each error in it.
    """
    kind = type(error)
    frames = [(frame.f_code, line) for frame, line in traceback.walk_tb(where)]
    lines = [line for code, line in frames if code.co_filename in cell]
    message = message_of(error)
    if isinstance(error, SyntaxError) and error.lineno:
        # Its own text ends with file and line, which follow where it is the cell's.
        message = str(error.msg)
        if error.filename in cell:
            lines.append(error.lineno)
        else:
            message += f" in {title(error.filename or '<string>')}, line {error.lineno}"
    told: dict[str, Any] = {
        "type": kind.__name__,
        "qualified": f"{kind.__module__}.{kind.__qualname__}",
        "bases": [base.__name__ for base in kind.__mro__ if base.__module__ == "builtins" and base is not object],
        "message": message,
        "line": lines[-1] if lines else above,
        "attributes": _attributes(error),
        "frames": [
            {"file": title(code.co_filename), "line": line, "name": code.co_name}
            for code, line in frames[-MAX_FRAMES:]
            if not is_internal(code.co_filename)
        ],
    }
    if depth and is_group(error):
        told["exceptions"] = [
            of_error(one, one.__traceback__, cell, title, depth=depth - 1)
            for one in error.exceptions[:MAX_MEMBERS]  # type: ignore[attr-defined] # from Python 3.11 on
        ]
    return told


def _attributes(error: BaseException) -> dict[str, Any]:
    is_codecs = isinstance(error, (UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError))
    found: dict[str, Any] = {}
    for name in UNICODE if is_codecs else ATTRIBUTES if isinstance(error, _WITH_ATTRIBUTES) else ():
        try:
            value = getattr(error, name, None)
        except Exception:  # noqa: BLE001, S112 - a class may do anything there
            continue
        if name == "object" and isinstance(value, bytes):
            value = value.decode("latin-1")
        value = os.fsdecode(value) if isinstance(value, (bytes, os.PathLike)) else value
        if isinstance(value, (str, int)):
            found[name] = value[:MAX_MESSAGE] if isinstance(value, str) else int(value)
    return found


def message_of(error: BaseException) -> str:
    """Text of an error; of one that cannot be printed, what Python says then."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - any class may have a broken __str__, and some end the process
        return UNSAID
    return text if len(text) <= MAX_MESSAGE else f"{text[:MAX_MESSAGE]}…"


class _Unsaid:
    def __init__(self, error: BaseException) -> None:
        self.__notes__ = getattr(error, "__notes__", [])

    def __str__(self) -> str:
        return UNSAID


def as_printable(error: Any) -> Any:
    """Return what can be printed in the place of an error, with its notes."""
    return _Unsaid(error) if message_of(error) == UNSAID else error


def gpu_memory() -> list[dict[str, int]] | None:
    """Most bytes that PyTorch had on each GPU, and how many it has; None where it was not used."""
    torch = sys.modules.get("torch")
    try:
        if torch is None or not torch.cuda.is_initialized():
            return None
        return [
            {
                "peak_bytes": int(torch.cuda.max_memory_reserved(at)),
                "total_bytes": int(torch.cuda.get_device_properties(at).total_memory),
            }
            for at in range(torch.cuda.device_count())
        ]
    except Exception:  # noqa: BLE001 - a driver that has failed must not hide the error that it is asked about
        return None


def _clip(lines: Sequence[str]) -> list[str]:
    text = "\n".join(lines)
    if len(text) > MAX_TRACEBACK:
        text = f"{text[: MAX_TRACEBACK // 2]}\n[…]\n{text[-MAX_TRACEBACK // 2 :]}"
    return text.split("\n")
