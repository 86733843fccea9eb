"""What a script imports, and what it can run without.

Every import that the script would run counts, in functions too. Not the standard library, relative imports,
``if TYPE_CHECKING`` and dead branches. What is guarded is optional: by ``except ImportError``, by a bare ``except``, by
``find_spec`` or by the platform. Of two alternatives, the one that the kernel has counts.
"""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.branches import list_branches
from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

STANDARD = sys.stdlib_module_names | {"__main__", "annotationlib", "compression", "tomllib"}
"""The kernel's standard library, and what came with later Pythons (until 3.14)."""

SHARED = frozenset(
    {
        *("google", "google.cloud", "azure", "azure.ai", "azure.mgmt", "azure.storage", "azure.cognitiveservices"),
        *("opentelemetry", "ruamel", "snowflake", "databricks", "pyannote", "autogluon", "llama_index", "zope"),
        *("jaraco", "backports", "keyrings", "aspose", "azureml", "anemoi", "botbuilder"),
    }
)
"""Packages that many distributions share: in ``from google.cloud import storage`` the name tells which one."""

_BROAD = {"", "Exception", "BaseException"}
_IMPORT_ERRORS = {"ImportError", "ModuleNotFoundError"}
_EXITS = {"exit", "quit", "_exit", "SystemExit"}
_PROBES = re.compile(
    r"_?find_(?:spec|loader)|import_or_none|has|\w+_(?:available|installed|exists)|"
    r"_?(?:is|has|have|check|can)_?(?:\w*_)?(?:available|installed|exists?|import\w*|module|package|lib|library)"
)
"""Functions that say whether a module is there; people write ``has("x")`` and ``is_installed("x")`` themselves."""

_PLATFORM = {"platform", "system", "name", "machine", "processor", "uname", "mac_ver"}
_STATEMENTS = (ast.stmt, ast.ExceptHandler, ast.match_case)


MAX_WRITTEN = 60
"""Characters of a ``from … import …`` that are repeated; of a longer one its first name is."""


@dataclass(frozen=True)
class Import:
    """A module that a script imports."""

    module: str
    """With its dots; ``from a import b`` gives ``a.b`` where only that tells the distribution."""
    line: int
    """Where it is first imported."""
    optional: bool = False
    """Whether the script can run without it."""
    within: str = ""
    """The module of this machine that imports it, which the script imports; empty for the script itself."""
    written: str = field(default="", compare=False)
    """The statement, ``from a import b``; empty for ``import a`` and for a call."""

    @property
    def top(self) -> str:
        """The first part of the name."""
        return self.module.partition(".")[0]


def find_imports(tree: ast.AST, available: Callable[[str], bool] = lambda _: False) -> tuple[Import, ...]:
    """Return the modules that a script imports, each once, in order of lines.

    Parameters
    ----------
    tree
        The parsed script.
    available
        Whether the kernel has a module; decides between alternatives.
    """
    found: dict[str, Import] = {}
    for item in _Finder(tree, available).walk(tree):
        known = found.get(item.module)
        first = known if known and known.line <= item.line else item
        found[item.module] = replace(first, optional=item.optional and (known is None or known.optional))
    return tuple(sorted(found.values(), key=lambda item: (item.line, item.module)))


