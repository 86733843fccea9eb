"""The runner as one file: what a cell's job runs."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

FOLDERS = ("runner", "values")
"""Folders of this package that go into the job; neither imports anything else of it."""

PACKAGE = "hfjobs_runner"
"""What the runner's modules are called in the job: no name that a cell could import."""

_MAIN = f"from {PACKAGE}.runner.__main__ import start\n\nstart()\n"

_SAME_DAY = (2026, 1, 1, 0, 0, 0)
"""A zip file has dates; with one for all, the same runner has the same bytes, and is uploaded once."""


@cache
def archive() -> bytes:
    """Put the runner's modules, as they are, into a zip file that Python runs (``python runner.pyz``)."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("__main__.py", _SAME_DAY), _MAIN)
        made.writestr(zipfile.ZipInfo(f"{PACKAGE}/__init__.py", _SAME_DAY), "")
        for folder in FOLDERS:
            for path in sorted((Path(__file__).parents[1] / folder).glob("*.py")):
                name = f"{PACKAGE}/{folder}/{path.name}"
                made.writestr(zipfile.ZipInfo(name, _SAME_DAY), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return written.getvalue()
