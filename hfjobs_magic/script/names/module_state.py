"""What earlier cells have set in modules that the cell uses, such as a seed: that is no name, so it stays here."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hfjobs_magic.options.secret_text import has_secret
from hfjobs_magic.script.syntax.secret_texts import find_secret_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

SETTERS = frozenset({
    "random.seed", "random.setstate",
    "numpy.random.seed", "numpy.random.set_state", "numpy.set_printoptions", "numpy.seterr",
    "torch.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all", "torch.set_default_dtype",
    "torch.set_default_device", "torch.set_printoptions", "torch.use_deterministic_algorithms",
    "torch.set_num_threads", "torch.set_float32_matmul_precision",
    "tensorflow.random.set_seed", "transformers.set_seed", "jax.config.update",
    "pandas.set_option", "polars.Config.set_tbl_rows",
    "matplotlib.rc", "matplotlib.pyplot.rc", "matplotlib.style.use", "matplotlib.pyplot.style.use",
    "matplotlib.rcParams.update", "matplotlib.pyplot.rcParams.update",
    "seaborn.set", "seaborn.set_theme", "seaborn.set_style", "seaborn.set_context", "seaborn.set_palette",
    "decimal.setcontext", "locale.setlocale", "warnings.filterwarnings", "warnings.simplefilter",
    "logging.basicConfig", "sys.setrecursionlimit", "os.chdir", "socket.setdefaulttimeout",
})  # fmt: skip
"""Functions that change how their module works from then on."""

ENVIRONMENT = "os.environ"

_FUNCTIONS = "|".join(sorted({path.rpartition(".")[2] for path in SETTERS}))
_INTERESTING = re.compile(
    rf"\bimport\b|^\w+(?:\.\w+|\[.*\]|\(\))+\s*[-+*/|&]?=(?!=)|\b(?:{_FUNCTIONS})\(", re.MULTILINE
)
"""Without any of this a cell neither imports nor sets anything."""

_ASSIGNED = re.compile(r"^(\w+)\s*=(?!=)", re.MULTILINE)

MAX_QUOTE = 70
"""Characters of a statement that is repeated in a sentence."""

MAX_NOTES = 5
"""Statements that are told of, the newest ones."""


@dataclass(frozen=True)
class Setting:
    """A statement that sets something of a module."""

    path: str
    """What it sets: ``numpy.random.seed``."""
    text: str
    """Its source."""
    cell: int = 0
    """Number of its cell."""
    key: str = ""
    """Of an environment variable: its name."""


class Reader:
    """The cells of a notebook, in the order in which they ran."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._functions: dict[str, list[Setting]] = {}

    def may_change(self, text: str) -> bool:
        """Whether a cell can be of interest at all: most are not, and parsing hundreds takes a while."""
        helpers = (name for name, settings in self._functions.items() if settings)
        is_one = bool(_INTERESTING.search(text)) or any(name in text for name in helpers)
        return is_one or any(name in self._modules for name in _ASSIGNED.findall(text))

    def read(self, tree: ast.Module, text: str = "", cell: int = 0, *, inside: bool = False) -> Iterator[Setting]:
        """Yield what a cell sets at its top level, or with `inside` anywhere."""
        for node in ast.walk(tree):
            self._import(node)
        for statement in tree.body:
            if isinstance(statement, ast.FunctionDef):
                self._functions[statement.name] = [one for part in ast.walk(statement) for one in self._settings(part)]
        for node in ast.walk(tree) if inside else tree.body:
            for one in self._settings(node):
                yield replace(one, text=(text and ast.get_source_segment(text, node)) or "", cell=cell)

    def _import(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._modules.pop(node.id, None)  # it is something else from here on
        elif isinstance(node, ast.Import):
            for alias in node.names:
                self._modules[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                self._modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"

    def _settings(self, node: ast.AST) -> Iterator[Setting]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            call = node.value
            path = self.path_of(call.func)
            if path in SETTERS:
                yield Setting(path, "")
            elif isinstance(call.func, ast.Name):
                yield from self._functions.get(call.func.id, ())
        elif isinstance(node, (ast.Assign, ast.AugAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                inner = target.value if isinstance(target, ast.Subscript) else target
                path = self.path_of(inner)
                if path == ENVIRONMENT and isinstance(target, ast.Subscript):
                    key = target.slice.value if isinstance(target.slice, ast.Constant) else ""
                    yield Setting(path, "", key=str(key))
                elif path and (isinstance(inner, ast.Attribute) or inner is not target):
                    yield Setting(path, "")

    def path_of(self, node: ast.AST) -> str:
        """Return what an expression of an imported module is called, calls left out; empty for any other."""
        parts: list[str] = []
        while isinstance(node, (ast.Attribute, ast.Call)):
            parts += [node.attr] if isinstance(node, ast.Attribute) else []
            node = node.value if isinstance(node, ast.Attribute) else node.func
        known = self._modules.get(node.id) if isinstance(node, ast.Name) else None
        return ".".join([known, *reversed(parts)]) if known else ""


def find_settings(
    tree: ast.Module, modules: Collection[str], history: Sequence[str], environment: Collection[str] = ()
) -> list[str]:
    """Return a sentence for each statement of an earlier cell whose effect the cell counts on, perhaps.

    Parameters
    ----------
    tree
        The cell, with what comes along.
    modules
        Modules that it imports, by the first part of their names.
    history
        Texts of the cells that have run, by their number.
    environment
        Variables that the job has.
    """
    reader, found = Reader(), dict[tuple[str, str], Setting]()
    for number, text in enumerate(history):
        if not reader.may_change(text):
            continue
        try:
            cell = ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        for one in reader.read(cell, text, number):
            found.pop((one.path, one.key), None)
            found[one.path, one.key] = one
    if not found:
        return []
    own = {(ENVIRONMENT, key) for key in environment} | {(one.path, one.key) for one in reader.read(tree, inside=True)}
    used = {reader.path_of(node) for node in ast.walk(tree) if isinstance(node, (ast.Name, ast.Attribute))}
    used |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    is_global = "sklearn" in modules or any(
        path.startswith("numpy.random.") and path.split(".")[2] not in _OWN_SEED for path in used
    )
    kept = [
        one
        for at, one in found.items()
        if at not in own
        and one.path.partition(".")[0] in modules
        and (one.key in used if one.path == ENVIRONMENT else is_global or not one.path.startswith("numpy.random."))
    ]
    return list(dict.fromkeys(map(_describe, kept[-MAX_NOTES:])))


_OWN_SEED = frozenset({"default_rng", "Generator", "SeedSequence", "RandomState", "PCG64", "MT19937"})
"""What numpy's module has for generators of one's own, which its one seed leaves alone."""


def _describe(one: Setting) -> str:
    if one.path == ENVIRONMENT:
        return f'[{one.cell}] sets os.environ["{one.key}"] here only; -e {one.key}=… or --secrets {one.key} gives it.'
    text = one.text
    if len(text) > MAX_QUOTE or "\n" in text or has_secret(text) or find_secret_text(ast.parse(text)):
        text = one.path
    return f"`{text}` of [{one.cell}] is not run in the job; if it matters, put it into this cell."
