"""What is shown, by MIME type: made fit for a notebook, or printed."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from .description import describe

MAX_TEXT = 2_000
"""Characters that are printed of an output that gets no file any more."""

WIDGET = "application/vnd.jupyter.widget-view+json"
"""A view of a widget: in a job no kernel stands behind it."""

NO_WIDGETS = "a widget needs a kernel behind it, and a job has none: widgets are shown as their text"
"""What is said of them, once."""


NO_FORKS = "a process that the cell forked can only print: return figures and charts to the cell, and show them there"
"""What is said of what is not text, once."""

_OBJECT = re.compile(r"\s*(?:<[^<>]*>|\w[\w.]*\(\.\.\.\)|)\s*\Z")


def is_text(output: dict[str, Any]) -> bool:
    """Whether Python's own text says what an output is, and not only that there is an object: ``<Figure …>``."""
    data = output.get("data", {})
    return not (len(data) > 1 and _OBJECT.match(str(data.get("text/plain", ""))))


def print_text(output: dict[str, Any]) -> None:
    """Print an output as a terminal would; where no text says what it is, a few words."""
    text = output.get("data", {}).get("text/plain") if is_text(output) else describe(output)
    if text:
        print(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…")  # noqa: T201 - that is what is wanted


def clean(output: dict[str, Any]) -> dict[str, Any]:
    """Make an output one that nbformat takes: text, or JSON where the MIME type says so."""
    if "data" not in output:
        return output
    data = {kind: _text(kind, value) for kind, value in output["data"].items() if kind != WIDGET}
    return {**output, "data": data, "metadata": json.loads(json.dumps(output.get("metadata") or {}, default=str))}


def _text(kind: str, value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if kind.endswith("json"):
        return value
    return "".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
