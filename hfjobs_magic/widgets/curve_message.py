"""What a page is told of a job's training curves.

``{"type": "curves", "id", "error", "done", "curves"}``, with curves as `TrainingBuffer.curves` writes them, and `done`
in percent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.metrics.training import NO_MODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.metrics.training_scan import TrainingScan


def make_message(
    job_id: str, scan: TrainingScan | None = None, modes: Mapping[str, str] = NO_MODES, *, error: str = ""
) -> dict[str, Any]:
    """Return what a scan has found of a job, or why there is none."""
    curves, done = (scan.curves(modes), find_percent(scan)) if scan else ([], 0)
    return {"type": "curves", "id": job_id, "error": error, "done": done, "curves": curves}


def find_percent(scan: TrainingScan) -> int:
    """Return how far the bar is that has longest to go; 0 where there is none, or nobody knows."""
    return int(100 * (scan.progress().get("fraction") or 0))
