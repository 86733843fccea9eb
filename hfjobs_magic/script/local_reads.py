"""Files that a script plainly reads and a job plainly does not have."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READERS = re.compile(r"open|imread|load|loadtxt|genfromtxt|load_image|read_(?!sql|gbq|clipboard|html)\w+|scan_\w+")
"""Functions whose first argument names a file: of pandas, polars, numpy, PIL, OpenCV, torch, joblib."""

_PATH_READERS = frozenset({"read_text", "read_bytes", "open", "iterdir", "glob", "rglob"})
"""Methods of ``pathlib.Path`` that read."""

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/tmp")  # noqa: S108 - not made here, only recognised
"""Folders that every container has of its own."""

_FILE = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\).*|[^\n]*[^\s/.]\.[A-Za-z]\w{0,6}(?:\.(?:gz|bz2|zst|xz))?")


@dataclass(frozen=True)
class LocalRead:
    """A file that is opened for reading."""

    path: str
    """As written."""
    line: int
    """Line of the script."""


def find_local_reads(tree: ast.AST, *, mounts: Sequence[str] = ()) -> tuple[LocalRead, ...]:
    """Return string literals opened for reading that the job will not find.

    A path below one of the mounts is found; so is one that the script names elsewhere in a call
    that does not read, as it may have written or fetched it.
    """
    reads = {id(literal): literal for call in _calls(tree) if (literal := _read(call)) is not None}
    made = {
        str(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reads
    }
    found: dict[str, int] = {}
    for literal in reads.values():
        path = str(literal.value)
        if path not in made and not _is_provided(path, mounts):
            found[path] = min(literal.lineno, found.get(path, literal.lineno))
    return tuple(LocalRead(path, line) for path, line in sorted(found.items(), key=lambda item: (item[1], item[0])))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _read(call: ast.Call) -> ast.Constant | None:
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        made = call.func.value
        if name in _PATH_READERS and isinstance(made, ast.Call) and _name(made.func) == "Path":
            return None if name == "open" and _writes(call, 0) else _literal(made)
    else:
        name = _name(call.func)
    if not _READERS.fullmatch(name) or (name == "open" and _writes(call, 1)):
        return None
    return _literal(call)


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _literal(call: ast.Call) -> ast.Constant | None:
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and _FILE.fullmatch(first.value):
        return first
    return None


def _writes(call: ast.Call, position: int) -> bool:
    given = [word.value for word in call.keywords if word.arg == "mode"] or call.args[position : position + 1]
    mode = getattr(given[0], "value", "w") if given else "r"  # a mode that is computed may write
    return not isinstance(mode, str) or bool(set(mode) & set("wax+"))


def _is_provided(path: str, mounts: Sequence[str]) -> bool:
    if "://" in path:
        return True
    where = PurePosixPath(path)
    return any(where.is_relative_to(folder) for folder in (*_SYSTEM, *mounts))
