"""``!pip install`` in a job: what it names was installed before the job's first line."""

from __future__ import annotations

import re

_INSTALLS = re.compile(
    r"\s*(?:(?:sudo(?:\s+-\w)?|env|time|yes|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*))\s+)*(?:\S*python[\d.]*\s+-m\s+)?"
    r"(?:uv\s+)?(?:pip[\d.]*|uv)\s+(?:-\S+\s+)*(?:install|add)\b(?P<rest>.*)",
    re.DOTALL,
)
_REDIRECTION = re.compile(r"\s(?:\d|&)?>{1,2}\s*(?:&\d|\S+)")
_PIPE = re.compile(r"(?<!\|)\|(?!\|).*?(?=&&|;|\|\||$)", re.DOTALL)


def answer(line: str) -> str | None:
    """Say why a line that installs packages does nothing; None for every other command."""
    plain = _PIPE.sub("", _REDIRECTION.sub(" ", line))
    found = [_INSTALLS.match(part) for part in re.split(r"&&|\|\||;", plain) if part.strip()]
    names: list[str] = []
    for command in found:
        if command is None or "&" in command["rest"]:
            return None
        names += [word.strip("'\"") for word in command["rest"].split() if not word.startswith("-")]
    return f"{' '.join(names) or 'Packages'}: installed with the job's other packages, before it began."
