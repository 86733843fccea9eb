"""The walk of a cell's text to the Hub enters each room once, as CONTRIBUTING says."""

from __future__ import annotations

import ast
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.utils.capture import capture_output

import hfjobs_magic

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service

PACKAGE = Path(hfjobs_magic.__file__).parent
CONTRIBUTING = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")


def rooms() -> list[str]:
    """Modules of the walk, in order: the first that each of its steps names."""
    begin = r"^On its way to the Hub a cell passes each once"
    (walk,) = re.findall(begin + r"[^\n]*\n([^\n]+)$", CONTRIBUTING, flags=re.MULTILINE)
    return [re.findall(r"`(\w+/\w+\.py)`", step)[0] for step in walk.split("→")]


def properties(path: Path) -> set[str]:
    """Names of a module's properties: whoever reads a value does not enter the room that it was made in."""
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any("property" in ast.unparse(item) for item in node.decorator_list)
    }


def test_each_room_is_entered_once_and_in_the_order_of_the_documentation(shell: InteractiveShell, local: Service):
    magic, *others = rooms()
    values = {name: properties(PACKAGE / name) for name in others}
    calls: list[str] = []

    def notice(frame: Any, event: str, _argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.is_relative_to(PACKAGE):
            name = path.relative_to(PACKAGE).as_posix()
            if name in values and frame.f_code.co_name not in values[name]:
                calls.append(name)

    cell = "import sys\nprint(sys.argv)\n"
    with capture_output():
        # What is imported late is imported by the first; the trace is of the second.
        shell.run_cell_magic("hfjob", "--local --detach", cell)
        sys.setprofile(notice)
        try:
            shell.run_cell_magic("hfjob", "--local --detach", cell)
        finally:
            sys.setprofile(None)
    assert magic == "magics/hfjob.py"
    assert [name for name, _ in groupby(calls)] == others
