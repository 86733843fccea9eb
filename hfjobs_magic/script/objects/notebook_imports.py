"""Modules, and what is imported from them, as the import lines that give them in the job."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable, Sequence

_SAME = {"posixpath": "os.path", "ntpath": "os.path"}
"""Modules whose own name is another on another system."""


def of_module(name: str, module: types.ModuleType, chains: Iterable[str]) -> str | None:
    """Give the lines that import a module as `name`; None for one that no import finds.

    Parameters
    ----------
    chains
        What the code has behind the name: ``urllib.request.urlopen`` needs ``import urllib.request``.
    """
    own = _SAME.get(module.__name__, module.__name__)
    if sys.modules.get(own) is not module:
        return None
    if name != own.partition(".")[0]:
        return f"import {own} as {name}\n"
    found = {own} | {prefix for chain in chains for prefix in _prefixes(name, chain) if prefix in sys.modules}
    # The longest imports what is above it.
    return "".join(
        f"import {item}\n" for item in sorted(found) if not any(other.startswith(f"{item}.") for other in found)
    )


def _prefixes(name: str, chain: str) -> list[str]:
    parts = chain.split(".")
    return [".".join([name, *parts[:count]]) for count in range(1, len(parts) + 1)]


def of_import(name: str, value: Any, history: Sequence[str]) -> str | None:
    """Give the line that imports a value from its module as `name`; None where there is no such line.

    The lines of the notebook come first, newest of them first: they name the module that the library wants named.
    """
    for module, attribute in (*_find_imports(name, history), *find_origins(value)):
        if getattr(sys.modules.get(module), attribute, _NONE) is value:
            return f"from {module} import {attribute}{f' as {name}' if name != attribute else ''}\n"
    return None


_NONE = object()


def _find_imports(name: str, history: Sequence[str]) -> Iterable[tuple[str, str]]:
    for text in reversed(history):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    if name in {alias.asname, alias.name} or alias.name == "*":
                        yield node.module, name if alias.name == "*" else alias.name


def find_origins(value: Any) -> Iterable[tuple[str, str]]:
    """Yield modules that may have a value, the shortest first, and what they call it."""
    module, attribute = getattr(value, "__module__", None), getattr(value, "__name__", None)
    if not isinstance(module, str) or not isinstance(attribute, str) or module == "__main__":
        return
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        yield ".".join(parts[:count]), attribute


def gives(star: str, name: str) -> bool:
    """Whether ``from star import *`` may define a name; of a module that is not loaded here, nobody knows."""
    module = sys.modules.get(star)
    if module is None:
        return True
    public = getattr(module, "__all__", None)
    return name in public if public is not None else hasattr(module, name) and not name.startswith("_")
