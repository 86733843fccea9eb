"""Bars within bars that report the same: the values of a curve are those of the innermost, whose steps it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.metrics.progress_frames import Frame


class NestedValues:
    """Tells the values of a bar from those that the bars below it have reported."""

    def __init__(self) -> None:
        # The newest bar at the top, that below which others reported, and what they did.
        self._above: tuple[str, float | None] = ("", None)
        self._around: tuple[str, float | None] | None = None
        self._inner: set[str] = set()

    def take(self, values: dict[str, float], frame: Frame, depth: int) -> dict[str, float]:
        """Return the values that are of the bar alone; `depth` bars stand above it."""
        if depth:
            self._inner |= values.keys()
            self._around = self._above
            return values
        self._above = (frame.label, frame.total)
        return {key: x for key, x in values.items() if self._above != self._around or key not in self._inner}
