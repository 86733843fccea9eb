"""Values that are not here yet: what stands for one in the notebook is not to be sent, nor pickled."""

from __future__ import annotations


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
