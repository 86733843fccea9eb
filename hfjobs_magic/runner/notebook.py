"""``cell.ipynb``: the cell and what it showed, as a notebook that the Hub, GitHub and nbviewer show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .prints import SUFFIX, read_prints

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 20_000_000
"""Outputs in it together, in bytes of JSON: GitHub and the Hub show nothing of a notebook that is much larger."""

SLOTS = "outputs"
"""Folder of the staging folder with one file for each output as it is shown last."""


def notebook(text: str, stage: Path, report: dict[str, Any]) -> str:
    """Put a notebook of one cell together, in nbformat 4.5; `report` says how it ended."""
    outputs: list[Any] = []
    room = MAX_BYTES
    for path in sorted(path for path in (stage / SLOTS).glob("*") if path.suffix in {".json", SUFFIX}):
        if path.suffix == SUFFIX:
            outputs += read_prints(path)
            continue
        written = path.read_text(encoding="utf-8")
        room -= len(written)
        outputs.append(json.loads(written) if room > 0 else _placeholder(path.stem))
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "id": "cell",
        "metadata": {},
        "outputs": outputs,
        "source": text.splitlines(keepends=True),
    }
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": report["python"]},
    }
    return json.dumps({"cells": [cell], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def _placeholder(number: str) -> dict[str, Any]:
    text = f"Output {int(number)} is not in this notebook, which would be too large; it is outputs/{number}.json."
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}
