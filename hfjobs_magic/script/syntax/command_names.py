"""Names in the text of a magic or a command: ``%time fit(x)``, ``!echo {lr} $name``."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVALUATED = frozenset({"time", "timeit", "prun", "memit", "mprun", "lprun"})
"""Magics whose line is Python, behind their options."""

_RUN = frozenset({"time", "prun"})
"""Those of them that run it in the notebook's own names: ``%time x = f()`` sets x."""

_SHOWN = frozenset({"pdef", "pdoc", "pfile", "pinfo", "pinfo2", "psource"})
"""Magics that say what a name is: ``fit?`` is ``%pinfo fit``."""

_PLACE = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})|(?<!\$)\$(\w+)")


def is_shell(node: ast.expr) -> bool:
    """Whether an expression is ``get_ipython()``."""
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "get_ipython"


def in_magic(node: ast.Call) -> Iterator[tuple[str, Literal["certain", "likely", "possible"]]]:
    """Names in the text of a magic or a command, as `get_ipython().run_line_magic("time", "fit(x)")` has them."""
    words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if not words or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr == "run_line_magic" and words[0] in _EVALUATED and len(words) > 1:
        for name in _names_in(_without_options(words[1])):
            yield name, "certain"
    elif node.func.attr == "run_line_magic" and words[0] in _SHOWN and len(words) > 1:
        name = words[1].strip().partition(".")[0]
        if name.isidentifier():
            yield name, "possible"  # of another IPython says that there is none
    else:
        for name in _expand(words[-1]):
            yield name, "likely"


def find_set(node: ast.Call) -> set[str]:
    """Return the names that the text of a magic sets, for a call as `in_magic` takes it."""
    words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(words) < 2 or getattr(node.func, "attr", "") != "run_line_magic" or words[0] not in _RUN:
        return set()
    try:
        tree = ast.parse(_without_options(words[1]))
    except SyntaxError:
        return set()
    inner = {part for one in ast.walk(tree) if isinstance(one, ast.comprehension) for part in ast.walk(one.target)}
    found = {one.id for one in ast.walk(tree) if _is_stored(one) and one not in inner}  # type: ignore[attr-defined]
    return found | {(one.asname or one.name).partition(".")[0] for one in ast.walk(tree) if isinstance(one, ast.alias)}


def _is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def may_set_unseen(tree: ast.AST) -> bool:
    """Whether code runs other code, by ``exec`` or ``%run``, that may set names of its own."""
    return any(
        getattr(node, "id", "") == "exec"
        or (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", "") == "run_line_magic"
            and [getattr(one, "value", "") for one in node.args[:1]] == ["run"]
        )
        for node in ast.walk(tree)
    )


def _without_options(line: str) -> str:
    """Leave what a magic evaluates of ``-n 10 -q fit(x)``."""
    return re.sub(r"^\s*(?:-\w+(?:\s+\d+)?\s+)*", "", line)


def _names_in(code: str) -> set[str]:
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)} - {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _expand(text: str) -> Iterator[str]:
    """Names that IPython puts values of into a command: ``{expression}`` and ``$name``."""
    for found in _PLACE.finditer(text):
        yield from _names_in(f'f"""{{{found[1]}}}"""') if found[1] else ({found[2]} if found[2].isidentifier() else ())
