"""Where the expressions of a text begin and end: braces with Python in them, braces with data, ``$name``."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from hfjobs_magic.options.expressions import Expression, Unreadable, Variable

if TYPE_CHECKING:
    from hfjobs_magic.options.expressions import Part

_SPLIT = re.compile(r"(?:!(?P<conversion>[rsa])(?=:|\Z))|(?P<colon>:)")
_STRING = re.compile(r"'(?:\\.|[^\\'])*'|\"(?:\\.|[^\\\"])*\"", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")
_OPENED = re.compile(r"\{\s*[^\W\d]\w*")
_DOLLAR = re.compile(r"\$(?:[^\W\d]\w*(?:\.[^\W\d]\w*)*|\{[^\W\d]\w*(?:\.[^\W\d]\w*)*\})")


def read_braces(content: str, written: str, *, dollars: bool = True) -> list[Part]:
    r"""Return what braces hold as parts: an expression, or text that may hold expressions.

    JSON, dicts with constant keys, and numbers alone (``{"a": 1}``, ``{}``, ``\d{2,3}``) are text.

    Parameters
    ----------
    content
        What is between the braces.
    written
        The same with its braces, as it is on the line.
    dollars
        Whether ``$name`` is a variable in text.
    """
    text = ["{", *read_text(content, dollars=dollars), "}"]
    if not content.strip() or _is_data(content):
        return text
    for at, conversion, rest in _splits(content):
        source = content[:at].strip()
        if _parses(source):
            return [Expression(written, source, conversion, tuple(read_text(rest)))]
    return [Unreadable(written)] if _NAME.search(content) else text


def read_text(text: str, *, dollars: bool = True) -> list[Part]:
    """Return text without shell quoting as parts; see `read_braces`."""
    parts: list[Part] = []
    at = 0
    while at < len(text):
        more, at = read_sign(text, at, dollars=dollars)
        parts += more
    return parts


def read_sign(text: str, at: int, *, dollars: bool = True) -> tuple[list[Part], int]:
    """Return the parts that begin at a place, a brace, a dollar sign or one other character, and where they end."""
    two = text[at : at + 2]
    if two in {"{{", "}}"} or (two == "$$" and dollars):
        return [two[0]], at + 2
    if text[at] == "{":
        end = closing_brace(text, at)
        if end is None:
            return read_unclosed(text, at)
        return read_braces(text[at + 1 : end], text[at : end + 1], dollars=dollars), end + 1
    if text[at] == "$" and dollars and (found := _DOLLAR.match(text, at)):
        return [Variable(found[0])], found.end()
    return [text[at]], at + 1


def read_unclosed(text: str, at: int) -> tuple[list[Part], int]:
    """Return the parts of a brace that nothing closes, and where they end."""
    opened = _OPENED.match(text, at)
    return ([Unreadable(opened[0])], opened.end()) if opened else (["{"], at + 1)


def closing_brace(text: str, at: int) -> int | None:
    """Return the index of the brace that closes the one at `at`, Python's strings skipped; None where none does."""
    return _closing(text, at, skip_strings=True) or _closing(text, at, skip_strings=False)


def _closing(text: str, at: int, *, skip_strings: bool) -> int | None:
    depth = 0
    while at < len(text):
        if skip_strings and text[at] in "'\"":
            string = _STRING.match(text, at)
            if string is None:
                return None
            at = string.end()
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
        at += 1
    return None


def _splits(content: str) -> list[tuple[int, str, str]]:
    """Return every way to read ``source!r:format``: where the source ends, the conversion and the format."""
    ways = [(len(content), "", "")]
    for found in _SPLIT.finditer(content):
        rest = content[found.end() :]
        ways.append((found.start(), found["conversion"] or "", rest.removeprefix(":") if found["conversion"] else rest))
    return ways


def _is_data(content: str) -> bool:
    tree = parse_expression("{" + _without_braces(content) + "}")
    if isinstance(tree, ast.Dict):
        return all(isinstance(key, ast.Constant) for key in tree.keys)
    return isinstance(tree, ast.Set) and all(_is_number(item) for item in tree.elts)


def _without_braces(content: str) -> str:
    """Return content with a number in place of inner braces, which are read on their own."""
    kept: list[str] = []
    at = 0
    while at < len(content):
        string = _STRING.match(content, at)
        end = closing_brace(content, at) if content[at] == "{" else None
        kept.append("0" if end is not None else string[0] if string else content[at])
        at = end + 1 if end is not None else string.end() if string else at + 1
    return "".join(kept)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)


def _parses(source: str) -> bool:
    return parse_expression(source) is not None


def parse_expression(source: str) -> ast.expr | None:
    """Return what Python makes of an expression; None where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
