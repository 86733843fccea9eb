"""What one line says of a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_frames import Frame


@dataclass(frozen=True)
class Report:
    """Metrics and their place, and a bar; each of them may be missing."""

    values: dict[str, float] = field(default_factory=dict)
    """Metrics by name; nan and the infinities as they were printed."""
    step: float | None = None
    """Step, iteration or update it is of."""
    epoch: float | None = None
    """Epoch it is of, often with a fraction."""
    frame: Frame | None = None
    """A progress bar in it."""
    depth: int = 0
    """Bars that stand above that one."""
    is_rounded: bool = False
    """Whether the step was printed as so many thousands: reports at the same one are different reports."""
