"""``!pip install`` in a job: what it names was installed before the job's first line."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys

_INSTALLS = re.compile(
    r"\s*(?:(?:sudo(?:\s+-\w)?|env|time|yes|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*))\s+)*(?:\S*python[\d.]*\s+-m\s+)?"
    r"(?:uv\s+)?(?:pip[\d.]*|uv)\s+(?:-\S+\s+)*(?:install|add)\b(?P<rest>.*)",
    re.DOTALL,
)
_REDIRECTION = re.compile(r"\s(?:\d|&)?>{1,2}\s*(?:&\d|\S+)")
_ENDS = re.compile(r"(&&|\|\||;)")
_PIPE = re.compile(r"(?<!\|)\|(?!\|).*?(?=&&|;|\|\||$)", re.DOTALL)


_LISTS = re.compile(
    r"\s*(?:\S*python[\d.]*\s+-m\s+)?(?:uv\s+)?pip[\d.]*\s+(?P<verb>list|freeze|show|check)\b(?P<rest>.*)", re.DOTALL
)
_JOINTS = re.compile(r"(&&|\|\||;|\|)")


def by_uv(line: str) -> str:
    """Have uv fetch a pip that says what is installed where there is none; every other command stays as it is.

    uv's own ``pip list`` shows nothing of the environments that ``uv run --with`` puts over each other.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None or importlib.util.find_spec("pip") is not None:
        return line
    parts = _JOINTS.split(line)
    for at in range(0, len(parts), 2):
        found = _LISTS.fullmatch(parts[at])
        if found is not None and "--python" not in found["rest"]:
            words = [uv, "tool", "run", "-q", "pip", "--python", sys.executable, found["verb"]]
            parts[at] = f" {shlex.join(words)}{found['rest']}"
    return "".join(parts).strip()


def answer(line: str) -> str | None:
    """Say why a line that installs packages does nothing; None for every other command."""
    plain = _PIPE.sub("", _REDIRECTION.sub(" ", line))
    found = [_INSTALLS.match(part) for part in _ENDS.split(plain)[::2] if part.strip()]
    names: list[str] = []
    for command in found:
        if command is None or "&" in command["rest"]:
            return None
        names += [word.strip("'\"") for word in command["rest"].split() if not word.startswith("-")]
    return f"{' '.join(names) or 'Packages'}: installed with the job's other packages, before it began."


def answer_parts(line: str) -> str:
    """Give a line of several commands with such an answer in place of each that installs packages."""
    parts = _ENDS.split(line)
    try:
        for part in parts[::2]:
            shlex.split(part)
    except ValueError:  # what looks like a command is within quotes
        return line
    for at in range(0, len(parts), 2):
        said = answer(parts[at]) if parts[at].strip() else None
        if said is not None:
            parts[at] = f" echo {shlex.quote(said)} "
    return "".join(parts).strip()
