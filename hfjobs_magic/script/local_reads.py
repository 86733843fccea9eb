"""Files that a script plainly reads and a job plainly does not have."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hfjobs_magic.script.straight_line import find_first_steps, writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_READERS = re.compile(
    r"open|imread|read|load|loadtxt|genfromtxt|load_image|load_file|load_workbook|safe_open|VideoCapture|from_file"
    r"|read_(?!sql|gbq|clipboard|html)\w+|scan_\w+"
)
"""Functions whose first argument names a file: of pandas, polars, numpy, PIL, OpenCV, torch, joblib, scipy."""

_BY_NAME = frozenset({"filepath_or_buffer", "path", "file", "io", "source", "fp", "filename", "data_files"})
"""What the first argument is called, where it is named."""

_FOLDERS = frozenset({"listdir", "scandir", "load_from_disk", "from_pretrained", "load_dataset", "ImageFolder"})
"""Functions whose first argument may be a folder: a path where it is written as one, a name on the Hub otherwise."""

_PATH_READERS = frozenset({"read_text", "read_bytes", "open", "iterdir", "glob", "rglob"})
"""Methods of ``pathlib.Path`` that read."""

_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/tmp")  # noqa: S108 - not made here, only recognised
"""Folders that every container has of its own."""

_FILE = re.compile(r"(?:\.{0,2}/|~/|[A-Za-z]:\\).*|[^\n]*[^\s/.]\.[A-Za-z]\w{0,6}(?:\.(?:gz|bz2|zst|xz))?")


_FOLDER = re.compile(r"(?:\.{1,2}/|/|~/).*|[^\n]+\.(?:csv|jsonl?|parquet|txt|arrow|tsv)(?:\.(?:gz|bz2|zst|xz))?")


@dataclass(frozen=True)
class LocalRead:
    """A file that is opened for reading."""

    path: str
    """As written."""
    line: int
    """Line of the script."""
    is_certain: bool = False
    """Whether it is read whatever happens, before anything may have made it."""


def find_local_reads(tree: ast.Module, *, mounts: Sequence[str] = ()) -> tuple[LocalRead, ...]:
    """Return string literals opened for reading that the job will not find.

    A path below one of the mounts is found; so is one that the script names elsewhere in a call
    that does not read, as it may have written or fetched it, and what lies below such a folder is never certain.
    """
    reads = {id(literal): literal for call in _calls(tree) if (literal := _read(call)) is not None}
    first = {id(literal) for call in find_first_steps(tree) if (literal := _read(call)) is not None} if reads else set()
    made = {
        str(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reads
    }
    found: dict[str, LocalRead] = {}
    for key, literal in reads.items():
        path = str(literal.value)
        if path not in made and not _is_provided(path, mounts):
            is_certain = key in first and not any(str(folder) in made for folder in PurePosixPath(path).parents)
            known = found.get(path, LocalRead(path, literal.lineno))
            line = min(literal.lineno, known.line)
            found[path] = LocalRead(path, line, known.is_certain or is_certain)
    return tuple(sorted(found.values(), key=lambda read: (read.line, read.path)))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _read(call: ast.AST) -> ast.Constant | None:
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        made = call.func.value
        if name in _PATH_READERS and isinstance(made, ast.Call) and _name(made.func) == "Path":
            return None if name == "open" and writes(call, 0) else _literal(made, _FILE)
    else:
        name = _name(call.func)
    if name in _FOLDERS:
        return _literal(call, _FOLDER)
    if not _READERS.fullmatch(name) or (name == "open" and writes(call)):
        return None
    return _literal(call, _FILE)


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "")))


def _literal(call: ast.Call, form: re.Pattern[str]) -> ast.Constant | None:
    named = [word.value for word in call.keywords if word.arg in _BY_NAME]
    for item in (*named[:1], *call.args[:1]):
        if isinstance(item, ast.Constant) and isinstance(item.value, str) and form.fullmatch(item.value):
            return item
    return None


def _is_provided(path: str, mounts: Sequence[str]) -> bool:
    if "://" in path:
        return True
    where = PurePosixPath(path)
    return any(where.is_relative_to(folder) for folder in (*_SYSTEM, *mounts))
