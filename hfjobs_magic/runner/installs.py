"""``!pip install`` in a job: what it names was installed before the job's first line."""

from __future__ import annotations

import re

_INSTALLS = re.compile(
    r"\s*(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+)?(?:uv\s+)?(?:pip[\d.]*|uv)\s+(?:-\S+\s+)*(?:install|add)\b(?P<rest>.*)",
    re.DOTALL,
)


def answer(line: str) -> str | None:
    """Say why a line that installs packages does nothing; None for every other command."""
    found = _INSTALLS.match(line)
    if found is None or re.search(r"[;&|]\s*\S", found["rest"]):
        return None
    names = [word.strip("'\"") for word in found["rest"].split() if not word.startswith("-")]
    return f"{' '.join(names) or 'Packages'}: installed with the job's other packages, before it began."
