"""Cards and tables from the kernel that runs now, in the place of those that an earlier one made.

A page finds the place by its id (js/src/ui/twins.ts): nothing is displayed.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.job import open_job
from hfjobs_magic.api.scheduled_job import scheduled_job_of
from hfjobs_magic.errors import HfJobsError, OptionError
from hfjobs_magic.magics.earlier_jobs import say_again
from hfjobs_magic.records import notebooks
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.records.notebooks import Note
    from hfjobs_magic.widgets.card import Below


def revive(view: str, view_id: str, *, local: bool = False, namespace: str = "", line: str = "") -> None:
    """Make a card or a table, for the page that has a lost one; a page calls this, too (js/src/kernel/revival.ts).

    Parameters
    ----------
    view
        ``card``, ``table`` or ``scheduled``.
    view_id
        Id of the job or the schedule, or what a table calls itself in the page.
    local
        Whether it runs on the local service.
    namespace
        User or organisation that owns a job on the Hub; empty for one's own.
    line
        Line of ``%hfjobs ls`` that a table shows.

    Raises
    ------
    HfJobsError
        When it cannot be asked for.
    """
    if view == "table":
        _revive_table(view_id, line)
        return
    client = connect(local=local, namespace=namespace or None)
    if view == "scheduled":
        from hfjobs_magic.widgets.scheduled import ScheduledCard  # noqa: PLC0415 - widgets are slow to import

        ScheduledCard(scheduled_job_of(client, client.scheduled.inspect(view_id)))
    else:
        from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - as above

        below = _below(client, view_id)
        job = open_job(client, client.inspect(view_id))
        say_again(job)
        JobCard(job).show_below(below)


def reconnect(lost: str) -> None:
    """Make anew all that a page lost with a kernel; its **Reconnect** calls this (js/src/kernel/revival.ts).

    Parameters
    ----------
    lost
        JSON: a list of the arguments of `revive` as objects, with the id as ``id``. The first was asked for; what fails
        of the others is left as it is.

    Raises
    ------
    HfJobsError
        When the first cannot be asked for.
    """
    wanted = [(one.pop("view"), one.pop("id"), one) for one in json.loads(lost)]
    ids = {view_id for _, view_id, _ in wanted}
    # What started from another's card comes with that.
    below = {note.job_id for note in notebooks.notes().all() if note.started_from in ids}
    (view, view_id, more), *others = wanted
    revive(view, view_id, **more)

    def revive_others() -> None:
        for kind, other_id, about in others:
            if other_id not in below:
                _try(kind, other_id, **about)

    start_thread("hfjobs-revive", revive_others)


def revive_later(notes: Sequence[Note]) -> None:
    """Revive jobs of a notebook, and what its page says is lost, without keeping the cell that loads the extension.

    What fails is left as it is: it says that it is not connected, and offers the line.
    """
    start_thread("hfjobs-revive", lambda: _revive_all(notes))


def _revive_all(notes: Sequence[Note]) -> None:
    from hfjobs_magic.widgets.reviver import Reviver  # noqa: PLC0415 - as above

    ids = {note.job_id for note in notes}
    # What started from another's card comes with that.
    for note in (one for one in notes if one.started_from not in ids):
        _try("card", note.job_id, local=note.local, namespace="" if note.local else note.namespace)
    Reviver(lambda view, view_id, more: None if view_id in ids else _try(view, view_id, **more))


def _try(view: str, view_id: str, **more: Any) -> None:
    try:
        revive(view, view_id, **more)
    except HfJobsError:
        return  # see `revive_later`


def _revive_table(view_id: str, line: str) -> None:
    from hfjobs_magic.api.selectors import SWEEP  # noqa: PLC0415 - as below
    from hfjobs_magic.api.sweep_attach import open_sweep  # noqa: PLC0415 - as below
    from hfjobs_magic.magics.commands import attach, ls  # noqa: PLC0415 - parsers are slow to import
    from hfjobs_magic.magics.hfjobs import parse  # noqa: PLC0415 - as above
    from hfjobs_magic.widgets.job_list import JobList, list_runs, make_table  # noqa: PLC0415 - widgets are slow to import

    try:
        words = shlex.split(line)[1:]
    except ValueError:
        words = []  # a quotation that does not end
    # A page asks: nothing but a list may come of it.
    asked = parse(words) if words and words[0] in {*ls.VERBS[0].names, *attach.VERBS[0].names} else ""
    if isinstance(asked, str) or (asked.verb == "attach" and not (asked.job_id or "").startswith(SWEEP)):
        raise OptionError(f"{line!r} lists no jobs.")
    client = connect(local=asked.local, namespace=asked.namespace)
    if asked.verb == "attach":
        make_table(list_runs(open_sweep(client, asked.job_id.removeprefix(SWEEP))), view_id=view_id)
    elif isinstance(found := asked.run_live(client, asked).shown, JobList):
        make_table(found, view_id=view_id)


def _below(client: JobsClient, job_id: str) -> Below:
    """Find the jobs that were started from a job's card, and those from theirs."""
    found: list[tuple[Job, Below]] = []
    for note in notebooks.notes().all():
        if note.started_from == job_id:
            try:
                job = open_job(client, client.inspect(note.job_id))
            except HfJobsError:
                continue
            found.append((job, _below(client, note.job_id)))
    return found
