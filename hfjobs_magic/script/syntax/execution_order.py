"""Code at the top level in the order in which it runs: what it defines, and what it uses before."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax import scopes
from hfjobs_magic.script.syntax.command_names import find_set, in_magic, is_shell
from hfjobs_magic.script.syntax.control_flow import ControlFlow
from hfjobs_magic.script.syntax.guards import find_guarded
from hfjobs_magic.script.syntax.scopes import NEEDS, FreeName

if TYPE_CHECKING:
    import symtable
    from collections.abc import Iterable, Iterator

    from hfjobs_magic.script.syntax.scopes import Need


class Walk(ControlFlow, ast.NodeVisitor):
    """The code at the top level, in the order in which it runs."""

    def __init__(self, tables: dict[tuple[int, str], list[symtable.SymbolTable]]) -> None:
        super().__init__()
        self.tables = tables
        self.free: dict[str, FreeName] = {}
        self.stars: list[str] = []
        # What runs when a name is called: names it uses, and where.
        self._bodies: dict[str, dict[str, int]] = {}
        self._later: dict[str, int] = {}
        self._perhaps: list[tuple[str, int, Need]] = []
        # Names that functions set by ``global``: without reading them, or having read them first, perhaps.
        self.set_by_functions: set[str] = set()
        self.changed_by_functions: set[str] = set()
        self.annotations_run = True

    def finish(self) -> None:
        """Look at what functions use, once everything is defined that will be."""
        for name, line in self._later.items():
            if name not in self.bound:
                need: Need = "certain"
                if name in self.changed_by_functions:
                    need = "likely"
                if name in self.set_by_functions | self.gone:
                    need = "possible"
                self._note(FreeName(name, line, need, later=True))
        for name, line, perhaps in self._perhaps:
            if name not in self.bound:
                self._note(FreeName(name, line, perhaps, later=True))
        self.bound |= self.set_by_functions | self.changed_by_functions

    # -- uses and definitions ----------------------------------------------------------------------

    def use(self, name: str, line: int, need: Need = "certain") -> None:
        """Note a name that is read before it is defined."""
        if name in self.bound:
            return
        need = self.soften(name, need)
        if name in self.set_by_functions | self.shaky:
            need = "possible"
        self._note(FreeName(name, line, need))

    def _note(self, found: FreeName) -> None:
        known = self.free.get(found.name)
        if known is None:
            self.free[found.name] = found
            return
        need = min(known.need, found.need, key=NEEDS.index)
        line = min(known.line, found.line)
        self.free[found.name] = replace(known, line=line, need=need, later=known.later and found.later)

    def calls(self, name: str, line: int, seen: frozenset[str] = frozenset()) -> None:
        """Note what a function uses that is called here, as far as it is defined only further down."""
        for used, at in self._bodies.get(name, {}).items():
            if used not in self.bound and used not in seen:
                self.use(used, at, "likely")
            elif used in self._bodies and used not in seen:
                self.calls(used, line, seen | {name, used})

    def visit_Name(self, node: ast.Name) -> None:
        """Use or define a name."""
        if isinstance(node.ctx, ast.Store):
            self.bound.add(node.id)
        else:
            self.use(node.id, node.lineno)
            if isinstance(node.ctx, ast.Del):
                self.bound.discard(node.id)
                self.gone.add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """``x += 1`` uses what it sets."""
        if isinstance(node.target, ast.Name):
            self.use(node.target.id, node.lineno)
        self.visit(node.value)
        self.visit(node.target)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Visit the value first."""
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
        if isinstance(node.value, ast.Lambda) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            self._bodies[node.targets[0].id] = self._inside(node.value, "lambda")

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Visit the value, the name only where it gets one, and the annotation, which Python evaluates last."""
        if node.value is not None:
            self.visit(node.value)
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)
        if self.annotations_run:
            self.visit(node.annotation)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Visit the value first."""
        self.visit(node.value)
        self.visit(node.target)

    def visit_Import(self, node: ast.Import) -> None:
        """Define what is imported."""
        self.bound.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Define what is imported."""
        if node.module == "__future__":
            self.annotations_run = all(alias.name != "annotations" for alias in node.names)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append("." * node.level + (node.module or ""))
            else:
                self.bound.add(alias.asname or alias.name)

    def visit_Global(self, node: ast.Global) -> None:
        """At the top level it says nothing."""

    # -- scopes of their own -----------------------------------------------------------------------

    def _inside(self, node: ast.AST, name: str) -> dict[str, int]:
        """Names that a function, class or lambda uses and that are global, and the line of each."""
        found = scopes.inside(node, name, self.tables)
        self.set_by_functions |= found.sets
        self.changed_by_functions |= found.changes
        safe = find_guarded(node)
        self._perhaps += [(item, line, safe[item]) for item, line in found.uses.items() if item in safe]
        return {item: line for item, line in found.uses.items() if item not in safe}

    def _defer(self, used: dict[str, int]) -> None:
        for name, line in used.items():
            self._later[name] = min(line, self._later.get(name, line))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Its defaults run here, its body later."""
        self._defaults(node.args)
        self._defer(self._inside(node, "lambda"))

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._defaults(node.args)
        if self.annotations_run and not getattr(node, "type_params", None):
            for annotation in scopes.annotations_of(node):
                self.visit(annotation)
        inside = self._inside(node, node.name)
        self._bodies[node.name] = inside
        self._defer(inside)
        self._decorate(node)
        self.bound.add(node.name)

    def _decorate(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        """Run the code's own decorators, before what they decorate has its name."""
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Name):
                self.calls(decorator.id, node.lineno)
            elif isinstance(decorator, ast.Lambda):
                self._evaluate(decorator)

    visit_FunctionDef = _function  # noqa: N815 - the names of ast
    visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Its bases and its body run here, its methods later."""
        for item in node.decorator_list:
            self.visit(item)
        params = {item.name for item in getattr(node, "type_params", ())}
        with self._inner_names(params):
            for base in (*node.bases, *(word.value for word in node.keywords)):
                self.visit(base)
        within = _ClassBody(self, scopes.own_names(node, self.tables), params)
        within.block(node.body)
        self._bodies[node.name] = within.later
        self._defer(within.later)
        self._decorate(node)
        self.bound.add(node.name)

    @contextmanager
    def _inner_names(self, names: set[str]) -> Iterator[None]:
        """Know type parameters for as long as they are there."""
        new = names - self.bound
        self.bound |= new
        yield
        self.bound -= new

    def _comprehension(self, node: ast.expr) -> None:
        # From Python 3.12 on the compiler shows no scopes of these: it runs them in the one around.
        self._evaluate(node)
        for item in ast.walk(node):
            if isinstance(item, ast.NamedExpr):
                self.bound.add(item.target.id)
            elif isinstance(item, ast.Call) and isinstance(item.func, ast.Name):
                self.calls(item.func.id, item.lineno)

    def _evaluate(self, node: ast.expr) -> None:
        """Note what a comprehension, or a lambda that is called where it stands, reads."""
        for name in scopes.find_loaded_in(node):
            self.use(name.id, name.lineno)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension  # noqa: N815

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is inside; a ``type X = …`` defines X, whose value is read when it is asked for."""
        if type(node).__name__ == "TypeAlias":
            self._defer(self._inside(node, node.name.id))  # type: ignore[attr-defined]
            self.bound.add(node.name.id)  # type: ignore[attr-defined]
            return
        super().generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Run the body of one of the code's own functions; look for names in the text of a magic or command."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            self.calls(node.func.id, node.lineno)
        elif isinstance(node.func, ast.Lambda):
            self._evaluate(node.func)
        elif isinstance(node.func, ast.Attribute) and is_shell(node.func.value):
            for name, need in in_magic(node):
                self.use(name, node.lineno, need)
            self.bound |= find_set(node)


