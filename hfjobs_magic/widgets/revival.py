"""Cards from the kernel that runs now, in the place of those that an earlier one made.

A page finds the place by the job's id (js/src/ui/twins.ts): nothing is displayed. A card that no page has a place for
is closed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.job import open_job
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.worker import start_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.records.notebooks import Note


def revive(job_id: str, *, local: bool = False, namespace: str | None = None) -> None:
    """Make a card of a job, for the page that has a lost one of it; a page calls this, too (js/src/card/ways.ts).

    Parameters
    ----------
    job_id
        24 hex digits.
    local
        Whether it runs on the local service.
    namespace
        User or organisation that owns it, of a job on the Hub; None for one's own.

    Raises
    ------
    HfJobsError
        When the job cannot be asked for.
    """
    from hfjobs_magic.widgets.card import JobCard  # noqa: PLC0415 - widgets are slow to import

    client = connect(local=local, namespace=namespace)
    JobCard(open_job(client, client.inspect(job_id)))


def revive_later(notes: Sequence[Note]) -> None:
    """Do so for jobs of a notebook without keeping the cell that loads the extension; what fails is left as it is."""
    if notes:
        start_thread("hfjobs-revive", lambda: _revive_all(notes))


def _revive_all(notes: Sequence[Note]) -> None:
    for note in notes:
        try:
            revive(note.job_id, local=note.local, namespace=None if note.local else note.namespace)
        except HfJobsError:
            continue  # its lost card keeps saying so, and offers the line
