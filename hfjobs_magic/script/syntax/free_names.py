"""Names that a piece of code uses and does not define.

Which names of a function, class or comprehension are global is what the compiler's own `symtable` says; so ``global``,
comprehensions, ``match``, type parameters and whatever a later Python adds are right by construction. In which order
the code at the top level runs is read off the syntax tree. (pyflakes would tell undefined names, too, but it takes
every name that is ever declared ``global`` for defined, and a name that a loop sets below its use for undefined.)
"""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict
from dataclasses import dataclass

from hfjobs_magic.script.syntax.execution_order import Walk
from hfjobs_magic.script.syntax.scopes import FreeName, scopes

IPYTHON = frozenset({
    "In", "Out", "_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_exit_code", "get_ipython", "display",
    "exit", "quit",
})  # fmt: skip
"""What IPython gives to every cell, in the job, too."""

_MODULE = frozenset({
    "__name__", "__file__", "__doc__", "__builtins__", "__spec__", "__loader__", "__package__", "__annotations__",
    "__debug__", "__conditional_annotations__", "_dh",
})  # fmt: skip

_NEWER = frozenset(
    {"aiter", "anext", "EncodingWarning", "BaseExceptionGroup", "ExceptionGroup", "PythonFinalizationError"}
)
"""Builtins that came after Python 3.9: the job's own may have what the kernel's does not."""

BUILTIN = frozenset(dir(builtins)) | _NEWER

KNOWN = BUILTIN | IPYTHON | _MODULE
"""Names that are there though nobody defines them."""


@dataclass(frozen=True)
class Names:
    """What a piece of code has to do with names outside."""

    free: tuple[FreeName, ...]
    """In the order of their lines."""
    bound: frozenset[str]
    """Names that it defines at the top level."""
    stars: tuple[str, ...] = ()
    """Modules of ``from … import *``, any of which may define what seems free."""


def names_of(tree: ast.Module, text: str) -> Names:
    """Find the names that `text`, whose tree is `tree`, uses and does not define.

    Parameters
    ----------
    tree, text
        Plain Python: IPython's syntax turned into calls of ``get_ipython()``.

    Returns
    -------
    Names
        Builtins and IPython's own are among the free ones: a notebook may have a variable called ``input``.
    """
    walk = Walk(scopes(text))
    walk.block(tree.body)
    walk.finish()
    free = [item for item in walk.free.values() if item.name not in _MODULE]
    return Names(tuple(sorted(free, key=lambda item: (item.line, item.name))), frozenset(walk.bound), tuple(walk.stars))


def find_attributes(tree: ast.AST) -> dict[str, set[str]]:
    """Collect what follows a name after dots: ``urllib.request.urlopen(…)`` has "request.urlopen" under "urllib"."""
    found: dict[str, set[str]] = defaultdict(set)
    for node in ast.walk(tree):
        parts: list[str] = []
        inner: ast.AST = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if parts and isinstance(inner, ast.Name):
            found[inner.id].add(".".join(reversed(parts)))
    return dict(found)
