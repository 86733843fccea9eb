"""Names of the notebook that a cell uses: code comes along, data is asked for.

A walk from the names that the cell needs to those that their definitions need in turn. What comes along is one file of
Python in parts, which the runner runs before the cell (`hfjobs_magic.runner.names`).
"""

from __future__ import annotations

import ast
import difflib
import types
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import CellError
from hfjobs_magic.options.secret_text import looks_secret
from hfjobs_magic.script.data_words import describe
from hfjobs_magic.script.definitions import CannotComeError, Definition, definition, is_of_notebook
from hfjobs_magic.script.free_names import BUILTIN, find_attributes, names_of
from hfjobs_magic.script.literals import MAX_LITERAL, literal
from hfjobs_magic.script.notebook_imports import gives, of_import, of_module
from hfjobs_magic.script.scopes import FreeName
from hfjobs_magic.values.table import has_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK = "# %% from the notebook: "
"""Begins a part; see `hfjobs_magic.runner.names`."""


@dataclass(frozen=True)
class Notebook:
    """The notebook that a cell is part of."""

    namespace: dict[str, Any]
    """Its names: IPython's ``user_ns``."""
    history: Sequence[str] = ()
    """Texts of the cells that have run, as plain Python, oldest first: IPython's ``In``."""
    given: tuple[str, ...] = ()
    """Names that the job has anyway: those of ``--map``."""


@dataclass(frozen=True)
class Brought:
    """What comes along."""

    text: str = ""
    """The file; empty without any."""
    names: tuple[str, ...] = ()
    """What it defines, in the order of the cell's use."""


@dataclass
class _Part:
    name: str
    text: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{MARK}{self.name}{f', line {self.line}' if self.line else ''}\n{self.text}"


@dataclass
class _Use:
    """Who needs a name."""

    line: int
    """Line of the cell."""
    through: tuple[str, ...] = ()
    """Definitions on the way, the cell's own first."""

    def __str__(self) -> str:
        if not self.through:
            return f"Line {self.line} uses"
        return f"Line {self.line} uses {', which uses '.join(self.through)}, which uses"


@dataclass
class _Gathering:
    notebook: Notebook
    tree: ast.Module
    bound: frozenset[str]
    stars: tuple[str, ...]
    imports: list[_Part] = field(default_factory=list)
    constants: list[_Part] = field(default_factory=list)
    code: list[_Part] = field(default_factory=list)
    done: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def take(self, item: FreeName, use: _Use, chains: dict[str, set[str]]) -> None:
        """Bring a name along, or say why it can't come."""
        name, namespace = item.name, self.notebook.namespace
        if name in self.done or name in self.notebook.given:
            return
        if use.through and item.later and name in self.bound:
            return  # the cell defines it before it calls what uses it
        if name not in namespace or _is_ipython(namespace[name]):
            if name not in BUILTIN and item.need == "certain" and not any(gives(star, name) for star in self.stars):
                self.done[name] = ""
                self.refused.append(self._missing(name, use))
            return
        if name in BUILTIN and namespace[name] is getattr(__import__("builtins"), name, None):
            return
        self.done[name] = name
        try:
            self._bring(name, namespace[name], use, chains.get(name, set()))
        except CannotComeError as error:
            if item.need != "possible":
                what = str(error)
                self.refused.append(f"{use} {name}{'' if what.startswith(' (') else ', '}{what}.")

    def _bring(self, name: str, value: Any, use: _Use, chains: set[str]) -> None:
        if isinstance(value, types.ModuleType):
            line = of_module(name, value, chains)
            if line is None:
                raise CannotComeError(f"the module {value.__name__}, which no import finds; import it in the cell")
            self.imports.append(_Part(name, line))
            return
        line = of_import(name, value, self.notebook.history)
        if line is not None and not isinstance(value, (bool, type(None))):
            self.imports.append(_Part(name, line))
        elif callable(value) and is_of_notebook(value, self.notebook.namespace):
            self._define(name, definition(name, value, self.notebook.history), use)
        else:
            self._constant(name, value)

    def _constant(self, name: str, value: Any) -> None:
        if looks_secret(name, value):
            raise CannotComeError(
                f"a string that looks like a secret, and it would be written into the job's files; "
                f"set it as an environment variable and pass --secrets {name.upper()}"
            )
        text = literal(value)
        if text is None:
            raise CannotComeError(f" ({describe(value)}), which the job will not have. {way_for_data(name, value)}")
        self.constants.append(_Part(name, f"{name} = {text}\n"))
        if sum(len(part.text) for part in self.constants) > MAX_LITERAL:
            raise CannotComeError(
                f"and with it the constants of the notebook are longer than {MAX_LITERAL:,} characters together, "
                f"which is data. {way_for_data(name, value)}"
            )

    def _define(self, name: str, found: Definition, use: _Use) -> None:
        namespace = self.notebook.namespace
        if found.name != name and namespace.get(found.name) is namespace[name]:
            self.take(FreeName(found.name, use.line), use, {})
            self.code.append(_Part(name, f"{name} = {found.name}\n"))
            return
        # Another object has its name by now: the text gets the one that it goes by.
        found = found.rename(name)
        tree = ast.parse(found.text)
        needs = names_of(tree, found.text)
        chains = find_attributes(tree)
        through = _Use(use.line, (*use.through, name))
        # What it needs to be defined comes before it; what it needs when it is called may come after.
        for item in needs.free:
            if not item.later:
                self.take(item, through, chains)
        self.code.append(_Part(name, found.text, found.line))
        for item in needs.free:
            if item.later:
                self.take(item, through, chains)

    def _missing(self, name: str, use: _Use) -> str:
        known = {*self.bound, *(item for item in self.notebook.namespace if not item.startswith("_")), *BUILTIN}
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{use} {name}, which neither the cell nor the notebook defines.{hint}"


def bring(tree: ast.Module, text: str, notebook: Notebook, *, without: Iterable[str] = ()) -> Brought:
    """Gather what a cell needs of its notebook.

    Parameters
    ----------
    tree, text
        The cell as plain Python.
    without
        Names that the job gets in another way.

    Raises
    ------
    CellError
        With every name that can't come along, the line that uses it, and the way.
    """
    needs = names_of(tree, text)
    gathering = _Gathering(notebook, tree, needs.bound, needs.stars)
    gathering.done.update(dict.fromkeys(without, ""))
    chains = find_attributes(tree)
    for item in needs.free:
        gathering.take(item, _Use(item.line), chains)
    if gathering.refused:
        raise CellError(" ".join([*gathering.refused, "Nothing was submitted."]))
    parts = [*gathering.imports, *gathering.constants, *gathering.code]
    return Brought("\n".join(map(str, parts)), tuple(name for name, text in gathering.done.items() if text))


def way_for_data(name: str, value: Any) -> str:
    """Say how data gets into a job: with ``-i``, if it has a format."""
    if has_format(value):
        return f"Send it with -i {name}, or load it in the cell"
    return "Make it in the cell, or send what it is made of with -i"


def _is_ipython(value: Any) -> bool:
    """Whether IPython itself has put it into the notebook: its `open`, `exit` and the like."""
    # Its `open` says that it is io's; where it was written, its names say.
    module = getattr(value, "__globals__", {}).get("__name__") or getattr(value, "__module__", type(value).__module__)
    return (
        isinstance(module, str)
        and module.partition(".")[0] == "IPython"
        and not isinstance(value, (type, types.ModuleType))
    )
