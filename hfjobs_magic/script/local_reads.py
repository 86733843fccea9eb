"""Files that a script plainly reads and a job plainly does not have."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.command_names import is_shell
from hfjobs_magic.script.syntax.nodes import name_of
from hfjobs_magic.script.syntax.straight_line import find_first_steps, writes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

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


_PROGRAM = re.compile(
    r"\s*(?:\S*python[\d.]*|\{sys\.executable\}|bash|sh|torchrun|accelerate\s+launch)"
    r"(?:\s+--?(?!c\b|m\b)[\w-]+(?:=\S+)?(?:\s+\d+)?)*\s+(?P<file>[\w./~-]+\.(?:py|sh))(?=\s|$)"
)
"""A command that runs a script, with options before its name."""

_RUN = re.compile(r"\s*(?:-\w+\s+)*(?P<file>[\w./~-]+\.(?:py|ipynb))(?:\s.*)?")
"""The line of ``%run``."""

_FETCH = re.compile(r"(?:^|[;&|]|\s)(?:wget|curl|gdown|aria2c|unzip|tar|cp|mv|hf|huggingface-cli|kaggle)\s")
"""Commands whose words are files that they make."""

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
    is_command: bool = False
    """Whether it is a word of a command or of ``%run``."""
    is_below_made: bool = False
    """Whether the script names a folder of it elsewhere, as if to make or fetch it."""


def find_local_reads(tree: ast.Module, *, mounts: Sequence[str] = ()) -> tuple[LocalRead, ...]:
    """Return string literals opened for reading that the job will not find.

    A path below one of the mounts is found; so is one that the script names elsewhere in a call
    that does not read, as it may have written or fetched it, and what lies below such a folder is never certain.
    """
    reads = _find_reads(_calls(tree))
    first = _find_reads(find_first_steps(tree)) if reads else {}
    made = _find_made(tree, reads)
    found: dict[str, LocalRead] = {}
    for key, read in reads.items():
        # np.save writes the end itself.
        names = {str(PurePosixPath(name)) for name in (read.path, re.sub(r"\.np[yz]$", "", read.path))}
        if not names & made and not _is_provided(read.path, mounts):
            folders = {str(folder) for folder in PurePosixPath(read.path).parents} - {".", "/"}
            is_below = bool(folders & made)
            is_certain = key in first and not is_below
            known = found.get(read.path, read)
            line, is_certain = min(read.line, known.line), known.is_certain or is_certain
            found[read.path] = replace(known, line=line, is_certain=is_certain, is_below_made=is_below)
    return tuple(sorted(found.values(), key=lambda read: (read.line, read.path)))


def _find_made(tree: ast.AST, reads: Container[int]) -> set[str]:
    """Return names that a script has elsewhere, and files that its commands fetch, without a ``./`` in front."""
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reads
    ]
    words = [word.strip("'\"") for text in texts if _FETCH.search(text) for word in text.split()]
    ends = [word.partition("?")[0].rpartition("/")[2] for word in words if "://" in word]
    return {str(PurePosixPath(name)) for name in (*texts, *words, *ends) if name}


def _find_reads(nodes: Iterable[ast.AST]) -> dict[int, LocalRead]:
    """Return what calls read, by the identity of the text that names it."""
    found = {}
    for node in nodes:
        literal = _read(node)
        command = _command(node) if literal is None else None
        if literal is not None:
            found[id(literal)] = LocalRead(str(literal.value), literal.lineno)
        elif command is not None and (word := _find_program(command)):
            found[id(command)] = LocalRead(word, command.lineno, is_command=True)
    return found


def _command(call: ast.AST) -> ast.Constant | None:
    """Return the text of a ``!command`` or of the line of ``%run``."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not is_shell(call.func.value):
        return None
    texts = [item for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if call.func.attr == "run_line_magic" and len(texts) > 1 and texts[0].value == "run":
        return texts[1]
    return texts[0] if call.func.attr in {"system", "getoutput"} and texts else None


def _find_program(command: ast.Constant) -> str | None:
    """Return the script that a command runs.

    >>> _find_program(ast.Constant("python -u train.py --lr 1"))
    'train.py'
    """
    text = str(command.value)
    found = _PROGRAM.match(text) or _RUN.fullmatch(text)
    return found["file"] if found else None


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _read(call: ast.AST) -> ast.Constant | None:
    if not isinstance(call, ast.Call):
        return None
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        made = call.func.value
        if name in _PATH_READERS and isinstance(made, ast.Call) and name_of(made.func) == "Path":
            return None if name == "open" and writes(call, 0) else _literal(made, _FILE)
    else:
        name = name_of(call.func)
    if name in _FOLDERS:
        return _literal(call, _FOLDER)
    if not _READERS.fullmatch(name) or (name == "open" and writes(call)):
        return None
    return _literal(call, _FILE)


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
