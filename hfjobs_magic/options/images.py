"""Names of Docker images: what each looks like as text, and what is refused."""

from __future__ import annotations

import re

from hfjobs_magic.errors import OptionError

_SPACE = re.compile(r"(?:https://)?(?:huggingface\.co|hf\.co)/spaces/[\w.-]+/[\w.-]+")
"""Spellings of a Space that run_job takes for an image (huggingface_hub 2.4)."""

_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|localhost)(?::\d+)?/|[A-Za-z0-9-]+:\d+/)?{_PART}(?:/{_PART})*"
    r"(?::\w[\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]+)?",
    re.ASCII,
)
"""Host, path, tag and digest (the grammar of github.com/distribution/reference)."""


def check_image(text: str) -> None:
    """Refuse what cannot be the name of a Docker image or a Space."""
    if _SPACE.fullmatch(text) or _IMAGE.fullmatch(text):
        return
    near = text.strip().rstrip(":").lower()
    near = near if _IMAGE.fullmatch(near) else "python:3.12"
    rule = "is an address of a page, not the name of an image" if "://" in text else "is not the name of an image"
    written = f"--image {near}" if near != "python:3.12" else "one such as python:3.12"
    raise OptionError(f"--image {text!r} {rule}. Write {written}.")
