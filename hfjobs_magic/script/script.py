"""Cell text to uv script.

The script keeps the cell's line numbers: line 1 is the magic line as a comment, so the first line
under it is line 2, as the editor shows it. Our PEP 723 header goes below the code; uv takes it
anywhere in the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.script.contents import Contents
from hfjobs_magic.script.draft import Draft
from hfjobs_magic.script.ipython_syntax import translate
from hfjobs_magic.script.names.omissions import Omissions
from hfjobs_magic.script.packages import pep723
from hfjobs_magic.script.packages.placeholder_packages import describe_placeholder
from hfjobs_magic.script.packages.requirements import InferredRequirement, Kernel, names_of
from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.python_syntax import find_syntax_error

if TYPE_CHECKING:
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
    requirements: tuple[str, ...] = ()
    """All that is installed for it: of the line, of its header, and inferred."""
    contents: Contents = field(default_factory=Contents)
    """What its code asks for."""
    is_cell: bool = False
    """Whether IPython runs it, with the runner; Python runs a plain script."""
    notebook: str = ""
    """Definitions of the notebook that run before it, as `hfjobs_magic.runner.names` reads them."""
    brought: tuple[str, ...] = ()
    """Names that they define."""
    omissions: Omissions = field(default_factory=Omissions, compare=False, repr=False)
    """Names of the notebook that do not come along."""
    header: str = ""
    """The TOML of the block that its author wrote."""

    @property
    def digest(self) -> str:
        """Eight hex digits of the text's SHA-256: the same cell has the same name."""
        return hashlib.sha256((self.text + self.notebook).encode()).hexdigest()[:8]


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
        What becomes of imports. None infers requirements besides what is named, but not for a header that declares
        its own; "infer" and "pin" do so always, "pin" at the kernel's versions; "none" leaves them alone.
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
    above = [f"# {line.rstrip()}\n" for line in split_lines(magic_line.strip()) or [""]]
    text = remove_cookies(end_with_newline("".join(above) + cell))
    translated = translate(text, lambda code: find_syntax_error(code, awaiting=True), first=len(above) + 1)
    make = Draft(translated.text, python, awaiting=True)
    make.check_secrets()
    if not make.tree.body and make.error is None:
        raise CellError("The cell has no code to run. Write some below the %%hfjob line.")
    check_requirements(dependencies)
    asked = (*dependencies, *(item.requirement for item in translated.requirements))
    inferred = make.infer(asked, deps, kernel)
    named = unique((*asked, *(item.requirement for item in inferred)))
    body, extra = make.wrap(), named
    if make.header is None:
        declared = tuple(item for item in named if is_pep508(item))
        extra = tuple(item for item in named if not is_pep508(item))
        body += f"\n{pep723.write(declared)}" if declared else ""
    return Script(
        body,
        extra,
        make.jobs,
        (*translated.requirements, *inferred),
        make.python,
        tuple(make.notes()),
        unique((*make.declared, *named)),
        make.contents(mounts),
        header=make.header.text if make.header else "",
    )


def from_source(
    source: str,
    *,
    dependencies: Sequence[str] = (),
    python: str | None = None,
    deps: str | None = "none",
    kernel: Callable[[], Kernel] = Kernel,
    mounts: Sequence[str] = (),
) -> Script:
    """Turn Python source that is not a cell into a script; it is left as it is.

    Parameters and errors are those of `from_cell`; requirements are for ``--with`` alone.
    """
    if not source.strip():
        raise CellError("The script is empty. Give it some code to run.")
    make = Draft(end_with_newline(source), python, awaiting=False)
    check_requirements(dependencies)
    inferred = make.infer(dependencies, deps, kernel)
    extra = unique((*dependencies, *(item.requirement for item in inferred)))
    return Script(
        make.text,
        extra,
        make.jobs,
        inferred,
        make.python,
        tuple(make.notes()),
        unique((*make.declared, *extra)),
        make.contents(mounts),
        header=make.header.text if make.header else "",
    )


def check_requirements(dependencies: Sequence[str]) -> None:
    """Refuse what uv would refuse later, in a job that is paid for."""
    for item in dependencies:
        if re.fullmatch(r"[^@]*\.(?:txt|toml|lock|ya?ml|cfg|in)", item):
            file = item.removeprefix("--requirement").removeprefix("-r").strip(" =")
            raise OptionError(f"--with {item} is a file, not a package. Write %pip install -r {file} in the cell.")
        if option := re.search(r"\s(--?[A-Za-z][\w-]*)", item):
            name = item[: option.start()].strip()
            raise OptionError(
                f"--with '{item}': a requirement has no options such as {option[1]}. "
                f"Write --with '{name}'; an index goes on the line, as in -e UV_INDEX=https://…"
            )
        # uv also takes URLs and paths
        if not is_pep508(item) and "/" not in item and "\\" not in item:
            words = item.split()
            several = len(words) > 1 and all(map(is_pep508, words))
            way = (
                " ".join(f"--with {word}" for word in words) if several else "a package's name, as in --with 'rich>=13'"
            )
            # One = is conda's; a page may make one sign of two.
            meant = re.sub(r"(?<![<>=!~])=(?!=)", "==", unicodedata.normalize("NFKC", item))
            meant = meant.replace("\u2265", ">=").replace("\u2264", "<=").replace("\u2260", "!=")
            if meant != item and is_pep508(meant):
                way = f"--with '{meant}'"
            raise OptionError(f"--with {item} is not a requirement. Write {way}.") from None
        if said := describe_placeholder(names_of([item])):
            raise OptionError(f"--with {item}: {said}")


def is_pep508(text: str) -> bool:
    """Whether a script block can declare it; uv takes addresses and paths besides."""
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def unique(items: Sequence[str]) -> tuple[str, ...]:
    """Leave each once."""
    return tuple(dict.fromkeys(items))


def remove_cookies(text: str) -> str:
    """Keep a comment on the first two lines from naming an encoding: the file is UTF-8."""
    lines = split_lines(text)
    return "".join([_COOKIE.sub(r"\1 \2", line) for line in lines[:2]] + lines[2:])


def end_with_newline(text: str) -> str:
    """End the last line."""
    return text if text.endswith("\n") else text + "\n"
