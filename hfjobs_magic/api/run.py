"""Run code as a job, now or on a schedule: the two calls of the Python API that start jobs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, overload

from hfjobs_magic.api.connect import connect_for
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.plan import plan
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.api.source import notebook_of, read_source
from hfjobs_magic.api.submit import submit
from hfjobs_magic.errors import BudgetError, CellError, HubError, OptionError
from hfjobs_magic.options.call_words import as_call
from hfjobs_magic.options.layers import Layer
from hfjobs_magic.script.names.cell_names import Notebook
from hfjobs_magic.script.names.earlier_cells import history_of
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import FrameType

    from hfjobs_magic.hub.request import Request


@overload
def run(code_or_path: str | Path, *, dry_run: Literal[True], **options: Any) -> Text: ...


@overload
def run(code_or_path: str | Path, **options: Any) -> Job: ...


def run(
    code_or_path: str | Path,
    *,
    names: Mapping[str, Any] | str | None = None,
    inputs: Mapping[str, Any] | Sequence[str] | str = (),
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> Job | Text:
    """Run Python code, or a file of it, as a job; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        Source text, which IPython runs as it does a cell, or the path or the ``https://`` address of a ``.py`` file.
    names
        Where names come from that the text uses and does not define, such as ``{"train": train}``; by default those
        that the notebook has where this is called, in a function its own variables, too. ``"none"`` brings none along.
    inputs
        Values that the code gets: by name, ``{"df": frame, "cfg:json": cfg}``, or as ``-i`` takes them,
        ``["df", "train=df[:1000]"]``, which are looked up in `names`, and where this is called.
    endpoint, token
        Another Hub than ``HF_ENDPOINT``, another token than ``HF_TOKEN`` or that of ``hf auth login``.
    **options
        ``flavor="a10g-small"``, ``dependencies=["torch"]``, ``timeout="30m"``, ``env={...}``,
        ``secrets=["HF_TOKEN"]``, ``local=True``, … ``wait=True`` blocks until the end; ``dry_run=True`` submits
        nothing and returns what would be, as text.

    Raises
    ------
    OptionError, CellError, HubError
        Before anything is submitted, when it can be known to fail.

    Examples
    --------
    >>> job = run("print('hello')", local=True)  # doctest: +SKIP
    """
    caller = sys._getframe(1)  # noqa: SLF001 - of the cell that calls
    with said_of_call(names):
        given, values = with_inputs(with_names(options, names), inputs, names, caller)
        request = _read(code_or_path, given, notebook_for(names, caller), values)
        if request.options.dry_run:
            return Text(plan(request, endpoint=endpoint, token=token))
        if request.options.schedule is not None:
            raise OptionError("run() starts one job now. Use schedule(code, cron) for jobs on a schedule.")
        job = Job.from_submission(submit(request, client=connect_for(request.options, endpoint=endpoint, token=token)))
    return job.wait() if options.get("wait") or (job.options and job.options.wait) else job.follow()


@overload
def schedule(code_or_path: str | Path, cron: str, *, dry_run: Literal[True], **options: Any) -> Text: ...


@overload
def schedule(code_or_path: str | Path, cron: str, **options: Any) -> ScheduledJob: ...


def schedule(
    code_or_path: str | Path,
    cron: str,
    *,
    names: Mapping[str, Any] | str | None = None,
    inputs: Mapping[str, Any] | Sequence[str] | str = (),
    endpoint: str | None = None,
    token: str | None = None,
    **options: Any,
) -> ScheduledJob | Text:
    """Run Python code, or a file of it, on a schedule, as ``%%hfjob --schedule`` does.

    Parameters
    ----------
    code_or_path
        As for `run`.
    cron
        ``"0 9 * * 1"`` for Mondays at 09:00 UTC, or ``@hourly``, ``@daily``, ``@weekly``, ``@monthly``, ``@yearly``.
    names, endpoint, token
        As for `run`.
    inputs
        As for `run`; every job of the schedule gets the values of now.
    **options
        As for `run`; ``suspend=True`` begins suspended, ``concurrency=True`` lets runs overlap. ``max_cost`` is
        for each run.

    Raises
    ------
    OptionError, CellError, HubError
        Before anything is sent, when it can be known to fail.

    Examples
    --------
    >>> nightly = schedule("print('hello')", "0 3 * * *", local=True)  # doctest: +SKIP
    """
    caller = sys._getframe(1)  # noqa: SLF001 - of the cell that calls
    with said_of_call(names):
        given, values = with_inputs(with_names({**options, "schedule": cron}, names), inputs, names, caller)
        request = _read(code_or_path, given, notebook_for(names, caller), values)
        if request.options.dry_run:
            return Text(plan(request, endpoint=endpoint, token=token))
        client = connect_for(request.options, endpoint=endpoint, token=token)
        return ScheduledJob.from_submission(submit(request, client=client))


@contextmanager
def said_of_call(names: object) -> Iterator[None]:
    """Let refusals name keyword arguments, where they would name options of a line and the notebook."""
    try:
        yield
    except (OptionError, CellError, BudgetError, HubError) as error:
        said = as_call(str(error.args[0])) if error.args else ""
        if isinstance(names, Mapping):
            said = said.replace("nor the notebook defines", "nor names= has")
        error.args = (said, *error.args[1:])
        raise


def with_names(options: dict[str, Any], names: object) -> dict[str, Any]:
    """Add ``names="none"`` to the options; other names are none of them."""
    return {**options, "names": names} if isinstance(names, str) else options


def with_inputs(
    options: dict[str, Any], inputs: Mapping[str, Any] | Sequence[str] | str, names: object, caller: FrameType
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Add ``inputs`` to the options as ``-i`` has them; return where their values are found, too."""
    given = names if isinstance(names, Mapping) else {}
    if isinstance(inputs, Mapping):
        # What stands before the colon of a format.
        values = {str(key).partition(":")[0]: value for key, value in inputs.items()}
        return {**options, "inputs": tuple(map(str, inputs))}, values
    return {**options, **({"inputs": inputs} if inputs else {})}, {**caller.f_globals, **caller.f_locals, **given}


def notebook_for(names: object, caller: FrameType) -> Notebook | None:
    """Return the names that were given, or those that the notebook's code has where it calls.

    Parameters
    ----------
    names
        What the call says of them.
    caller
        Of the call: a function's own variables come first, as for its other code.
    """
    if isinstance(names, Mapping):
        return Notebook({"__name__": "__main__", **names}, history_of(names))
    here = caller.f_globals
    return notebook_of(here if caller.f_locals is here else {**here, **caller.f_locals})


def _read(code_or_path: str | Path, options: dict[str, Any], names: Notebook | None, values: dict[str, Any]) -> Request:
    request = read_source(code_or_path, [Layer("keyword", options), *RUNTIME.session.layers()], names, values)
    return replace(request, in_call=True)
