"""Files of what was shown, in the folder of a run: written once, and counted when a job is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EARLIER = "this is a new attempt: outputs of earlier ones are left out here and stay in the folder of the job"
"""What is said at the beginning of a later attempt."""

_CHUNK = 1 << 20


def write_file(path: Path, content: bytes) -> None:
    """Write in order and once, as the mount of a bucket wants it; the file can be read when it is closed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for start in range(0, len(content), _CHUNK):
            file.write(content[start : start + _CHUNK])


def last_number(folder: Path) -> int:
    """Return the number of the newest output that an attempt before this one has shown; 0 without any."""
    paths = (path for name in ("outputs", "large") for path in (folder / name).glob("[0-9]*.json"))
    return max((int(path.stem) for path in paths), default=0)
