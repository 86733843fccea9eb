"""The walk from the names that a cell needs to those that their definitions need in turn."""

from __future__ import annotations

import ast
import builtins
import types
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.secret_text import describe_secret
from hfjobs_magic.script.names.cell_results import describe_kept, find_results, is_kept, is_nothing_yet
from hfjobs_magic.script.names.name_refusals import (
    check_secrets,
    describe_data,
    describe_missing,
    is_ipython,
    way_for_data,
)
from hfjobs_magic.script.names.parts import Part
from hfjobs_magic.script.names.shared_parts import SharedParts
from hfjobs_magic.script.objects.assignments import find_written
from hfjobs_magic.script.objects.changes import Source, class_changes, find_dispatches, function_changes
from hfjobs_magic.script.objects.constructors import logger_state
from hfjobs_magic.script.objects.definitions import CannotComeError, Definition, definition, is_of_notebook, unwrap
from hfjobs_magic.script.objects.literals import MAX_LITERAL, Expression, literal
from hfjobs_magic.script.objects.machine_values import find_machine_statement
from hfjobs_magic.script.objects.notebook_imports import gives, of_import, of_module
from hfjobs_magic.script.objects.references import References, find_wanted
from hfjobs_magic.script.objects.refills import empty, fill, find_touched, runs_code
from hfjobs_magic.script.syntax.command_names import may_set_unseen
from hfjobs_magic.script.syntax.free_names import BUILTIN, KNOWN, find_attributes, names_of
from hfjobs_magic.script.syntax.scopes import FreeName
from hfjobs_magic.values.pending import PendingValue

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from hfjobs_magic.script.names.name_uses import Use
from hfjobs_magic.script.syntax.free_names import Names


