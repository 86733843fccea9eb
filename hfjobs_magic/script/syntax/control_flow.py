"""Which names loops, tests and handlers of errors make certain, and which they leave open."""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.branches import list_branches, list_choices, list_operands
from hfjobs_magic.script.syntax.guards import find_loaded, find_stored, find_tested, is_broad, is_guard, suppresses
from hfjobs_magic.script.syntax.scopes import NEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hfjobs_magic.script.syntax.scopes import Need


class ControlFlow(ast.NodeVisitor):
    """The statements that hold others, in the order in which they run."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        # Names that were there for a while, as by ``except E as name``, and those of them that may be there still.
        self.gone, self.shaky = set[str](), set[str]()
        # Names that the loops around set somewhere, and names that a guard is about.
        self._loops: list[set[str]] = []
        self._guards: list[tuple[set[str], Need]] = []

    def block(self, statements: Iterable[ast.stmt]) -> None:
        """Visit statements one after the other."""
        for statement in statements:
            self.visit(statement)

    def use(self, name: str, line: int, need: Need = "certain") -> None:
        """Note a name that is read."""
        raise NotImplementedError

    def soften(self, name: str, need: Need) -> Need:
        """Return how much a name is needed where it stands, below guards and in loops."""
        needs = [need, *(guard for names, guard in self._guards if name in names)]
        needs += ["possible"] if any(name in names for names in self._loops) else []
        return max(needs, key=NEEDS.index)

    @contextmanager
    def _guard(self, names: set[str], need: Need = "possible") -> Iterator[None]:
        self._guards.append((names, need))
        yield
        self._guards.pop()

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """Know that what the body sets may be there from the round before."""
        self.visit(node.iter)
        self.visit(node.target)
        self._loop([*node.body], [])
        self.block(node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815

    def visit_While(self, node: ast.While) -> None:
        """As a ``for``; its test is read before the first round."""
        self.visit(node.test)
        self._loop(node.body, node.orelse)

    def _loop(self, body: list[ast.stmt], after: list[ast.stmt]) -> None:
        self._loops.append(find_stored(body))
        self.block(body)
        self._loops.pop()
        self.block(after)

    def visit_If(self, node: ast.If) -> None:
        """``if "x" in globals()`` makes a guard of x."""
        self.visit(node.test)
        with self._guard(find_tested(node.test)):
            self.block(list_branches(node))

    def visit_IfExp(self, node: ast.IfExp) -> None:
        """As the statement."""
        self.visit(node.test)
        with self._guard(find_tested(node.test)):
            for choice in list_choices(node):
                self.visit(choice)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """``"x" in globals() and x`` makes a guard, too."""
        asked: set[str] = set()
        for value in list_operands(node):
            with self._guard(asked):
                self.visit(value)
            asked = asked | find_tested(value)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Use what ``"x" in globals()`` asks for, if it is there."""
        self.generic_visit(node)
        for name in find_tested(node):
            self.use(name, node.lineno, "possible")

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """Know that ``suppress(NameError)`` is a guard of all names in its body."""
        for item in node.items:
            self.visit(item)
        with self._guard(find_loaded(node.body) if suppresses(node) else set()):
            self.block(node.body)

    visit_AsyncWith = visit_With  # noqa: N815

    def visit_Try(self, node: ast.Try) -> None:
        """``except NameError`` and ``except`` make a guard of all names in the body."""
        need: Need = "possible" if any(map(is_guard, node.handlers)) else "likely"
        catches = need == "possible" or any(map(is_broad, node.handlers))
        with self._guard(find_loaded(node.body) if catches else set(), need):
            self.block(node.body)
        for handler in node.handlers:
            if handler.type is not None:
                self.visit(handler.type)
            had = set(self.bound)
            if handler.name:
                self.bound.add(handler.name)
            self.block(handler.body)
            if handler.name:
                self.bound.discard(handler.name)
                self.gone.add(handler.name)
                self.shaky |= {handler.name} & had
        self.block(node.orelse)
        self.block(node.finalbody)

    visit_TryStar = visit_Try  # noqa: N815

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        """Define what a pattern captures."""
        self.generic_visit(node)
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name:
            self.bound.add(name)

    visit_MatchStar = visit_MatchMapping = visit_MatchAs  # noqa: N815
