"""Python on a line: what stands behind ``-i NAME=`` and ``-o NAME=``, with its own quotes, braces and spaces."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.braces import parse_expression
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.values.table import NAMES

if TYPE_CHECKING:
    from collections.abc import Container

_HEAD = re.compile(r"(?P<flag>-[io]\s*|--(?:input|output)(?:=|\s+))(?P<name>[^\W\d]\w*)\s*=(?!=)\s*")
_END = re.compile(r"\s+(?=--|-[A-Za-z])|\s*\Z")
"""Where an expression may end: in front of an option, or with the line."""

_FORMAT = re.compile(rf":\s*(?:{'|'.join(NAMES)})\s*(?=,|\Z)")
_ONE_IN_BRACES = re.compile(r",\s*\}\Z")


def read_expression(line: str, at: int, names: Container[str]) -> tuple[str, str, int] | None:
    """Read an option with an expression at a place of a line.

    Parameters
    ----------
    line
        A magic's.
    at
        Where a word begins.
    names
        The notebook's.

    Returns
    -------
    tuple
        What stands in front of the expression, the expression with its format, and where it ends; None where there is
        no such option, or what it has is no Python: it is read as a shell would.

    Raises
    ------
    OptionError
        For what means one thing in Python and another on a line.

    >>> read_expression("-i x='a b' --wait", 0, ())
    ('-i x=', "'a b'", 10)
    """
    head = _HEAD.match(line, at)
    if head is None:
        return None
    start, flag = head.end(), "-i" if head["flag"].lstrip("-").startswith("i") else "-o"
    for end in (found.start() for found in _END.finditer(line, start)):
        text = line[start:end]
        source = text if (tree := _parse(text)) else _FORMAT.sub("", text)
        tree = tree or _parse(source)
        if tree is None:
            continue
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str) and source[0] in "'\"":
            # No job is needed for a text: its quotes are the line's, as a shell has them.
            if flag == "-o":
                return None
            _check_text(f"-i {head['name']}", source, tree.value, names)
        _check_braces(f"{flag} {head['name']}", source, tree)
        return f"{head['flag']}{head['name']}=", text, end
    return None


def split_together(text: str) -> list[str]:
    """Split ``df:parquet,n=len(df)`` into what each ``-i`` or ``-o`` has; empty where it is nothing of the kind."""
    front, equals, rest = text.partition("=")
    *plain, last = (part.strip() for part in front.split(","))
    tree = parse_expression(f"_({last}{equals}{_FORMAT.sub('', rest)})")
    if not isinstance(tree, ast.Call) or tree.args or not all(item.arg for item in tree.keywords):
        return []
    if len(tree.keywords) == 1:
        return [*plain, f"{last}={rest.strip()}"]
    return [*plain, *(f"{item.arg}={ast.unparse(item.value)}" for item in tree.keywords)]


def _parse(text: str) -> ast.expr | None:
    source = text.strip()
    if "#" in source and _has_comment(source):
        return None
    return parse_expression(source) if source else None


def _has_comment(source: str) -> bool:
    try:
        return any(token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return False  # no expression either


def _check_text(option: str, source: str, text: str, names: Container[str]) -> None:
    """Refuse a text that could be an expression in the quotes of a shell."""
    tree = parse_expression(text.strip())
    if tree is None:
        return
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.id for node in used if not isinstance(node.ctx, ast.Load)}
    free = {node.id for node in used} - bound
    is_builtin = isinstance(tree, ast.Name) and tree.id not in names
    if free and not is_builtin and all(name in names or hasattr(builtins, name) for name in free):
        raise OptionError(
            f"{option}={shorten(source)} could be that text or what it is the name of. "
            f"Write {option}={shorten(text)} for the value, or {option}=({shorten(source)}) for the text."
        )


def _check_braces(option: str, source: str, tree: ast.expr) -> None:
    """Refuse ``{n}``, which elsewhere on a line is the notebook's `n`, and in Python a set."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Set) or len(node.elts) != 1 or isinstance(node.elts[0], ast.Constant):
            continue
        written = ast.get_source_segment(source.strip(), node) or ""
        if _ONE_IN_BRACES.search(written) or isinstance(node.elts[0], ast.Starred):
            continue
        inner = ast.unparse(node.elts[0])
        quoted = '"' if "'" in source else "'"
        inside = f"{option}={inner}" if written == source.strip() else inner
        way = inside if option.startswith("-i") else f"-o {quoted}{option[3:]}={shorten(source)}{quoted}, in quotes,"
        raise OptionError(
            f"{option}={shorten(source)}: {written} could be the notebook's {inner} or a set. "
            f"Write {way} for the notebook's, or {{{inner},}} for a set."
        )
