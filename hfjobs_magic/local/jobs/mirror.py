"""Models, datasets and Spaces as volumes: from copies on this machine, since the Hub's are not to be reached.

::

    MIRROR/models/NAMESPACE/NAME         the branch `main`
    MIRROR/datasets/NAMESPACE/NAME@REV   a revision
    MIRROR/spaces/...

MIRROR is HFJOBS_LOCAL_MIRROR, or `mirror` in the data directory; links that the user puts there are followed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hfjobs_magic.local.errors import ApiError

if TYPE_CHECKING:
    from hfjobs_magic.local.spec import VolumeSpec
    from hfjobs_magic.local.storage.data_dir import DataDir


@dataclass(frozen=True)
class Mirror:
    """One directory of copies."""

    root: Path
    """Absolute; it need not exist."""

    @classmethod
    def of(cls, directory: DataDir) -> Mirror:
        """Return the one that a service uses."""
        chosen = os.environ.get("HFJOBS_LOCAL_MIRROR")
        return cls(Path(chosen).expanduser().absolute() if chosen else directory.root / "mirror")

    def find(self, volume: VolumeSpec) -> Path:
        """Return the folder that a volume shows.

        Raises
        ------
        ApiError
            422, with how to get a copy, when there is none; when it has no such folder, or that leads out of it.
        """
        at = "" if volume.revision in {None, "main"} else f"@{volume.revision}"
        if "/" in at or "\0" in at:
            raise ApiError(422, f"volumes: the local service cannot keep a copy of the revision {volume.revision!r}.")
        copy = self.root / f"{volume.type}s" / f"{volume.source}{at}"
        if not copy.is_dir():
            kind = "" if volume.type == "model" else f" --repo-type {volume.type}"
            revision = f" --revision {volume.revision}" if at else ""
            raise ApiError(
                422,
                f"volumes: the local service has no copy of the {volume.type} {volume.source}. Make one with: "
                f"hf download {volume.source}{kind}{revision} --local-dir {copy} (or run the job on the Hub).",
            )
        folder = copy / volume.path
        if not folder.is_dir() or not folder.resolve().is_relative_to(copy.resolve()):
            raise ApiError(422, f"volumes: the {volume.type} {volume.source} has no folder {volume.path!r}.")
        return folder.resolve()
