"""Texts in code that look like secrets: in a body, a default, a class, or what a decorator is given."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.options.secret_text import has_secret, is_secret_in_code, secret_variable
from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class SecretText:
    """A text of code that should not be written anywhere."""

    line: int
    """Line of the code."""
    name: str
    """What the code calls it; empty where it has no name."""
    variable: str
    """The environment variable that should hold it."""


def find_secret_text(tree: ast.AST) -> SecretText | None:
    """Find the first text of code that looks like a secret, by itself or by what it is called."""
    found = [
        SecretText(line, name, secret_variable([name], text))
        for name, text, line in _texts(tree)
        if is_secret_in_code(name, text)
    ]
    return min(found, key=lambda item: (item.line, not item.name), default=None) or _of_code(tree)


def find_secret_comment(text: str) -> SecretText | None:
    """Find the first line of code with what begins as a token behind a ``#``."""
    comments = enumerate((line.partition("#")[2] for line in text.splitlines()), 1)
    line = next((line for line, comment in comments if has_secret(comment)), None)
    return SecretText(line, "", secret_variable([], "")) if line else None


def _texts(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    """Yield every text with its name and its line, and once more without a name."""
    for node in ast.walk(tree):
        pairs: Iterable[tuple[str, ast.AST]] = (*_pairs(node), ("", node))
        for name, value in pairs:
            for inner in [value, *getattr(value, "elts", ())] if name else [value]:
                if isinstance(inner, ast.Constant) and isinstance(inner.value, (str, bytes)):
                    text = inner.value if isinstance(inner.value, str) else inner.value.decode("latin-1")
                    yield name, text, inner.lineno


def _pairs(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield what a node calls a value, and the value."""
    if isinstance(node, ast.Assign):
        yield from ((_name(target), node.value) for target in node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield _name(node.target), node.value
    elif isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.Dict):
        yield from ((_name(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.arguments):
        every = [*node.posonlyargs, *node.args]
        named = [*every[len(every) - len(node.defaults) :], *node.kwonlyargs]
        defaults = zip(named, (*node.defaults, *node.kw_defaults), strict=True)
        yield from ((item.arg, value) for item, value in defaults if value is not None)
    elif isinstance(node, ast.Compare):
        yield _name(node.left), node.comparators[0]
    elif isinstance(node, ast.Call) and len(node.args) > 1:  # os.environ.setdefault("HF_TOKEN", "…")
        yield text_of(node.args[0]), node.args[1]


def _name(node: ast.expr | None) -> str:
    if isinstance(node, ast.Subscript):
        return text_of(node.slice)
    return text_of(node) or name_of(node)


def _of_code(tree: ast.AST) -> SecretText | None:
    """Look at what the compiler makes of texts that are put together: ``"hf_" + "…"``."""
    try:
        code = compile(ast.unparse(tree), "<code>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return None
    text = next((text for text in _constants(code) if has_secret(text)), None)
    return SecretText(getattr(tree, "lineno", 1), "", secret_variable([], text)) if text else None


def _constants(code: types.CodeType) -> Iterator[str]:
    within: list[object] = [code]
    while within:
        one = within.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, (tuple, frozenset)):
            within.extend(one)
        elif hasattr(one, "co_consts"):
            within.extend(one.co_consts)
