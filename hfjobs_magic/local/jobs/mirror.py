"""Models, datasets and Spaces as volumes: from copies on this machine, since the Hub is out of reach.

::

    MIRROR/models/NAMESPACE/NAME         the branch `main`
    MIRROR/datasets/NAMESPACE/NAME@REV   a revision
    MIRROR/spaces/...

MIRROR is HFJOBS_LOCAL_MIRROR, or `mirror` in the data directory; links in it are followed.
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
    """A directory of copies."""

    root: Path
    """Absolute; it need not exist."""

    @classmethod
    def of(cls, directory: DataDir) -> Mirror:
        """Return the mirror that the service of a data directory uses."""
        chosen = os.environ.get("HFJOBS_LOCAL_MIRROR")
        return cls(Path(chosen).expanduser().absolute() if chosen else directory.root / "mirror")

    def find(self, volume: VolumeSpec) -> Path:
        """Return the folder that a volume mounts.

        Raises
        ------
        ApiError
            422: when there is no copy, with how to get one; when the copy has no such folder, or the folder is outside.
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
