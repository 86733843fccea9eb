"""Requirements from the imports of a script.

What counts: every import that the script would run, in functions too. Not: the standard
library, relative imports, ``if TYPE_CHECKING``, and imports that may fail because an
``except ImportError`` deals with it. Of two alternatives the first counts.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_STANDARD = sys.stdlib_module_names | {"__main__", "annotationlib", "compression", "tomllib"}
"""The kernel's standard library, and what came with later Pythons (until 3.14)."""

_NAMESPACES = {"google.cloud": 3, "google": 2, "azure.ai": 3, "azure.mgmt": 3, "azure.storage": 3, "azure": 2}
"""Packages that many distributions share, and how many parts of a module's name make the name of
its distribution: Google and Azure document ``google.cloud.storage`` as ``google-cloud-storage``."""


@dataclass(frozen=True)
class Kernel:
    """What the kernel knows of its own packages."""

    distributions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Distributions by import name, as ``importlib.metadata.packages_distributions`` has them;
    names with dots tell the parts of a namespace package apart."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Installed version by distribution."""
    local: frozenset[str] = frozenset()
    """Import names that are files or folders beside the notebook, not packages."""
    table: Mapping[str, str] = field(default_factory=dict)
    """A published mapping of import names to distributions, for what is not installed."""


@dataclass(frozen=True)
class InferredRequirement:
    """A requirement that nobody wrote down, and where it comes from."""

    requirement: str
    """PEP 508."""
    module: str
    """What the script imports; for a line of pip, the line."""
    line: int
    """Line of the script."""
    source: str
    """How the name was found: "kernel", "table", "import name", "pip"."""

    def __str__(self) -> str:
        """Say it in a clause, for the plan and the Details tab."""
        how = {
            "kernel": f"import {self.module}, by the kernel's packages",
            "table": f"import {self.module}, by the published table of names",
            "pip": self.module,
        }
        return f"{self.requirement} (line {self.line}: {how.get(self.source, f'import {self.module}')})"


@dataclass(frozen=True)
class Import:
    """A module that the script needs."""

    module: str
    """With its dots; ``from a import b`` gives ``a.b`` where only that tells the distribution."""
    line: int
    """Where it is first imported."""


def find_imports(tree: ast.AST) -> tuple[Import, ...]:
    """List the modules a script cannot run without, each once, in order of lines."""
    found: dict[str, int] = {}
    for module, line in _walk(tree):
        found[module] = min(line, found.get(module, line))
    return tuple(Import(module, line) for module, line in sorted(found.items(), key=lambda item: (item[1], item[0])))


def infer(
    modules: Sequence[Import], *, kernel: Kernel, pin: bool = False, without: Sequence[str] = ()
) -> tuple[InferredRequirement, ...]:
    """Name the distributions of what a script imports.

    Parameters
    ----------
    modules
        What `find_imports` found.
    kernel
        What is installed here, which is what the author means; its table comes next.
    pin
        Require the versions installed in the kernel, where it has one.
    without
        Names of distributions that are declared already.
    """
    seen = {canonicalize_name(name) for name in without}
    found: list[InferredRequirement] = []
    for item in modules:
        if is_local(item, kernel):
            continue
        name, module, source = _distribution(item.module, kernel)
        key = canonicalize_name(name)
        if key not in seen:
            seen.add(key)
            found.append(InferredRequirement(name + (_pinned(key, kernel) if pin else ""), module, item.line, source))
    return tuple(found)


def is_local(module: Import, kernel: Kernel) -> bool:
    """Whether a module is a file of the notebook's folder, for which no index may be asked."""
    return module.module.partition(".")[0] in kernel.local


def _distribution(module: str, kernel: Kernel) -> tuple[str, str, str]:
    parts = module.split(".")
    for count in range(len(parts), 0, -1):
        prefix = ".".join(parts[:count])
        offered = kernel.distributions.get(prefix)
        # A shared top name alone says nothing: `google` is a folder of fifty distributions.
        if offered and (count > 1 or prefix not in _NAMESPACES):
            return _nearest(prefix, offered), prefix, "kernel"
        if prefix in _NAMESPACES and len(parts) > count:
            shared = ".".join(parts[: _NAMESPACES[prefix]])
            if shared not in _SHARED_BUT_NAMED:
                return shared.replace(".", "-").replace("_", "-"), shared, "import name"
        if prefix in kernel.table:
            return kernel.table[prefix], prefix, "table"
    return parts[0], parts[0], "import name"


_SHARED_BUT_NAMED = frozenset({"google.protobuf"})
"""Parts of a shared package whose distribution the published table has."""


def _nearest(module: str, offered: Sequence[str]) -> str:
    wanted = canonicalize_name(module.replace(".", "-"))
    return next((name for name in offered if canonicalize_name(name) == wanted), offered[0])


def _pinned(name: str, kernel: Kernel) -> str:
    versions: dict[str, str] = {canonicalize_name(key): value for key, value in kernel.versions.items()}
    try:
        version = Version(versions[name])
    except (KeyError, InvalidVersion):
        return ""
    # No index has development versions or local ones such as 2.4.0+cu121.
    return "" if version.is_devrelease else f"=={version.public}"


def _walk(node: ast.AST) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, node.lineno) for alias in node.names if _counts(alias.name))
    elif isinstance(node, ast.ImportFrom):
        if node.level == 0 and node.module and _counts(node.module):
            yield from _from(node.module, node)
    elif isinstance(node, ast.If) and _is_type_checking(node.test):
        yield from _all(node.orelse)
    elif isinstance(node, ast.Try) and (handlers := [item for item in node.handlers if _for_imports(item)]):
        yield from _try(node, handlers)
    else:
        yield from _all(ast.iter_child_nodes(node))


def _all(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    for node in nodes:
        if isinstance(node, (ast.stmt, ast.ExceptHandler, ast.match_case)):  # no expression holds an import
            yield from _walk(node)


def _from(module: str, node: ast.ImportFrom) -> Iterator[tuple[str, int]]:
    if module in _NAMESPACES:  # `from google.cloud import storage`: the name is the distribution's
        yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names if alias.name != "*")
    else:
        yield module, node.lineno


def _try(node: ast.Try, handlers: Sequence[ast.ExceptHandler]) -> Iterator[tuple[str, int]]:
    optional = not any(_has(item, (ast.Import, ast.ImportFrom, ast.Raise)) for item in handlers)
    if not optional:
        yield from _all(node.body)
    yield from _all([item for item in node.handlers if item not in handlers])
    if not optional:
        yield from _all(node.orelse)
    yield from _all(node.finalbody)


def _for_imports(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {getattr(kind, "id", None) for kind in kinds}
    if names & {"ImportError", "ModuleNotFoundError"}:
        return True
    # Whoever catches everything and imports something else means the same.
    return (handler.type is None or "Exception" in names) and _has(handler, (ast.Import, ast.ImportFrom))


def _has(handler: ast.ExceptHandler, kinds: tuple[type[ast.AST], ...]) -> bool:
    return any(isinstance(node, kinds) for item in handler.body for node in ast.walk(item))


def _is_type_checking(test: ast.expr) -> bool:
    return getattr(test, "id", getattr(test, "attr", None)) == "TYPE_CHECKING"


def _counts(module: str) -> bool:
    return module.partition(".")[0] not in _STANDARD
