"""A script that is being made: what its text says of itself, and what is to be said about it."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet

from hfjobs_magic.errors import CellError
from hfjobs_magic.options.secret_text import has_secret, way_for_secret
from hfjobs_magic.script.contents import Contents
from hfjobs_magic.script.demo_launches import find_demo_launches
from hfjobs_magic.script.dropped_arguments import find_dropped_arguments
from hfjobs_magic.script.environment_variables import find_variables
from hfjobs_magic.script.gpu_uses import find_gpu_uses
from hfjobs_magic.script.gpu_wants import find_gpu_wants
from hfjobs_magic.script.hub_calls import find_hub_calls
from hfjobs_magic.script.local_reads import find_local_reads
from hfjobs_magic.script.packages import pep723
from hfjobs_magic.script.packages.import_notes import describe_fetched, describe_imports, find_spared
from hfjobs_magic.script.packages.imports import Import, find_imports, is_standard
from hfjobs_magic.script.packages.local_imports import LocalImport, find_local_imports
from hfjobs_magic.script.packages.module_imports import follow_imports
from hfjobs_magic.script.packages.needs import Need, find_needs
from hfjobs_magic.script.packages.output_needs import find_writers
from hfjobs_magic.script.packages.own_modules import changes_path, fetches_modules, find_own_files, find_path_folders
from hfjobs_magic.script.packages.programs import Program, find_programs
from hfjobs_magic.script.packages.requirements import (
    InferredRequirement,
    Kernel,
    infer,
    infer_needs,
    is_local,
    names_of,
)
from hfjobs_magic.script.prompts import find_prompts
from hfjobs_magic.script.syntax.python_syntax import (
    RUNNING,
    find_newer_syntax,
    find_newest_python,
    find_syntax_error,
    may_compile,
    newer_python,
    newer_syntax,
    parse_leniently,
)
from hfjobs_magic.script.syntax.secret_texts import find_secret_comment
from hfjobs_magic.script.syntax.toplevel_await import awaits, wrap
from hfjobs_magic.values import pickles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.options.value_names import ValueName
    from hfjobs_magic.script.names.inputs import Input


class Draft:
    """A script's text, read.

    Parameters
    ----------
    text
        The script.
    python
        What ``-p`` asks for.
    awaiting
        Whether ``await`` may stand at the top level, as in a cell.

    Raises
    ------
    CellError
        When it does not compile and no newer Python may read it, or when its header cannot be used.
    """

    def __init__(self, text: str, python: str | None, *, awaiting: bool) -> None:
        self.text = text
        self.header = pep723.read(text)
        self.jobs = self.header.jobs if self.header else {}
        self.requires = self.header.requires_python if self.header else None
        self.python = python or self.jobs.get("python") or self.requires
        self.awaiting = awaiting
        self.error = self._check()
        self.tree: ast.Module = parse_leniently(text)
        self.imports: tuple[Import, ...] = ()
        self.undeclared: tuple[InferredRequirement, ...] = ()
        self.readers: tuple[str, ...] = ()
        """Modules that read the values which are sent along."""
        self.programs: tuple[Program, ...] = find_programs(self.tree)
        """That it starts; whoever knows of a cell in another language replaces them."""
        self._import_notes: list[str] = []
        self._local_imports: tuple[LocalImport, ...] = ()
        self._spared: tuple[InferredRequirement, ...] = ()

    @property
    def declared(self) -> tuple[str, ...]:
        """Requirements of the header."""
        return (self.header.dependencies or ()) if self.header else ()

    def _check(self) -> SyntaxError | None:
        """Return an error that a newer Python may not have; raise any other."""
        error = find_syntax_error(self.text, awaiting=self.awaiting)
        if error is None:
            self._check_older()
            return None
        asked = newer_python(self.python)
        version = newer_syntax(self.text, error)
        if asked and may_compile(self.text, asked) and (version or asked) <= asked:
            return error
        allowed = find_newest_python(self.python) if self.python or not self.awaiting else None
        if version and allowed and allowed >= version:
            return error
        way = ""
        if version:
            here, newer = (".".join(map(str, numbers)) for numbers in (RUNNING, version))
            way = f"If this is newer than Python {here}, this kernel's version, add -p {newer}. "
        raise CellError(f"{way}Nothing was submitted.", error) from None

    def _check_older(self) -> None:
        """Refuse syntax that is newer than the job's Python, where it is known and older than the kernel's."""
        exact = re.fullmatch(r"(?:cpython|python|cp)?@?3\.(\d+)(?:\.\d+)?t?", self.python or "", re.IGNORECASE)
        error = find_newer_syntax(self.text, int(exact[1])) if exact else None
        if exact and error:
            raise CellError(
                f"Line {error.lineno}: {error.msg}, and the job has Python 3.{exact[1]}. "
                "Leave -p out, or ask for a newer one. Nothing was submitted."
            )

    def infer(
        self, named: Sequence[str], deps: str | None, kernel: Callable[[], Kernel]
    ) -> tuple[InferredRequirement, ...]:
        """Return the requirements that the script's imports add to those that are named.

        Parameters
        ----------
        named
            Requirements of the line and of ``pip install``.
        deps
            None infers what is not named, but for a script whose header declares its packages: what that lacks
            becomes `undeclared`, as with "note". "infer" and "pin" always infer; "none" ignores imports.
        kernel
            Reads the kernel's packages; only called when the script imports more than the standard library.
        """
        self.imports = find_imports(self.tree)
        if deps == "none" or (all(is_standard(item.module) for item in self.imports) and not self.find_needs()):
            return ()
        known = kernel()
        known = replace(known, local=known.local.union(*map(known.modules_of, find_path_folders(self.tree))))
        own = find_own_files(self.tree)
        self.imports = find_imports(self.tree, known.has)
        names = names_of((*named, *self.declared))
        followed = follow_imports(self.tree, self.imports, known)
        found = infer((*self.imports, *followed), kernel=known, pin=deps == "pin", without=names)
        found = tuple(item for item in found if item.source != "guess" or item.module not in own)
        others = [item for item in self.imports if item.top not in own or is_local(item, known)]
        self._import_notes = describe_imports(others, known)
        self._spared = find_spared(others, known)
        self._local_imports = find_local_imports(self.tree, others, known)
        if deps == "note" or (deps is None and self.header and self.header.dependencies is not None):
            self.undeclared = found
            return ()
        fetched = [item for item in found if item.source == "guess" and item.module not in known.table]
        if fetched and fetches_modules(self.tree):
            found = tuple(item for item in found if item not in fetched)
            self._import_notes += map(describe_fetched, fetched)
        given = (*names, *names_of([item.requirement for item in found]))
        certain = [need for need in self.find_needs() if need.is_certain]
        return (*found, *infer_needs(certain, kernel=known, pin=deps == "pin", without=given))

    def find_needs(self) -> tuple[Need, ...]:
        """Return what well-known calls need though nothing imports it."""
        return find_needs(self.tree, self.imports, self.readers, self.programs)

    def infer_readers(
        self,
        inputs: Sequence[Input],
        named: Sequence[str],
        deps: str | None,
        kernel: Callable[[], Kernel],
        *,
        pickled: bool = False,
    ) -> tuple[InferredRequirement, ...]:
        """Return the requirements that reading values of the notebook adds; parameters are those of `infer`.

        Parameters
        ----------
        pickled
            Of pickles, which only the very versions of here read, or of all others.
        """
        asked = [item for item in inputs if (item.format == pickles.NAME) is pickled]
        if deps == "none" or not any(item.needs for item in asked):
            return ()
        modules = {module: item.wanted.name for item in reversed(asked) for module in item.needs}
        found = infer(
            [Import(module, 1) for module in modules],
            kernel=kernel(),
            pin=pickled or deps == "pin",
            without=names_of((*named, *self.declared)),
        )
        return tuple(replace(item, module=f"-i {modules[item.module]}", source="input") for item in found)

    def infer_writers(
        self, outputs: Sequence[ValueName], named: Sequence[str], deps: str | None, kernel: Callable[[], Kernel]
    ) -> tuple[InferredRequirement, ...]:
        """Return the requirements that giving values back adds; parameters are those of `infer`, called before."""
        declared = names_of((*named, *self.declared))
        modules = {*(item.top for item in self.imports), *self.readers, *map(str.lower, declared)}
        writers = find_writers(outputs, modules)
        if deps == "none" or not writers:
            return ()
        imports = [Import(module, 1) for module in writers]
        found = infer(imports, kernel=kernel(), pin=deps == "pin", without=declared)
        return tuple(replace(item, module=f"-o {writers[item.module]}", source="output") for item in found)

    def wrap(self) -> str:
        """Return the text, in an event loop where it needs one."""
        return wrap(self.text) if self.error is None and awaits(self.text) else self.text

    def contents(self, mounts: Sequence[str]) -> Contents:
        """Return what the code asks for.

        Parameters
        ----------
        mounts
            Where volumes are mounted.
        """
        return Contents(
            self.imports,
            self.undeclared,
            self.find_needs(),
            find_hub_calls(self.tree, self.programs),
            changes_path(self.tree),
            find_local_reads(self.tree, mounts=mounts),
            self._local_imports,
            find_variables(self.tree, self.imports),
            find_prompts(self.tree),
            find_gpu_uses(self.tree),
            find_gpu_wants(self.tree, self.programs),
            find_dropped_arguments(self.tree),
            find_demo_launches(self.tree, self.imports),
            self._spared,
        )

    def find_secret_line(self) -> int | None:
        """Return the first line with a text, or a comment, that holds what looks like a token; None without any."""
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
        found = {node.lineno for node in nodes if has_secret(str(node.value))}
        if comment := find_secret_comment(self.text):
            found.add(comment.line)
        return min(found, default=None)

    def check_secrets(self) -> None:
        """Refuse a token in the text, which would be in a file of the job.

        Raises
        ------
        CellError
            With its line; the token is not repeated.
        """
        line = self.find_secret_line()
        if line is not None:
            raise CellError(
                f"Line {line} has a text that looks like a secret, and it would be written into the job's files. "
                f"{way_for_secret('NAME')} Nothing was submitted."
            )

    def notes(self) -> list[str]:
        """Return what a reader should know before the job starts, a sentence each."""
        notes = [
            f"Line {line} has a text that looks like a secret, and the job's files keep it. "
            "Set it in the kernel's environment, and write --secrets with its name."
            for line in [self.find_secret_line()]
            if line
        ]
        notes += self._import_notes
        if self.error is not None:
            here = ".".join(map(str, RUNNING))
            own = f" ({self.python})" if self.python else ""
            notes.append(
                f"Line {self.error.lineno} is not valid in Python {here}, this kernel's version; "
                f"the job's own Python{own} decides."
            )
        exact = self.python if re.fullmatch(r"3\.\d+(\.\d+)?", self.python or "") else None
        if self.requires and exact and not SpecifierSet(self.requires).contains(exact):
            notes.append(f"Python {exact} is not what the script block requires ({self.requires}).")
        return notes
