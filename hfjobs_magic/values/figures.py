"""Figures of matplotlib as PNG: a picture of what was drawn, of which no figure can be made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .format import Written, find_module
from .pictures import NAME, needs, read

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "accepts", "needs", "read", "write"]


def accepts(value: Any) -> bool:
    """Return whether it is a figure of matplotlib's."""
    figures = find_module("matplotlib.figure")
    return figures is not None and isinstance(value, figures.Figure)


def write(value: Any, folder: Path, stem: str) -> Written:
    """Write ``stem.png``."""
    name = f"{stem}.png"
    value.savefig(folder / name, format="png")
    return Written((name,), note="travels as a picture of what was drawn")