class _Finder:
    """One walk through a script."""

    def __init__(self, tree: ast.AST, available: Callable[[str], bool]) -> None:
        self._available = available
        self._find_probes = {text for node in ast.walk(tree) for text in _find_probes(node)}
        """Modules that the script asks for before it imports them."""

    def walk(self, node: ast.AST, *, optional: bool = False, branch: bool = False) -> Iterator[Import]:
        """Yield the imports below a node.

        Parameters
        ----------
        node
            Where to look.
        optional
            Whether what is there is guarded.
        branch
            Whether it is in a branch that may not run.
        """
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in _names(node):
                guarded = branch and bool({name, name.partition(".")[0]} & self._find_probes)
                written = _write(node) if isinstance(node, ast.ImportFrom) else ""
                yield Import(name, node.lineno, optional or guarded, written=written)
        elif isinstance(node, ast.If):
            yield from self._if(node, optional=optional)
        elif isinstance(node, ast.Try):
            yield from self._try(node, optional=optional, branch=branch)
        else:
            guarded = isinstance(node, ast.With) and any(_suppresses(item.context_expr) for item in node.items)
            yield from self._all(ast.iter_child_nodes(node), optional=optional or guarded, branch=branch)
            yield from self._calls(node, optional=optional)

    def _calls(self, statement: ast.AST, *, optional: bool) -> Iterator[Import]:
        """Yield what the expressions of a statement import by a call."""
        for child in ast.iter_child_nodes(statement):
            for node in () if isinstance(child, _STATEMENTS) else ast.walk(child):
                if name := _dynamic(node):
                    guarded = bool({name, name.partition(".")[0]} & self._find_probes)
                    yield Import(name, getattr(node, "lineno", 0), optional or guarded)

    def _all(self, nodes: Iterable[ast.AST], *, optional: bool, branch: bool) -> Iterator[Import]:
        for node in nodes:
            if isinstance(node, _STATEMENTS):  # an expression imports by a call only
                yield from self.walk(node, optional=optional, branch=branch)

    def _if(self, node: ast.If, *, optional: bool) -> Iterator[Import]:
        test = node.test
        optional = optional or _is_about_platform(test) or _is_availability(test)
        yield from self._all(list_branches(node), optional=optional, branch=True)

    def _try(self, node: ast.Try, *, optional: bool, branch: bool) -> Iterator[Import]:
        catching = [item for item in node.handlers if _catches(item, _IMPORT_ERRORS | _BROAD)]
        others = [item for item in node.handlers if item not in catching]
        body: Sequence[ast.AST] = [*node.body, *node.orelse]
        if not catching or any(map(_gives_up, catching)):
            yield from self._all([*body, *catching], optional=optional, branch=branch)
        elif instead := [*self._all(catching, optional=optional, branch=branch)]:
            first = [*self._all(body, optional=optional, branch=branch)]
            yield from instead if self._has(instead) and not self._has(first) else first
        else:
            certain = any(_catches(item, _IMPORT_ERRORS) for item in catching)
            for item in self._all(body, optional=optional, branch=branch):
                # Whoever catches everything may have had something else in mind.
                yield item if not certain and self._has([item]) else replace(item, optional=True)
        yield from self._all([*others, *node.finalbody], optional=optional, branch=branch)

    def _has(self, items: Sequence[Import]) -> bool:
        return all(item.top in STANDARD or self._available(item.module) for item in items)


def is_standard(module: str) -> bool:
    """Whether a module belongs to Python itself."""
    return module.partition(".")[0] in STANDARD


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.level or not node.module:
        return []
    if node.module in SHARED:
        return [f"{node.module}.{alias.name}" for alias in node.names if alias.name != "*"]
    return [node.module]


def _write(node: ast.ImportFrom) -> str:
    """Write a statement, in a line that a sentence can hold."""
    text = ast.unparse(node)
    return text if len(text) <= MAX_WRITTEN else f"{text.partition(',')[0]}, …"


def _dynamic(node: ast.AST | None) -> str | None:
    """Return the module of ``importlib.import_module("x")``, ``__import__("x")`` or ``import_module(".x", "y")``."""
    if not isinstance(node, ast.Call) or name_of(node.func) not in {"import_module", "__import__"}:
        return None
    texts = [*_texts(node.args[:1])]
    if texts and texts[0].startswith("."):
        package = [*_texts([*node.args[1:2], *(word.value for word in node.keywords if word.arg == "package")])]
        texts = [package[0] + texts[0]] if package and texts[0].count(".", 0, 2) == 1 else []
    return texts[0] if texts and texts[0] else None


def _find_probes(node: ast.AST) -> Iterator[str]:
    """Yield names in ``find_spec("x")``, ``is_installed("x")`` and ``"x" in sys.modules``."""
    if isinstance(node, ast.Call) and _PROBES.fullmatch(name_of(node.func)):
        yield from _texts(node.args[:1])
    elif isinstance(node, ast.Compare) and any(name_of(item) == "modules" for item in node.comparators):
        yield from _texts([node.left])


def _texts(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _catches(handler: ast.ExceptHandler, names: set[str]) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name_of(kind) in names for kind in kinds)


def _gives_up(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises or exits."""
    return any(
        isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and name_of(node.func) in _EXITS)
        for item in handler.body
        for node in ast.walk(item)
    )


def _suppresses(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and name_of(node.func) == "suppress"
        and any(name_of(item) in _IMPORT_ERRORS | _BROAD for item in node.args)
    )


def _is_about_platform(test: ast.expr) -> bool:
    """Whether a test asks for the machine: ``sys.platform``, ``os.name``, ``platform.system()``, ``backends.mps``."""
    return any(
        isinstance(node, ast.Attribute)
        and ((node.attr in _PLATFORM and name_of(node.value) in {"sys", "os", "platform"}) or node.attr == "mps")
        for node in ast.walk(test)
    )


def _is_availability(test: ast.expr) -> bool:
    """Whether a test is one of transformers' and its siblings' ``is_torch_available()``."""
    names = (name_of(node.func) for node in ast.walk(test) if isinstance(node, ast.Call))
    return any(re.fullmatch(r"is_\w+_available", name) for name in names)
