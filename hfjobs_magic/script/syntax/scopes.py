"""Scopes as the compiler sees them: which names of a function, class or comprehension are global."""

from __future__ import annotations

import ast
import symtable
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hfjobs_magic.script.syntax.branches import walk_live

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


Need = Literal["certain", "likely", "possible"]
"""certain: the code fails without; likely: it means one of that name, if there is one; possible: it may do without."""

NEEDS: tuple[Need, ...] = ("certain", "likely", "possible")
"""From what code cannot do without to what it can."""


@dataclass(frozen=True)
class FreeName:
    """A name that is used and not defined."""

    name: str
    line: int
    """Where it is used first."""
    need: Need = "certain"
    later: bool = False
    """Whether only functions use it, which run when they are called, not when the code does."""


@dataclass(frozen=True)
class Inside:
    """Global names of a function, class or lambda."""

    uses: dict[str, int]
    """Those it reads, and the line of each."""
    sets: set[str]
    """Those it sets by ``global``, and does not read."""
    changes: set[str]
    """Those it sets and reads."""


def scopes(text: str) -> dict[tuple[int, str], list[symtable.SymbolTable]]:
    """Scopes by line and name; two lambdas on one line are taken together."""
    found: dict[tuple[int, str], list[symtable.SymbolTable]] = defaultdict(list)

    def collect(table: symtable.SymbolTable) -> None:
        for child in table.get_children():
            found[child.get_lineno(), child.get_name()].append(child)
            collect(child)

    collect(symtable.symtable(text, "<cell>", "exec"))
    return found


def find_used(table: symtable.SymbolTable) -> Iterator[str]:
    """Names that a scope and those in it use and that are global."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from find_used(child)


def find_changed(table: symtable.SymbolTable) -> Iterator[symtable.Symbol]:
    """Names that it sets by ``global``."""
    for symbol in table.get_symbols():
        if symbol.is_declared_global() and (symbol.is_assigned() or symbol.is_imported()):
            yield symbol
    for child in table.get_children():
        yield from find_changed(child)


def inside(node: ast.AST, name: str, tables: dict[tuple[int, str], list[symtable.SymbolTable]]) -> Inside:
    """Look a scope up in what `scopes` found."""
    line = getattr(node, "lineno", 0)
    own = _tables_of(node, name, tables)
    read = {item for table in own for item in find_used(table)}
    # The compiler does not count ``x += 1`` as a use.
    counted = {
        inner.target.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name)
    }
    written = {symbol.get_name() for table in own for symbol in find_changed(table)}
    read |= written & counted
    first: dict[str, int] = {}
    for inner in walk_live(node):
        if isinstance(inner, ast.Name) and inner.id in read:
            first[inner.id] = min(inner.lineno, first.get(inner.id, inner.lineno))
    # What only a branch reads that never runs is in no need; a name that no node has is in an annotation, say.
    dead = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - set(first)
    read -= dead
    early = {item for item in written & read if _is_set_first(node, item)}
    read -= early
    return Inside({item: first.get(item, line) for item in read}, written - read, written & read)


def _is_set_first(node: ast.AST, name: str) -> bool:
    """Whether the first statement of a function that has a name sets it, whatever comes before."""
    for statement in getattr(node, "body", ()) if not isinstance(node, ast.Lambda) else ():
        found = [inner.ctx for inner in ast.walk(statement) if isinstance(inner, ast.Name) and inner.id == name]
        if found:
            simple = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.With, ast.For))
            only = all(isinstance(context, ast.Store) for context in found)
            return simple and only
    return False


def own_names(node: ast.ClassDef, tables: dict[tuple[int, str], list[symtable.SymbolTable]]) -> set[str]:
    """Collect the names that a class defines in its body."""
    own = _tables_of(node, node.name, tables)
    return {symbol.get_name() for table in own for symbol in table.get_symbols() if symbol.is_local()}


def _tables_of(
    node: ast.AST, name: str, tables: dict[tuple[int, str], list[symtable.SymbolTable]]
) -> list[symtable.SymbolTable]:
    """Look up what has this name; a scope may begin on the line of a decorator."""
    lines = {getattr(node, "lineno", 0), *(item.lineno for item in getattr(node, "decorator_list", ()))}
    return [table for line in lines for table in tables.get((line, name), ())]


def annotations_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[ast.expr]:
    """Annotations of a function, as they are written."""
    taken = node.args
    every = (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, taken.vararg, taken.kwarg)
    for annotation in (*(item.annotation for item in every if item is not None), node.returns):
        if annotation is not None:
            yield annotation


def find_loaded_in(node: ast.AST) -> Iterator[ast.Name]:
    """Names that an expression reads and does not set itself, in a comprehension or a lambda of it."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            yield node
        return
    inside: Iterable[ast.AST] = ast.iter_child_nodes(node)
    own: set[str] = set()
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
        # What it goes through first is read outside of it.
        first = node.generators[0].iter
        yield from find_loaded_in(first)
        own = {
            item.id
            for part in node.generators
            for item in ast.walk(part.target)
            if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
        }
        parts = [item for part in node.generators for item in (part.iter, part.target, *part.ifs)]
        elements = (getattr(node, name, None) for name in ("elt", "key", "value"))
        inside = [item for item in (*elements, *parts) if item is not None and item is not first]
    elif isinstance(node, ast.Lambda):
        every = ast.walk(node.args)
        own = {item.arg for item in every if isinstance(item, ast.arg)}
        yield from find_loaded_in(node.args)
        inside = [node.body]
    yield from (name for item in inside for name in find_loaded_in(item) if name.id not in own)
