"""Jobs for tests of the storage."""

from __future__ import annotations

from typing import Any

from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.store import JobRow

SPEC = JobSpec(["true"], "cpu-basic")


def make_job(number: int, **fields: Any) -> JobRow:
    """A job with a number for an id; one that has a stage of its own has begun and ended at that second."""
    times = {} if fields.get("stage", "SCHEDULING") in {"SCHEDULING", "RUNNING"} else {"finished": float(number)}
    return JobRow(f"{number:024x}", float(number), SPEC, **{**times, **fields})
