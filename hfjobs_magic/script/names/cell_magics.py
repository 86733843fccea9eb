"""Magics that only the notebook has: of its earlier cells, of its kernel, and of extensions that it has loaded."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_OF_NOTEBOOK = {
    **dict.fromkeys(("hist", "history"), "shows earlier cells, and a job has none"),
    **dict.fromkeys(("macro", "recall", "rep", "rerun"), "runs earlier cells again, and a job has none"),
    **dict.fromkeys(("notebook", "save"), "writes earlier cells to a file, and a job has none"),
    "store": "keeps variables on this machine. Use it in a cell of its own, and what it gives comes along",
    **dict.fromkeys(("hfjob", "hfjobs"), "is for the notebook. Put it into a cell of its own"),
}
"""Magics that are of no use in a job, and why."""

_LOADS = frozenset({"load_ext", "reload_ext", "run", "register_line_magic", "register_cell_magic", "register_magics"})
"""What may give the job magics that are not known here."""


def find_lost_magics(tree: ast.Module, text: str, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence about each magic that surely runs, works in the notebook and not in a job.

    Parameters
    ----------
    tree, text
        The cell: as a tree, and as it was written.
    namespace
        The notebook's names, of which ``get_ipython`` gives its shell.
    """
    get_shell = namespace.get("get_ipython")
    shell = get_shell() if callable(get_shell) else None
    if shell is None:
        return
    loads = any(name_of(node) in _LOADS or text_of(node) in _LOADS for node in ast.walk(tree))
    for line, kind, name in (*_find_line_magics(tree), *_find_cell_magic(text)):
        sign = "%" * (1 + (kind == "cell"))
        why = _OF_NOTEBOOK.get(name) or ("" if loads else _describe_origin(shell, kind, name))
        if why:
            yield f"Line {line} has {sign}{name}, which {why}."


def _find_line_magics(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in tree.body:
        call = getattr(node, "value", None)
        if isinstance(call, ast.Call) and name_of(call.func) == "run_line_magic" and call.args:
            yield node.lineno, "line", text_of(call.args[0])


def _find_cell_magic(text: str) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(split_lines(text), 1):
        if line.strip() and not line.startswith("#"):
            if found := re.match(r"%%\s*(\w+)", line):
                yield number, "cell", found[1]
            return


def _describe_origin(shell: Any, kind: str, name: str) -> str:
    """Return the clause for a magic that IPython has not by itself; empty for its own, and for what nobody knows."""
    function = shell.magics_manager.magics[kind].get(name)
    module = getattr(function, "__module__", None) or ""
    if module.startswith("IPython.core."):
        return ""
    if module == "__main__":
        return "a cell of the notebook has registered. Register it in this cell, too"
    if module.partition(".")[0] == "ipykernel":
        return "only the kernel of a notebook has. Take it out"
    parts = module.split(".")
    loaded = [one for one in shell.extension_manager.loaded if module and one.split(".")[-1] in parts]
    if not loaded:
        return ""
    extension = min(loaded, key=len).removeprefix("IPython.extensions.")
    return f"an extension gives that the notebook has loaded. Add `%load_ext {extension}` above it"
