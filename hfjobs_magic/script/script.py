"""Cell text to uv script.

The script keeps the cell's line numbers: line 1 is the magic line as a comment, so the first line
under it is line 2, as the editor shows it. Our PEP 723 header goes below the code; uv takes it
anywhere in the file.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.script import pep723
from hfjobs_magic.script.imports import Import, InferredRequirement, Kernel, find_imports, infer, is_local
from hfjobs_magic.script.ipython_syntax import translate
from hfjobs_magic.script.lines import split_lines
from hfjobs_magic.script.local_reads import find_local_reads
from hfjobs_magic.script.python_syntax import RUNNING, find_syntax_error, may_compile, newer_python, parse_leniently
from hfjobs_magic.script.toplevel_await import awaits, wrap

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

_COOKIE = re.compile(r"^([ \t\f]*#.*?coding)([:=])", re.ASCII)
"""PEP 263: such a comment on line 1 or 2 makes Python read the file in that encoding."""


@dataclass(frozen=True)
class Script:
    """A uv script ready to be sent."""

    text: str
    """The whole file."""
    extra: tuple[str, ...] = ()
    """Requirements that cannot stand in the file's header; for ``uv run --with``."""
    jobs: dict[str, Any] = field(default_factory=dict)
    """What the header's ``[tool.hf-jobs]`` asks for, as keyword arguments of `RunOptions`."""
    inferred: tuple[InferredRequirement, ...] = ()
    """Requirements from imports and ``pip install`` lines, and where each comes from."""
    python: str | None = None
    """Interpreter asked for: ``-p``, else the header's own, else its requires-python."""
    notes: tuple[str, ...] = ()
    """Warnings, a sentence each."""

    @property
    def digest(self) -> str:
        """Eight hex digits of the text's SHA-256: the same cell has the same name."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:8]


def from_cell(
    cell: str,
    *,
    magic_line: str,
    dependencies: Sequence[str] = (),
    python: str | None = None,
    deps: str | None = None,
    kernel: Callable[[], Kernel] = Kernel,
    mounts: Sequence[str] = (),
) -> Script:
    """Turn a cell into a script.

    Parameters
    ----------
    cell
        The text below the magic line.
    magic_line
        The first line as written, with the magic's name; continued lines included.
    dependencies
        Requirements (PEP 508) to declare.
    python
        What ``-p`` asks for.
    deps
        What becomes of imports. None infers requirements when nothing is declared; "infer" and
        "pin" do besides what is declared, "pin" at the kernel's versions; "none" leaves them alone.
    kernel
        Gives what is installed here, and the published table of names; only called when something
        is to be inferred. By default nothing is known.
    mounts
        Where volumes are mounted: files below are there.

    Raises
    ------
    CellError
        When the cell is empty, does not compile, holds IPython syntax that a script cannot have,
        or a header that cannot be used.
    OptionError
        When a requirement cannot be read.
    """
    if not cell.strip():
        raise CellError("The cell is empty. Write the code to run below the %%hfjob line.")
    above = [f"# {line.strip()}\n" for line in split_lines(magic_line.strip()) or [""]]
    text = _without_cookies(_ending_with_newline("".join(above) + cell))
    translated = translate(text, lambda code: find_syntax_error(code, awaiting=True), first=len(above) + 1)
    make = _Making(translated.text, python, awaiting=True)
    if not make.tree.body and make.error is None:
        raise CellError("The cell has no code to run. Write some below the %%hfjob line.")
    check_requirements(dependencies)
    asked = (*dependencies, *(item.requirement for item in translated.requirements))
    inferred = make.infer(asked, deps, kernel)
    named = _unique((*asked, *(item.requirement for item in inferred)))
    body, extra = make.wrapped(), named
    if make.header is None:
        declared = tuple(item for item in named if _is_pep508(item))
        extra = tuple(item for item in named if not _is_pep508(item))
        body += f"\n{pep723.write(declared)}" if declared else ""
    return make.script(body, extra, (*translated.requirements, *inferred), mounts)


def from_source(
    source: str,
    *,
    dependencies: Sequence[str] = (),
    python: str | None = None,
    deps: str | None = "none",
    kernel: Callable[[], Kernel] = Kernel,
    mounts: Sequence[str] = (),
) -> Script:
    """Turn Python source that is no cell into a script; it is left as it is.

    Parameters and errors are those of `from_cell`; requirements are for ``--with`` alone.
    """
    if not source.strip():
        raise CellError("The script is empty. Give it some code to run.")
    make = _Making(_ending_with_newline(source), python, awaiting=False)
    check_requirements(dependencies)
    inferred = make.infer(dependencies, deps, kernel)
    extra = _unique((*dependencies, *(item.requirement for item in inferred)))
    return make.script(make.text, extra, inferred, mounts)


def check_requirements(dependencies: Sequence[str]) -> None:
    """Refuse what uv would refuse later, in a job that is paid for."""
    for item in dependencies:
        # uv also takes URLs and paths
        if not _is_pep508(item) and "/" not in item and "\\" not in item:
            raise OptionError(
                f"--with {item} is not a requirement. Write a package's name, as in --with 'rich>=13'."
            ) from None


class _Making:
    """A script being made: what its text says of itself."""

    def __init__(self, text: str, python: str | None, *, awaiting: bool) -> None:
        self.text = text
        self.header = pep723.read(text)
        self.jobs = self.header.jobs if self.header else {}
        self.requires = self.header.requires_python if self.header else None
        self.python = python or self.jobs.get("python") or self.requires
        self.awaiting = awaiting
        self.error = self._check()
        self.tree: ast.Module = parse_leniently(text)
        self.local: tuple[Import, ...] = ()

    def _check(self) -> SyntaxError | None:
        """Return an error that a newer Python may not have; raise any other."""
        error = find_syntax_error(self.text, awaiting=self.awaiting)
        asked = newer_python(self.python)
        if error is None or (asked and may_compile(self.text, asked)):
            return error
        raise CellError("Nothing was submitted.", error) from None

    def infer(
        self, declared: Sequence[str], deps: str | None, kernel: Callable[[], Kernel]
    ) -> tuple[InferredRequirement, ...]:
        own = self.header.dependencies if self.header else None
        if deps == "none" or (deps is None and (declared or own is not None)):
            return ()
        modules = find_imports(self.tree)
        if not modules:
            return ()
        known = kernel()
        self.local = tuple(item for item in modules if is_local(item, known))
        names = [Requirement(item).name for item in (*declared, *(own or ())) if _is_pep508(item)]
        return infer(modules, kernel=known, pin=deps == "pin", without=names)

    def wrapped(self) -> str:
        """Give the text, around which an event loop is put where it needs one."""
        return wrap(self.text) if self.error is None and awaits(self.text) else self.text

    def script(
        self, text: str, extra: tuple[str, ...], inferred: tuple[InferredRequirement, ...], mounts: Sequence[str]
    ) -> Script:
        return Script(text, extra, self.jobs, inferred, self.python, tuple(self._notes(mounts)))

    def _notes(self, mounts: Sequence[str]) -> list[str]:
        notes = [
            f"Line {read.line} reads {read.path}, which is on this machine only; "
            "put it under a --volume or load it from the Hub."
            for read in find_local_reads(self.tree, mounts=mounts)
        ]
        notes += [
            f"Line {item.line} imports {item.module}, a file of this folder; a job has it only from a --volume."
            for item in self.local
        ]
        if self.error is not None:
            here = ".".join(map(str, RUNNING))
            notes.append(
                f"Line {self.error.lineno} is not Python {here}, which this kernel has; "
                f"the job's own ({self.python}) decides whether it is right."
            )
        exact = self.python if re.fullmatch(r"3\.\d+(\.\d+)?", self.python or "") else None
        if self.requires and exact and not SpecifierSet(self.requires).contains(exact):
            notes.append(f"Python {exact} is not what the script block requires ({self.requires}).")
        return notes


def _is_pep508(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _unique(items: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _without_cookies(text: str) -> str:
    """Keep a comment on the first two lines from naming an encoding: the file is UTF-8."""
    lines = split_lines(text)
    return "".join([_COOKIE.sub(r"\1 \2", line) for line in lines[:2]] + lines[2:])


def _ending_with_newline(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
