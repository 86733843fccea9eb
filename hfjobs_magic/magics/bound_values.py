"""What comes back by itself between two cells once a job has ended: values of ``-o``, the folder of ``--out-dir``.

The name of a value is a handle until then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from IPython.display import display

from hfjobs_magic.api.values import SMALL, JobValue
from hfjobs_magic.errors import HfJobsError, TransferInterruptedError
from hfjobs_magic.exchange.values import say_refused
from hfjobs_magic.magics.folder_back import bring
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.table import Text

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job

EVENT = "pre_run_cell"
"""Of IPython: no cell runs, so no name changes under anybody's hands."""


class BoundValues:
    """The names of one shell that stand for values of jobs."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._waiting: dict[str, tuple[Job, list[JobValue]]] = {}
        """Handles that no value has taken the place of, by their job's id."""

    def add(self, job: Job) -> None:
        """Bind a handle to each name that the job's ``-o`` has."""
        wanted = job.options.values_back if job.options else ()
        if not (wanted or (job.options and job.options.folder_back)) or self._shell is None:
            return
        handles = [job.values[one.name] for one in wanted]
        self._shell.user_ns.update({handle.name: handle for handle in handles})
        if not self._waiting:
            self._shell.events.register(EVENT, self.settle)
        # Without a card, too, somebody has to hear of its end.
        self._waiting[job.id] = (job.follow(), handles)

    def settle(self, _info: Any = None, *, waited_for: str = "") -> None:
        """Put the values of jobs that have ended in the place of their handles, and their folders beside the notebook.

        Only where the name still holds the handle, and as many of them as are small together, in memory, too; the
        larger ones stay handles, and a line says so. Whatever else stands in the way leaves handles that say what it is
        when they are used.
        """
        for job_id, (job, handles) in list(self._waiting.items()):
            if job.facts.is_terminal:
                del self._waiting[job_id]
                bring(job, wanted=job.id == waited_for)
                if handles:
                    # Who interrupts it wants to go on; the handles are there.
                    with suppress(HfJobsError, TransferInterruptedError):
                        self._bind(job, handles)
        if not self._waiting:
            self.close()

    def close(self) -> None:
        """Leave the handles that are left as they are."""
        self._waiting.clear()
        if self._shell is not None:
            with suppress(ValueError):
                self._shell.events.unregister(EVENT, self.settle)

    def _bind(self, job: Job, handles: list[JobValue]) -> None:
        names = self._shell.user_ns
        manifests = job.values.manifests()
        there = [(manifests[one.name].size, one) for one in handles if one.name in manifests]
        room, large = SMALL, []
        for bare, handle in sorted(there, key=lambda item: item[0]):
            if manifests[handle.name].refused or names.get(handle.name) is not handle:
                continue
            with suppress(HfJobsError):
                size = bare if bare > room else max(bare, handle.memory_size)
                if size > room:
                    said = format_size(bare) + (f", {format_size(size)} in memory" if size > bare else "")
                    large.append(f"`{handle.name}` ({said})")
                    continue
                room -= size
                names[handle.name] = handle.get()
        if lost := say_refused({handle.name: manifests[handle.name].refused for _, handle in there}):
            display(Text(lost))
        # The error of a job that failed says it.
        if len(there) < len(handles) and job.facts.stage == "COMPLETED" and (missing := job.values.say_missing()):
            display(Text(missing))
        if large:
            one = len(large) == 1
            way = f"`{large[0].split('`')[1]}.get()`" if one else "`.get()`"
            place = "in the job's folder" if job.client.local else "on the Hub"
            display(
                Text(f"{', '.join(large)} {'is' if one else 'are'} {place}; {way} brings {'it' if one else 'each'}.")
            )