class _ClassBody(Walk):
    """The body of a class: what it defines is its own, what its functions use is read later."""

    def __init__(self, outer: Walk, own: set[str], params: set[str]) -> None:
        super().__init__(outer.tables)
        # One class in another sees the names around both.
        self.around: Walk = outer.around if isinstance(outer, _ClassBody) else outer
        self._own = own
        self.params: set[str] = params | (outer.params if isinstance(outer, _ClassBody) else set())
        self.bound: _ClassNames = _ClassNames(self.around.bound)
        self.annotations_run = outer.annotations_run
        self.set_by_functions = outer.set_by_functions
        self.changed_by_functions = outer.changed_by_functions

    def visit_Global(self, node: ast.Global) -> None:
        """Define what it declares global around the class."""
        self.bound.outside.update(node.names)

    @property
    def later(self) -> dict[str, int]:
        """What its methods use."""
        return self._later

    def use(self, name: str, line: int, need: Need = "certain") -> None:
        """Note a name that is read before it is defined."""
        if name not in self.bound | self.params:
            self.around.use(name, line, "possible" if name in self._own and need != "certain" else need)

    def calls(self, name: str, line: int, seen: frozenset[str] = frozenset()) -> None:
        for used, at in self._bodies.get(name, {}).items():
            self.around.use(used, at, "likely")
        self.around.calls(name, line, seen)

    def _evaluate(self, node: ast.expr) -> None:
        """Know that all but what a comprehension goes through, and defaults, is read outside of the class."""
        within: ast.AST = node.args if isinstance(node, ast.Lambda) else node.generators[0].iter  # type: ignore[attr-defined]
        if not isinstance(node, ast.Lambda):
            self.visit(within)
        seen = {id(item) for item in ast.walk(within)}
        for name in scopes.find_loaded_in(node):
            if id(name) not in seen and name.id not in self.params:
                self.around.use(name.id, name.lineno)


class _ClassNames(set[str]):
    """Names that the body of a class has defined; what it declares global goes to those around it."""

    def __init__(self, around: set[str]) -> None:
        super().__init__()
        self._around = around
        self.outside: set[str] = set()

    def add(self, name: str) -> None:
        if name in self.outside:
            self._around.add(name)
        else:
            super().add(name)

    def update(self, *names: Iterable[str]) -> None:
        for name in chain(*names):
            self.add(name)