class Gathering:
    """What comes along, as it is found.

    Parameters
    ----------
    namespace, history
        Those of `hfjobs_magic.script.names.cell_names.Notebook`.
    given
        Names that the job has anyway.
    cell
        The cell, and its names.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        history: Sequence[str],
        given: Collection[str],
        cell: tuple[ast.Module, Names],
    ) -> None:
        tree, needs = cell
        self._namespace, self._history, self._cell = namespace, history, needs
        self.done: dict[str, str] = dict.fromkeys(given, "")
        self.notes: list[str] = []
        wanted = find_wanted(tree, namespace) - set(self.done)
        self._is_open = may_set_unseen(tree)
        self._references = References(namespace, history, wanted)
        self._shared = SharedParts(self._references.find, self.notes)
        self._imports: list[Part] = []
        self._constants: list[Part] = []
        self._code: list[Part] = []
        self._last: list[Part] = []
        # What could not come, and what the cell would be told.
        self._failed: dict[str, str] = {}
        self._refused: dict[str, tuple[int, str]] = {}
        # Definitions that are being looked at, those that run as others are defined, what each uses, what each sets.
        self._open, self._run = set[str](), set[str]()
        self._uses: dict[str, set[str]] = {}
        self._sets: dict[str, int] = {}
        self._plain: dict[str, tuple[Any, Expression]] = {}
        self._length = 0

    @property
    def parts(self) -> list[Part]:
        """What comes along, in the order in which it runs."""
        return [*self._imports, *self._constants, *self._code, *self._last]

    @property
    def body(self) -> list[ast.stmt]:
        """All of it as code whose lines are those of the cell that need it."""
        found: list[ast.stmt] = []
        for part in self.parts:
            tree = ast.parse(part.text)
            for node in ast.walk(tree):
                if isinstance(node, (ast.stmt, ast.expr, ast.ExceptHandler)):
                    node.lineno = node.end_lineno = part.use
            found += tree.body
        return found

    @property
    def refused(self) -> list[str]:
        """A sentence for each name that cannot come; what a helper sets on an earlier line is there by then."""
        found = self._refused.items()
        return [said for name, (line, said) in found if not self._sets.get(name, line + 1) <= line]

    def take_results(self, tree: ast.AST, needs: Names, use: Use) -> None:
        """Bring along what ``Out[3]`` reads, and refuse any other use of what the notebook keeps of all cells."""
        kept = [item for item in needs.free if is_kept(item.name, self._namespace)]
        for item in kept:
            self.done.setdefault(item.name, "")
            if not (results := find_results(item.name, tree)) and item.need == "certain":
                line = use.line if use.through else item.line
                self._refused[item.name] = (line, f"{replace(use, line=line)} {describe_kept(item.name)}")
            for number, line in results.items():
                name, result = f"_{number}", f"{item.name}[{number}]"
                where, is_sent = use.flag or f"Line {use.line if use.through else line}", name in self.done
                self.take(replace(item, name=name), replace(use, flag=f"{where} ({result})"), {})
                if is_sent or self.done.get(name):
                    self._code.append(Part(result, f"{result} = {name}\n", use=use.line))

    def take(self, item: FreeName, use: Use, chains: dict[str, set[str]]) -> None:
        """Bring a name along, or note why it can't come."""
        name, namespace = item.name, self._namespace
        if name in self._failed and item.need != "possible":
            self._refuse(name, use, self._failed.pop(name))
        if name in self.done:
            return
        if use.through and item.later and name in self._cell.bound:
            return  # the cell defines it before it calls what uses it
        if name not in namespace or is_ipython(namespace[name]) or is_nothing_yet(name, namespace[name]):
            is_given = self._is_open or any(gives(star, name) for star in self._cell.stars)
            if name not in KNOWN and item.need == "certain" and not is_given:
                self.done[name] = ""
                known = {*self._cell.bound, *(one for one in namespace if not one.startswith("_")), *BUILTIN}
                self._refused[name] = (use.line, f"{use}{describe_missing(name, known, self._history)}")
            return
        if name in BUILTIN and namespace[name] is getattr(builtins, name, None):
            return
        self.done[name] = name
        self._open.add(name)
        try:
            self._bring(name, namespace[name], use, chains.get(name, set()))
        except CannotComeError as error:
            self.done[name] = ""
            if item.need == "possible":
                self._failed[name] = str(error)
            else:
                self._refuse(name, use, str(error))
        self._open.discard(name)

    def finish(self) -> None:
        """Make what definitions change as they run again what it is in the notebook."""
        for name in sorted(find_touched(self._run, self._uses) & set(self._plain)):
            value, text = self._plain[name]
            statement = fill(name, value, text.text) or (f"{name} = {text.text}" if name in self._sets else None)
            if statement and not any(part.name == f"{name} as it was" for part in self._last):
                self._last.append(Part(f"{name} as it was", f"{statement}\n"))

    def _refuse(self, name: str, use: Use, why: str) -> None:
        self._refused[name] = (use.line, f"{use} {name}{'' if why.startswith(' (') else ', '}{why}.")

    def _bring(self, name: str, value: Any, use: Use, chains: set[str]) -> None:
        if isinstance(value, PendingValue):
            raise CannotComeError(value.describe_pending(name))
        if isinstance(value, types.ModuleType):
            line = of_module(name, value, chains)
            if line is None:
                raise CannotComeError(f"the module {value.__name__}, which no import finds; make it in the cell")
            self._imports.append(Part(name, line, use=use.line))
            return
        line = of_import(name, value, self._history)
        if line is not None and not isinstance(value, (bool, type(None))):
            self._imports.append(Part(name, line, use=use.line))
        elif callable(value) and is_of_notebook(value, self._namespace):
            self._define(name, value, use)
        else:
            self._constant(name, value, use)

    # -- values ------------------------------------------------------------------------------------

    def _write(self, value: Any, use: Use, name: str = "") -> Expression | None:
        """Write a value, and bring along what it refers to."""

        def reference(part: Any) -> Expression | None:
            return self._shared.find(part, name)

        found = reference(value) or literal(value, reference)
        if found is not None:
            check_secrets(found.text)
            for needed in found.names:
                if needed != name:
                    self.take(FreeName(needed, use.line), use, {})
        return found

    def _constant(self, name: str, value: Any, use: Use) -> None:
        if secret := describe_secret(name, value):
            raise CannotComeError(secret.removesuffix("."))
        through = use.within(name)
        statement = find_machine_statement(name, self._history)
        if statement and literal(value):
            self._statement(name, value, statement, through)
            return
        known = self._references.name_of(value)
        if known is not None and known != name:
            self.take(FreeName(known, use.line), use, {})
            self._code.append(Part(name, f"{name} = {known}\n", use=use.line))
            return
        text = self._write(value, through, name)
        if text is None:
            raise CannotComeError(describe_data(name, value, self._history, self._references.find))
        self._length += len(text.text)
        if self._length > MAX_LITERAL:
            raise CannotComeError(
                f"and with it the constants of the notebook are longer than {MAX_LITERAL:,} characters together, "
                f"which is data. {way_for_data(name, value, self._history)}"
            )
        self._plain[name] = (value, text)
        # Only what has code of its own is ever shown in a traceback.
        written = find_written(name, text.text, self._history) if "lambda" in text.text else None
        statement, line = written or (f"{name} = {text.text}\n{logger_state(name, value)}", None)
        part = Part(name, statement, line, use.line)
        is_filled = name in find_touched(self._run, self._uses)
        in_code = any(not self._is_import(one) for one in text.names)
        if not (is_filled and in_code) and not (self._open - {name}) & set(text.names):
            (self._code if in_code else self._constants).append(part)
        elif hollow := empty(value):
            self._constants.append(Part(name, f"{name} = {hollow}\n"))
            self._last.append(Part(f"{name} as it was", f"{fill(name, value, text.text)}\n"))
        else:
            around = ", ".join(sorted((self._open - {name}) & set(text.names)))
            raise CannotComeError(f"which holds {around}, which holds it in turn; make them in the cell")

    def _is_import(self, name: str) -> bool:
        return any(part.name == name for part in self._imports)

    def _statement(self, name: str, value: Any, statement: str, use: Use) -> None:
        """Bring the statement that asks what the machine has: the job's has more, and was chosen for it."""
        tree = ast.parse(statement)
        for item in names_of(tree, statement).free:
            self.take(item, use, find_attributes(tree))
        self._code.append(Part(name, f"{statement}\n", use=use.line))
        self.notes.append(
            f"Line {use.line} uses {name}, which is {value!r} here; the job asks its own machine: "
            f"{' '.join(statement.split())}"
        )

    # -- code --------------------------------------------------------------------------------------

    def _define(self, name: str, value: Any, use: Use) -> None:
        known = self._references.name_of(value)
        if known is not None and known != name and known == getattr(value, "__name__", ""):
            self.take(FreeName(known, use.line), use, {})
            self._code.append(Part(name, f"{name} = {known}\n", use=use.line))
            return
        try:
            found = definition(name, value, self._history)
        except CannotComeError:
            if isinstance(value, type) and literal(value, self._references.find):
                self._constant(name, value, use)
                return
            raise
        # Another object may have its name by now: the text gets the one that it goes by.
        self._definition(name, value, found.rename(name), use)

    def _definition(self, name: str, value: Any, found: Definition, use: Use) -> None:
        check_secrets(found.text, found.line)
        tree = ast.parse(found.text)
        needs = names_of(tree, found.text)
        chains = find_attributes(tree)
        through = use.within(name)
        self._uses[name] = {item.name for item in needs.free}
        self.take_results(tree, needs, through)
        for inner in ast.walk(tree):
            if isinstance(inner, ast.Global):
                self._sets.update({one: min(use.line, self._sets.get(one, use.line)) for one in inner.names})
        # What it needs to be defined comes before it; what it needs when it is called may come after.
        for item in needs.free:
            if not item.later:
                self._run |= {item.name} if runs_code(item.name, tree, self._namespace) else set()
                self.take(item, through, chains)
        self._code.append(Part(name, found.text, found.line, use.line))
        self._open.discard(name)
        for item in needs.free:
            if item.later:
                self.take(item, through, chains)
        self._change(name, value, tree.body[-1], through)

    def _change(self, name: str, value: Any, node: ast.stmt, use: Use) -> None:
        """Add the statements that make it what it is by now."""
        inner = node.value if isinstance(node, ast.Assign) else node
        source = Source(
            inner, self._namespace, lambda part: self._write(part, use), lambda what: self._remark(use, what)
        )
        if isinstance(value, type):
            found = list(class_changes(name, value, source))
        else:
            function = unwrap(value, name)
            found = list(function_changes(name, value, function, source)) if function else []
            for kind, implementation in find_dispatches(value):
                self._implement(name, kind, implementation, use)
        for one in found:
            check_secrets(one.text)
        if found:
            text = "".join(f"{one.text}\n" for one in found)
            self._last.append(Part(f"{name} as it was", text))

    def _remark(self, use: Use, what: str) -> None:
        """Note what a call gave, and gives anew in the job."""
        known = f"{use}".removesuffix(", which uses")
        self.notes.append(f"{known}, whose {what} is created again in the job.")

    def _implement(self, name: str, kind: type, function: types.FunctionType, use: Use) -> None:
        """Bring what `functools.singledispatch` calls for a type."""
        called = function.__name__
        if self._namespace.get(called) is not function:
            found = definition(called, function, self._history)
            if f"{name}.register" not in found.text:
                raise CannotComeError(f"a function whose {called}, for {kind.__name__}, has no name any more; name it")
            if not any(part.text == found.text for part in self._code):
                self._definition(called, function, found, use)
            return
        self.take(FreeName(called, use.line), use, {})
        text = self._write(kind, use)
        if f"{name}.register" in "".join(part.text for part in self._code if part.name == called):
            return
        if text is None:
            raise CannotComeError(f"a function that is registered for {kind.__name__}, which cannot come along")
        self._last.append(Part(f"{name} as it was", f"{name}.register({text.text}, {called})\n"))
