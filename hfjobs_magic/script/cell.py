"""A cell as what its job is sent: the text as it was written, with the names of its notebook beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.errors import CellError
from hfjobs_magic.script import script
from hfjobs_magic.script.draft import Draft
from hfjobs_magic.script.names.cell_names import Brought, bring
from hfjobs_magic.script.names.module_state import find_settings
from hfjobs_magic.script.packages import pep723
from hfjobs_magic.script.packages.installs import Installs, find_installs, find_shell_installs
from hfjobs_magic.script.packages.programs import find_shell_programs
from hfjobs_magic.script.packages.requirements import Kernel, names_of
from hfjobs_magic.script.script import Script
from hfjobs_magic.script.syntax.bare_magics import refuse_bare_magics, refuse_broken_magic, with_signs
from hfjobs_magic.script.syntax.ipython_cell import to_python
from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.python_syntax import find_syntax_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from hfjobs_magic.options.value_names import ValueName
    from hfjobs_magic.script.names.cell_names import Notebook
    from hfjobs_magic.script.names.inputs import Input

RUNNER_NEEDS = "ipython>=8.8"
"""What the runner imports besides the standard library; uv takes the newest that the job's Python can have.

The oldest whose tracebacks call the cell and the notebook's names what they are (tried with 7.23 to 9.18); Python 3.9,
the oldest of a job, has 8.18.
"""

_NEEDS = {"plotly": "nbformat"}
"""What a package needs in a notebook and does not ask for itself."""


def from_cell(
    cell: str,
    *,
    magic_line: str = "",
    as_script: bool = False,
    notebook: Notebook | None = None,
    inputs: Sequence[Input] = (),
    outputs: Sequence[ValueName] = (),
    dependencies: Sequence[str] = (),
    python: str | None = None,
    deps: str | None = None,
    kernel: Callable[[], Kernel] = Kernel,
    mounts: Sequence[str] = (),
    environment: Collection[str] = (),
) -> Script:
    """Make what a cell's job is sent.

    Parameters
    ----------
    magic_line
        The first line as written, with the magic's name; empty for code that is in no cell.
    as_script
        Send a uv script that Python runs, as ``--script`` asks for; a ``# /// script`` block in the cell does, too.
    notebook
        Where names come from that the cell uses and does not define; None brings none along.
    inputs
        Values that are sent along; their names are there, and the job gets the packages that read them.
    outputs
        Values that come back; the job gets the packages that write them.
    environment
        Variables that the line gives the job.

    Other parameters and errors are those of `hfjobs_magic.script.script.from_cell`.
    """
    if as_script or pep723.read(cell) is not None:
        kinds = {"dependencies": dependencies, "python": python, "deps": deps, "kernel": kernel, "mounts": mounts}
        if magic_line:
            return script.from_cell(cell, magic_line=magic_line, **kinds)  # type: ignore[arg-type]
        Draft(script.end_with_newline(cell), python, awaiting=False).check_secrets()
        return script.from_source(cell, **kinds)  # type: ignore[arg-type]
    if not cell.strip():
        way = "The cell is empty. Write the code to run below the %%hfjob line."
        raise CellError(way if magic_line else "There is no code to run: the text is empty.")
    above = [f"# {line.rstrip()}\n" for line in split_lines(magic_line.strip())]
    text = script.remove_cookies(script.end_with_newline("".join(above) + cell))
    names = notebook.namespace if notebook else {}
    seen = "".join(with_signs(split_lines(text), len(above) + 1, names))
    make = Draft(_plain(seen, len(above) + 1, names), python, awaiting=True)
    if not make.tree.body and make.error is None:
        raise CellError("The cell has no code to run. Write some below the %%hfjob line.")
    make.programs = (*make.programs, *find_shell_programs(text))
    script.check_requirements(dependencies)
    came, installs = Brought(), Installs()
    if make.error is None:
        installs = find_installs(make.tree)
        installs = replace(installs, processes=(*installs.processes, *find_shell_installs(text)))
    make.check_secrets()
    if make.error is None:
        sent = [item.wanted.name for item in inputs]
        if notebook is not None:
            refuse_bare_magics(make.tree, make.text, {*names, *sent, *notebook.given})
            came = bring(make.tree, make.text, notebook, without=sent, outputs=outputs, written=seen)
    make.tree.body += came.body
    make.readers = tuple(module for item in inputs for module in item.needs)
    asked = (*dependencies, *(item.requirement for item in installs.requirements))
    pinned = make.infer_readers(inputs, asked, deps, kernel, pickled=True)
    inferred = (*pinned, *make.infer((*asked, *(item.requirement for item in pinned)), deps, kernel))
    inferred += make.infer_readers(inputs, (*asked, *(item.requirement for item in inferred)), deps, kernel)
    inferred += make.infer_writers(outputs, (*asked, *(item.requirement for item in inferred)), deps, kernel)
    named = script.unique((*asked, *(item.requirement for item in inferred)))
    settings = (
        find_settings(make.tree, {item.top for item in make.imports}, notebook.history, environment) if notebook else []
    )
    declared = tuple(item for item in named if script.is_pep508(item))
    return Script(
        text=text + (f"\n{pep723.write(declared)}" if declared else ""),
        extra=script.unique((RUNNER_NEEDS, *named, *_list_needs(named))),
        inferred=(*installs.requirements, *inferred),
        python=make.python,
        notes=(
            *came.notes,
            *settings,
            *_describe_readers(inputs, named, deps),
            *make.notes(),
            *installs.notes,
            *installs.describe_processes(named),
        ),
        requirements=named,
        contents=make.contents(mounts),
        is_cell=True,
        notebook=came.text,
        brought=came.names,
    )


def _plain(text: str, first: int, names: Collection[str]) -> str:
    """Give the text as Python where it is not; as it is where that is of no use."""
    if find_syntax_error(text, awaiting=True) is None:
        return text
    made = to_python(text, first)
    error = find_syntax_error(made, awaiting=True)
    if error is not None and error.lineno:
        refuse_broken_magic(split_lines(text)[error.lineno - 1], error.lineno, names)
    # Where nothing was translated, the error is that of the text as it was written.
    has_magic = "get_ipython()" in made or any(line.startswith("%%") for line in split_lines(text)[first - 1 :])
    return made if error is None or has_magic else text


def _describe_readers(inputs: Sequence[Input], named: Sequence[str], deps: str | None) -> list[str]:
    """Say which value the job cannot read with the packages that it is given."""
    pickled = next((item.wanted.name for item in inputs if "cloudpickle" in item.needs), None)
    if deps != "none" or pickled is None or "cloudpickle" in names_of(named):
        return []
    return [f"-i {pickled}:pickle is read with cloudpickle, which --deps none leaves out. Add --with cloudpickle."]


def _list_needs(named: Sequence[str]) -> list[str]:
    return [needed for package, needed in _NEEDS.items() if package in names_of(named)]
