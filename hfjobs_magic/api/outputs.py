"""``job.outputs``: a list that displays itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, overload

from hfjobs_magic.errors import HubError
from hfjobs_magic.exchange.outputs import collect

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.outputs import Output


class Outputs(Sequence["Output"]):
    """What a job's cell has shown; at the end of a cell, or by `display`, it is shown again."""

    def __init__(self, items: Sequence[Output], *, trusted: bool = True) -> None:
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
        return cls(collect(folder.end()[0]) if folder else (), trusted=is_own(job))

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

    def _ipython_display_(self) -> None:
        """Show each as an output of its own, as the cell did."""
        from hfjobs_magic.widgets.outputs import show_outputs  # noqa: PLC0415 - it imports IPython

        show_outputs(self)


def is_own(job: Job) -> bool:
    """Whether this kernel or this account started a job: only then does what it shows run scripts in the notebook."""
    try:
        return job.options is not None or job.client.has_started(job.facts)
    except HubError:
        return False
