"""A sweep as text, from which another kernel makes the same one: what each job is, its runs, and how far it may go."""

from __future__ import annotations

import ast
import json
import re
from contextlib import ExitStack
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.inputs import stage_inputs
from hfjobs_magic.api.submit import check_first
from hfjobs_magic.api.sweep_plan import SweepPlan
from hfjobs_magic.api.sweep_steps import Limits
from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.request import Request, write_runs
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.records import notebooks
from hfjobs_magic.script.names.inputs import SentInput, SentInputs
from hfjobs_magic.script.script import Script
from hfjobs_magic.values.format import ValueFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient

SWEEP_ID = re.compile("[0-9a-f]{8}")
"""What a sweep is called."""

VERSION = 1
"""Of the text; of another one nothing is read."""

_OF_SCRIPT = ("text", "extra", "python", "is_cell", "notebook", "brought")
"""What a job's hash and its handle need of the script; the file itself is in the folder of the jobs."""

_OF_THIS_KERNEL = ("as_", "dry_run", "wait", "detach", "yes", "local", "namespace", "origins")
"""Options that say what this kernel does, and where; another one has its own."""


def prepare(planned: SweepPlan) -> tuple[SweepPlan, ExitStack]:
    """Do what comes before the first submission: check, write the values that go along, and keep what the sweep is.

    Returns
    -------
    tuple
        The sweep with its values written, and what removes their files of this machine once they have been sent.

    Raises
    ------
    OptionError, HubError
        Nothing was submitted then.
    """
    with ExitStack() as stack:
        request = stack.enter_context(stage_inputs(planned.request))
        planned = replace(planned, request=request)
        check_first(planned.of_run(0))
        keep(planned, {})
        return planned, stack.pop_all()


def keep(planned: SweepPlan, reused: Mapping[int, str]) -> None:
    """Put what `write_state` writes where another kernel finds it.

    Raises
    ------
    OptionError, HubError
        When that cannot be done.
    """
    planned.client.sweep_files.write(planned.id, write_state(planned, reused))


def write_state(planned: SweepPlan, reused: Mapping[int, str]) -> str:
    """Write a sweep down; of secrets only the names.

    Parameters
    ----------
    planned
        The sweep, its values written.
    reused
        Ids of jobs that ``--reuse`` has found, by the place of the run: they have no label of this sweep.

    Raises
    ------
    OptionError
        When a variable or a secret is not set here.
    """
    request = planned.request
    script = request.work
    if not isinstance(script, Script):
        raise TypeError("A sweep runs a script.")
    return json.dumps(
        {
            "version": VERSION,
            "id": planned.id,
            "script": {name: getattr(script, name) for name in _OF_SCRIPT},
            "options": _write_options(request, script),
            "sent": request.sent.as_json(),
            "runs": write_runs(planned.runs),
            "limits": asdict(planned.limits),
            "reused": {str(place): job_id for place, job_id in reused.items()},
        }
    )


def read_state(text: str, client: JobsClient, hardware: Hardware | None) -> tuple[SweepPlan, dict[int, str]]:
    """Return the sweep that `write_state` wrote down, and the ids of reused jobs by the place of their run.

    Parameters
    ----------
    text
        What it wrote.
    client
        Where the jobs are.
    hardware
        What they run on, for `SweepPlan`.

    Raises
    ------
    OptionError
        When it is not such a text, or one of another version.
    """
    try:
        found = json.loads(text)
        if found["version"] != VERSION:
            raise OptionError("This sweep was started with another version of hfjobs-magic. Install that one.")
        script = {name: _tuple(found["script"][name]) for name in _OF_SCRIPT}
        options = from_keywords({**found["options"], "local": client.local, "namespace": client.namespace})
        request = Request(Script(**script), options, sent=_read_sent(found["sent"]))
        runs = tuple({name: ast.literal_eval(value) for name, value in run.items()} for run in found["runs"])
        planned = SweepPlan(request, client, found["id"], runs, Limits(**found["limits"]), hardware)
        return planned, {int(place): str(job_id) for place, job_id in found["reused"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, SyntaxError, RecursionError):
        raise OptionError("What was kept of this sweep cannot be read.") from None


def flavor_of(text: str) -> str:
    """Return the flavor of a sweep's jobs; empty where it cannot be read."""
    try:
        return str(json.loads(text)["options"].get("flavor", RunOptions.flavor))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""


def _write_options(request: Request, script: Script) -> dict[str, Any]:
    options = request.options
    own = notebooks.labels(notebooks.current_path(), script.digest) if request.is_cell else ()
    # Files and variables of this machine are not those of another one.
    lasting = replace(
        options,
        env=tuple(f"{name}={value}" for name, value in read_env(options).items()),
        env_file=None,
        secrets=tuple(read_secrets(options)),
        secrets_file=None,
        labels=(*own, *options.labels),
        name=request.stem,
    )
    plain = RunOptions()
    return {
        item.name: getattr(lasting, item.name)
        for item in fields(RunOptions)
        if item.name not in _OF_THIS_KERNEL and getattr(lasting, item.name) != getattr(plain, item.name)
    }


def _read_sent(items: list[dict[str, Any]]) -> SentInputs:
    return SentInputs(
        tuple(SentInput(**{**item, "files": tuple(ValueFile(**file) for file in item["files"])}) for item in items)
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
