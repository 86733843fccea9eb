"""``job.outputs``: a list that displays itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from hfjobs_magic.api.displayable import Displayable
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.exchange.outputs import collect

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.outputs import Output
    from hfjobs_magic.hub.run_folder import RunFolder


class Outputs(Displayable, Sequence["Output"]):
    """What a job's cell has shown; at the end of a cell, or by `display`, each is shown again as its own output."""

    def __init__(self, items: Sequence[Output], *, trusted: bool = True, folder: RunFolder | None = None) -> None:
        self._folder, self._is_trusted = folder, trusted
        self._items = tuple(item if trusted else replace(item, trusted=False) for item in items)

    @classmethod
    def of(cls, job: Job) -> Outputs:
        """Ask for them now; somebody else's are displayed without their scripts, which `Output.data` still has.

        Raises
        ------
        HubError
            When the job's folder can't be read.
        """
        folder = job.client.run_folder(job.facts)
        return cls(collect(folder.end()[0]) if folder else (), trusted=is_own(job), folder=folder)

    def load(self, number: int) -> Output:
        """Download one that is more than is shown, whole: `number` is that of its line ``[output 1]``.

        Raises
        ------
        OptionError
            When no output of this number was too large.
        HubError
            When the job's folder can't be read.
        """
        record = self._folder.large_output(number) if self._folder else None
        if record and (record.get("output") or {}).get("output_type") == "update_display_data":
            record["output"]["output_type"] = "display_data"  # of which it is all by itself
        made = collect([record]) if record else ()
        if not made:
            raise OptionError(f"No output {number} of this job is more than is shown. `job.outputs` has all that is.")
        return replace(made[0], trusted=self._is_trusted)

    @overload
    def __getitem__(self, at: int) -> Output: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Output]: ...

    def __getitem__(self, at: int | slice) -> Output | Sequence[Output]:
        """Give one, or some."""
        return self._items[at]

    def __len__(self) -> int:
        """Count them."""
        return len(self._items)

    def __repr__(self) -> str:
        return "\n".join(str(item.data.get("text/plain", f"<{item.kind}>")) for item in self._items) or "No outputs."


def is_own(job: Job) -> bool:
    """Whether this kernel or this account started a job: only then does what it shows run scripts in the notebook."""
    try:
        return job.options is not None or job.client.has_started(job.facts)
    except HubError:
        return False
