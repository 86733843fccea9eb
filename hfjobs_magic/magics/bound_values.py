"""What comes back by itself between two cells once a job has ended: values of ``-o``, the folder of ``--out-dir``.

The name of a value is a handle until then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.values import SMALL, JobValue
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.magics.folder_back import bring

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

        Only where the name still holds the handle, and where all values of the job are small; whatever stands in the
        way leaves the handles as they are, and they say what it is when they are used.
        """
        for job_id, (job, handles) in list(self._waiting.items()):
            if job.facts.is_terminal:
                del self._waiting[job_id]
                bring(job, wanted=job.id == waited_for)
                if handles:
                    with suppress(HfJobsError):
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
        if sum(manifest.size for manifest in manifests.values()) > SMALL:
            return
        for handle in handles:
            manifest = manifests.get(handle.name)
            if manifest is not None and not manifest.refused and names.get(handle.name) is handle:
                with suppress(HfJobsError):
                    names[handle.name] = handle.get()
