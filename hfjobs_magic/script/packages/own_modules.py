"""Modules that a cell makes or fetches itself, and folders that it puts on the path."""

from __future__ import annotations

import ast
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE = re.compile(r"(?<![\w.-])([A-Za-z_]\w*)\.py(?!\w)")
_CLONES = re.compile(r"\bgit\s+clone\b")
_CLONE = re.compile(r"\bgit\s+clone\b[^\n;&|]*?([\w.-]+?)(?:\.git)?/?\s*(?:$|[;&|\n])")
"""The folder that a clone makes is the last word, or the end of it."""

_FETCHERS = frozenset({"snapshot_download", "clone_from", "Repository"})
_FOLDERS = frozenset({"local_dir", "to_path"})
"""Arguments that say where."""

_PATH_CALLS = frozenset({"append", "insert", "extend"})


def find_own_files(tree: ast.AST) -> frozenset[str]:
    """Return names of modules whose files a script's texts and commands name.

    It writes them (``open("helper.py", "w")``) or fetches them (``!wget …/helper.py``), or the folder that they are:
    ``!git clone …/helper``, ``snapshot_download(…, local_dir="helper")``.
    """
    named = {name for text in _texts(tree) for name in (*_FILE.findall(text), *_CLONE.findall(text))}
    folders = {
        PurePath(text_of(word.value)).name
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for word in node.keywords
        if word.arg in _FOLDERS
    }
    return frozenset(named | folders)


def fetches_modules(tree: ast.AST) -> bool:
    """Whether a script fetches a folder, and then goes there or puts it on the path: what it imports may be of it.

    No index is to be asked for such a name: it may have a package of that name, which is another one.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    goes = any(name_of(call.func) == "chdir" or _is_cd(call) for call in calls)
    fetches = any(name_of(call.func) in _FETCHERS or _CLONES.search(" ".join(_texts(call))) for call in calls)
    return fetches and (goes or any(True for _ in _path_changes(tree)))


def _is_cd(call: ast.Call) -> bool:
    return name_of(call.func) == "run_line_magic" and bool(call.args) and text_of(call.args[0]) in {"cd", "pushd"}


def find_path_folders(tree: ast.AST) -> tuple[str, ...]:
    """Return folders that a script adds to ``sys.path``, as far as they are written out.

    ``os.path.join(os.getcwd(), "a", "b")`` and ``Path("a") / "b"`` are ``a/b``.
    """
    found = [str(PurePath(*texts)) for change in _path_changes(tree) if (texts := [*_texts(change)])]
    return tuple(dict.fromkeys(found))


def changes_path(tree: ast.AST) -> bool:
    """Whether a script can import from a folder that only it knows: of ``sys.path``, or of a repository it clones."""
    return any(True for _ in _path_changes(tree)) or any(map(_CLONES.search, _texts(tree)))


def _path_changes(tree: ast.AST) -> Iterator[ast.Call | ast.expr]:
    """Yield calls that change ``sys.path``, and what is assigned to it or a part of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_method = node.func.attr in _PATH_CALLS and _is_path(node.func.value)
            if is_method or node.func.attr == "addsitedir":
                yield node
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_is_path(item.value if isinstance(item, ast.Subscript) else item) for item in targets):
                yield node.value


def _is_path(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "path" and getattr(node.value, "id", "") == "sys"


def _texts(tree: ast.AST) -> Iterator[str]:
    """Yield texts in the order of the code."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.value
    for node in ast.iter_child_nodes(tree):
        yield from _texts(node)
