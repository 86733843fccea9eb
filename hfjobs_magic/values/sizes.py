"""Sizes as people read them."""

from __future__ import annotations


def format_size(size: float) -> str:
    """Return bytes as a person reads them.

    >>> format_size(1_250_000)
    '1.2 MB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.0f} B"
