"""The static twin of a card: what is seen where no widget can run. Text only, escaped."""

from __future__ import annotations

from html import escape

_STYLE = "font-family: system-ui, sans-serif; border: 1px solid #8884; border-radius: 6px; padding: 8px 12px"


def text(name: str, flavor: str, where: str) -> str:
    """One line of constant facts; the text/plain of a card."""
    return f"Job {name} on {flavor}, {where}"


def html(name: str, flavor: str, where: str) -> str:
    """Constant facts and the way back to the live card; the text/html of a card."""
    return (
        f'<div style="{_STYLE}">Job <b>{escape(name)}</b> on {escape(flavor)}, {escape(where)}. '
        "<small>The live card shows while the kernel runs; "
        "<code>%hfjobs ls -a</code> finds the job again.</small></div>"
    )
