"""The Python that ``uv run`` of a job finds: bare, as in the Hub's image."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hfjobs_magic.local.jobs.limits import is_only_uv

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.local.jobs.sandbox import Mount

_BLOCK = re.compile(rb"^# /// script\s*$", re.MULTILINE)
"""What begins the metadata of a script (PEP 723), which uv runs isolated anyway, and says so of a flag for it."""

_FLAGS = ("--isolated", "--no-project", "--no-config")
"""Without the first, uv adds what the machine's Python or a ``.venv`` in a folder above has installed; without the
others, it goes by a ``pyproject.toml``, ``uv.toml`` or ``.python-version`` there. The user's own ``uv.toml`` counts all
the same (`hfjobs_magic.local.tools.uv_variables`): it says where packages come from."""


def isolate(argv: Sequence[str], image: str | None, mounts: Iterable[Mount] = ()) -> list[str]:
    """Return the command with which a job sees no package but those that it asks for.

    On the Hub, its image has a Python without packages, no project and no virtual environment. What other images have
    nobody knows here, and neither what a job makes itself in a shell, so their commands stay as they are. A Python that
    is named by its path is one of this machine's, on purpose: it keeps its packages.

    Parameters
    ----------
    argv
        The command.
    image
        The job's Docker image.
    mounts
        Where it finds its files.
    """
    if PurePosixPath(argv[0]).name != "uv" or list(argv[1:2]) != ["run"] or not is_only_uv(image, argv[0]):
        return list(argv)
    flags = _FLAGS[1:] if _names_path(argv) or _has_block(argv, list(mounts)) else _FLAGS
    return [*argv[:2], *(flag for flag in flags if flag not in argv), *argv[2:]]


def _names_path(argv: Sequence[str]) -> bool:
    return any(before in {"-p", "--python"} and "/" in word for before, word in pairwise(argv))


def _has_block(argv: Sequence[str], mounts: Sequence[Mount]) -> bool:
    """Return whether the script, the first file that is not an option's, has metadata."""
    for before, word in pairwise(argv):
        for mount in mounts:
            if not before.startswith("-") and word.startswith(f"{mount.target}/"):
                try:
                    text = (mount.source / word[len(mount.target) + 1 :]).read_bytes()
                except OSError:
                    return False
                return _BLOCK.search(text) is not None
    return False
