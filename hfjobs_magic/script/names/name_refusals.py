"""Why a name of the notebook cannot come along, and the next step."""

from __future__ import annotations

import ast
import io
import itertools
import re
import subprocess
import threading
import types
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, Future
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hfjobs_magic.options.near_names import find_near
from hfjobs_magic.options.secret_text import way_for_secret
from hfjobs_magic.script.names.cell_results import describe_number
from hfjobs_magic.script.names.earlier_cells import find_made
from hfjobs_magic.script.objects.assignments import find_assignment
from hfjobs_magic.script.objects.data_words import describe
from hfjobs_magic.script.objects.definitions import CannotComeError
from hfjobs_magic.script.objects.obstacles import SELF, find_obstacle
from hfjobs_magic.script.syntax.secret_texts import find_secret_comment, find_secret_text
from hfjobs_magic.values import pickles
from hfjobs_magic.values.pending import find_pending
from hfjobs_magic.values.table import has_format

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.script.objects.obstacles import Reference

_LOCKS = tuple({type(threading.Lock()), type(threading.RLock()), threading.Condition, threading.Event})
_RUNNING = (threading.Thread, subprocess.Popen, Executor, Future)
_HERE = (*_RUNNING, *_LOCKS, threading.Semaphore, threading.local, TemporaryDirectory)
_ENDLESS = (itertools.count, itertools.cycle, itertools.repeat)

_OF_A_CONNECTION = re.compile(r"[Cc]onnection|[Ss]ocket|[Cc]ursor|[Ss]ession|[Cc]lient$")

MAX_QUOTE = 70
"""Characters of a statement that is repeated in a sentence."""


def describe_data(name: str, value: Any, history: Sequence[str] = (), reference: Reference = lambda _: None) -> str:
    """Return the clause for a value that no source gives, and what to do.

    Parameters
    ----------
    history
        Texts of the cells that have run, by their number, where the statement is that has made it.
    reference
        Gives an expression for what has a name.
    """
    what, make = f" ({describe(value)})", way_to_make(name, value, history)
    if isinstance(value, type):
        return f"{what}, a class that a call has made, and no source says how. Write it with class in a cell"
    if kind := _describe_kind(name, value, make):
        return f"{what}, {kind}"
    if (pending := find_pending(value)) is not None:
        return f"{what}, which holds {pending.describe_part()}"
    obstacle = find_obstacle(value, history, reference)
    if obstacle is not None:
        if type(value) in {dict, list, tuple, set}:
            make = "Make it in the cell"  # the statement may not be all that has filled it
        way = f"; -i {name}:pickle sends it whole" if obstacle == SELF else ""
        return f"{what}, which holds {obstacle}. {make}{way}"
    return f"{what}, which the job will not have. {way_for_data(name, value, history)}"


def _describe_kind(name: str, value: Any, make: str) -> str:
    """Return the clause for what no copy of is the same; empty for other values."""
    if isinstance(value, io.IOBase):
        return f"an open file, which stays here. {_way_for_file(name, value, make)}"
    if isinstance(value, types.CoroutineType):
        return "which can be awaited only once. Await it in the cell"
    if isinstance(value, _HERE) or _OF_A_CONNECTION.search(type(value).__name__):
        return f"which lives in this kernel. {make}"
    if not isinstance(value, (Iterator, AsyncIterator)):
        return ""
    ends = isinstance(value, Iterator) and not isinstance(value, _ENDLESS)
    way = f"; -i {name}=list({name}) sends what is left of it, if it ends" if ends else ""
    return f"which can be read only once. {make}{way}"


def way_to_make(name: str, value: Any, history: Sequence[str]) -> str:
    """Say that the cell is to make a value, and how the notebook did: not with what may be a password."""
    made = find_assignment(name, history)
    node = made.node if made else None
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if made is None or [getattr(target, "id", "") for target in targets] != [name]:
        return "Make it in the cell"
    # One statement is not all where others call its methods: those of a parser add its arguments.
    is_all = not any(re.search(rf"^{re.escape(name)}\.\w+\(", text, re.MULTILINE) for text in history[made.cell :])
    is_plain = is_all and "\n" not in made.text and "`" not in made.text and len(made.text) <= MAX_QUOTE
    if not is_plain or _OF_A_CONNECTION.search(type(value).__name__) or find_secret_text(ast.parse(made.text)):
        return f"Make it in the cell, as [{made.cell}] does"
    return f"Make it in the cell: `{made.text}`"


def _way_for_file(name: str, value: io.IOBase, make: str) -> str:
    if isinstance(value, (io.StringIO, io.BytesIO)):
        made = f"import io; {name} = io.{type(value).__name__}({name}_content)"
        return f"Send what it holds with -i {name}_content={name}.getvalue(), and make it in the cell: `{made}`"
    file = value.buffer if isinstance(value, io.TextIOWrapper) else value
    path = getattr(value, "name", None)
    if not (isinstance(path, str) and isinstance(file, io.BufferedReader) and type(file.raw) is io.FileIO):
        return make.replace("Make", "Open", 1)
    mode = "" if file is not value else ", 'rb'"
    return f"Send it with -i {name}_path=Path({path!r}), and open it in the cell: `{name} = open({name}_path{mode})`"


def way_for_data(name: str, value: Any, history: Sequence[str] = ()) -> str:
    """Say how data gets into a job: with ``-i``, if it has a format."""
    if has_format(value):
        return f"Send it with -i {name}, or load it in the cell"
    make, way = way_to_make(name, value, history), pickles.find_way(value)
    if way is None:
        return make
    condition = "" if way == "pickle" else " once you have cloudpickle here (%pip install cloudpickle)"
    return f"{make}; -i {name}:pickle sends it whole{condition}"


def describe_missing(name: str, names: Iterable[str], history: Sequence[str] = ()) -> str:
    """Return the clause for a name that nobody defines, with the job that has made it, or the nearest name."""
    if made := find_made(name, history):
        return f" {name}, {made.place}. {made.way}."
    if said := describe_number(name):
        return said
    near = find_near(name, set(names) - {name})
    way = f"Did you mean {near[0]}?" if near else "If the cell makes it as it runs, add --names none."
    return f" {name}, which neither the cell nor the notebook defines. {way}"


def check_secrets(text: str, line: int | None = None) -> None:
    """Refuse source with a text that looks like a secret.

    Parameters
    ----------
    line
        Of its first line in its cell; None for the expression of a value.
    """
    tree = ast.parse(text)
    found = find_secret_text(tree) or find_secret_comment(text)
    if found is None:
        return
    called = f" ({found.name})" if found.name else ""
    place = "which holds"
    if line is not None:
        above = any(isinstance(item, ast.ImportFrom) for item in tree.body[:1])
        place = f"whose line {found.line + line - 1 - above} has"
    raise CannotComeError(
        f"{place} a text that looks like a secret{called}, and it would be written into the job's files. "
        f"{way_for_secret(found.variable).removesuffix('.')}"
    )


def is_ipython(value: Any) -> bool:
    """Whether IPython itself has put it into the notebook: its `open`, `exit` and the like."""
    # Its `open` says that it is io's; where it was written, its names say.
    around = getattr(value, "__globals__", None)  # which a mock may have, too
    module = around.get("__name__") if isinstance(around, dict) else None
    module = module or getattr(value, "__module__", type(value).__module__)
    return (
        isinstance(module, str)
        and module.partition(".")[0] == "IPython"
        and not isinstance(value, (type, types.ModuleType))
    )
