"""Jobs and sweeps that a line calls by a variable: ``%hfjobs logs job`` after ``--as job``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.selectors import SWEEP
from hfjobs_magic.api.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.magics.commands.verb import Asked

_LOCAL = " --local"


def name_handles(asked: Asked, names: Mapping[str, Any]) -> None:
    """Put the id of its job in the place of each such variable, and ``--local`` on the line where it is local."""
    for key in ("job_id", "job_ids"):
        given = getattr(asked, key, None)
        if isinstance(given, str):
            setattr(asked, key, _id_of(given, asked, names))
        elif given:
            setattr(asked, key, [_id_of(word, asked, names) for word in given])


def _id_of(word: str, asked: Asked, names: Mapping[str, Any]) -> str:
    if word.startswith(SWEEP) and word.endswith(_LOCAL):
        # `{sweep.selector}` is one word of the line.
        asked.local = True
        return word.removesuffix(_LOCAL)
    handle = names.get(word)
    if isinstance(handle, Sweep):
        return _id_of(handle.selector, asked, names)
    if not isinstance(handle, Job):
        return word
    is_local, namespace, _ = handle.client.whereabouts
    asked.local = asked.local or is_local
    return handle.id if is_local else f"{namespace}/{handle.id}"
