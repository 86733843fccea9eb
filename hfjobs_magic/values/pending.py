"""Values that are not here yet: what stands for one in the notebook is not to be sent, nor pickled."""

from __future__ import annotations

from typing import Any

MAX_LOOKS = 10_000
"""Parts of a container that are looked at."""


class PendingValue:
    """Stands for a value until that has come."""

    def describe_pending(self, name: str) -> str:
        """Return what it stands for, and what brings that, as in "a value of job fox that is not here yet; …".

        Parameters
        ----------
        name
            What the notebook calls it.
        """
        raise NotImplementedError

    def describe_part(self) -> str:
        """Return the same for one in a container, where ``get()`` is to be called before the container is sent."""
        raise NotImplementedError


def find_pending(value: Any) -> PendingValue | None:
    """Return the first one in a container of Python's own, as deep as it is; None without any."""
    waiting, looks = [value], 0
    while waiting and looks < MAX_LOOKS:
        holder = waiting.pop()
        if not isinstance(holder, (list, tuple, dict)) or isinstance(holder, PendingValue):
            continue
        for part in holder.values() if isinstance(holder, dict) else holder:
            looks += 1
            if isinstance(part, PendingValue):
                return part
            waiting.append(part)
    return None
