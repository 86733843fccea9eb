"""Whether uv can install what a job needs, asked on this machine before the job costs anything.

The resolver is the one that the job uses, for the job's platform and Python. It takes what is in wheels only: building
a source distribution would run its code here.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hfjobs_magic.api.job_python import target_python
from hfjobs_magic.api.uv_program import find_uv, run_uv
from hfjobs_magic.exchange.packages import REFUSING
from hfjobs_magic.script.packages.requirements import path_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

PATIENCE_S = 3.0
"""Longest that a submission waits for uv, in seconds: a resolution takes a half, and nobody waits for a slow index."""

PLAN_PATIENCE_S = 15.0
"""The same for ``--dry-run``, in seconds: whoever asks for a plan wants the answer."""

JOB_PLATFORM = "x86_64-unknown-linux-gnu"
"""The Hub's machines, as ``uv --python-platform`` names them."""

_ATTEMPTS = 3
"""Resolutions at most: each further one leaves out packages that have no wheels."""

_STEPS = 3
"""Steps of uv's explanation that a message repeats; of a longer one only the last conclusion."""

_LONGEST = 300
"""Characters of uv's explanation that a message repeats."""

_UNREACHABLE = "The packages were not checked: the index cannot be reached from here."

_TRUE = frozenset({"1", "true", "yes", "y", "on", "t"})
"""What uv takes for a yes in a variable."""

_FAILED = "No solution found when resolving dependencies"
_NO_NETWORK = re.compile(r"network was disabled|Failed to fetch|error sending request|dns error|timed out", re.I)
_MALFORMED = re.compile(r"Couldn't parse requirement.*\n\s*cause: (.*)|(The wheel filename .* is invalid.*)")
_NO_WHEELS = re.compile(r"Wheels are required for `([^`]+)`")
_CREDENTIALS = re.compile(r"://[^/@\s]+@")


@dataclass(frozen=True)
class Resolution:
    """What uv found."""

    packages: frozenset[str] | None = None
    """Canonical names of all that would be installed; None where that is not known."""
    built: frozenset[str] = frozenset()
    """Those of them that have no wheel and are built in the job."""
    refusal: str = ""
    """Why they cannot be installed together, in uv's words; empty where they can, or where it is not known."""
    note: str = ""
    """Why it is not known."""


@dataclass(frozen=True)
class _Question:
    """All that decides an answer of uv."""

    requirements: tuple[str, ...]
    header: str
    python: str
    is_python_certain: bool
    platform: str | None
    environment: tuple[tuple[str, str], ...]
    patience_s: float = field(compare=False)


class _Unknown(Exception):  # noqa: N818 - no error of ours, and it never leaves this module
    """Uv gave no answer; it is asked again the next time."""


def resolve_packages(
    script: Script, options: RunOptions, env: Mapping[str, str], *, patience_s: float = PATIENCE_S
) -> Resolution:
    """Ask uv for all packages of a job; an answer is remembered for the session.

    Parameters
    ----------
    script, options
        What the job runs, and how.
    env
        Its environment, whose ``UV_…`` say where packages come from.
    patience_s
        Seconds to wait at most.
    """
    # A path is one of the job's own disk, which is not here.
    wanted = tuple(item for item in script.requirements if not path_of(item))
    if not wanted:
        return Resolution(packages=frozenset())
    python, is_certain = target_python(script, options)
    question = _Question(
        wanted,
        script.header,
        python,
        is_certain,
        None if options.local else JOB_PLATFORM,
        tuple(sorted((key, value) for key, value in {**os.environ, **env}.items() if key.startswith("UV_"))),
        patience_s,
    )
    try:
        return _ask(question)
    except _Unknown as unknown:
        return Resolution(note=str(unknown))


@lru_cache(maxsize=64)
def _ask(question: _Question) -> Resolution:
    uv = find_uv()
    if uv is None:
        raise _Unknown
    until = time.monotonic() + question.patience_s
    left_out: set[str] = set()
    for _ in range(_ATTEMPTS):
        wanted = [item for item in question.requirements if canonicalize_name(_name(item)) not in left_out]
        done = _run(uv, question, wanted, left_out, until)
        if done.returncode == 0:
            names = re.findall(r"^([\w.-]+)(?: @ |==)", done.stdout, re.MULTILINE)
            return Resolution(frozenset(map(canonicalize_name, names)) | left_out, frozenset(left_out))
        without_wheels = {canonicalize_name(name) for name in _NO_WHEELS.findall(done.stderr)} - left_out
        if not without_wheels & {canonicalize_name(_name(item)) for item in wanted}:
            return _failure(done.stderr, question, is_known=not without_wheels)
        left_out |= without_wheels
    raise _Unknown


def _run(
    uv: str, question: _Question, wanted: Sequence[str], left_out: Collection[str], until: float
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
        # The header's [tool.uv] names indexes and sources; uv reads it of a project, not of a script.
        Path(folder, "pyproject.toml").write_text(_project(question.header, left_out), encoding="utf-8")
        # In a file, not on the command line, which every user of the machine can read.
        Path(folder, "more.in").write_text("\n".join(wanted) + "\n", encoding="utf-8")
        files = ("pyproject.toml", "more.in") if question.header else ("more.in",)
        platform = ("--python-platform", question.platform) if question.platform else ()
        try:
            return run_uv(
                uv,
                *("pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-build"),
                *("--no-python-downloads", "--python", sys.executable, "--python-version", question.python),
                *platform,
                *files,
                folder=folder,
                environment={"UV_HTTP_RETRIES": "0", **dict(question.environment)},
                patience_s=until - time.monotonic(),
            )
        except subprocess.TimeoutExpired:
            raise _Unknown(
                f"The packages were not checked: the index did not answer within {question.patience_s:g} s."
            ) from None
        except OSError:
            raise _Unknown("The packages were not checked: uv cannot be started here.") from None


def _project(header: str, left_out: Collection[str]) -> str:
    r"""Return a script's header as a project, without some of what it depends on.

    >>> _project("dependencies = ['a[b]', 'c']\n[[tool.uv.index]]\ndefault = true", ["c"])
    '[project]\nname = "hfjob"\nversion = "0"\ndependencies = ["a[b]"]\n[[tool.uv.index]]\ndefault = true\n'
    """
    keys = tomllib.loads(header)
    kept = [item for item in keys.get("dependencies", ()) if canonicalize_name(_name(item)) not in left_out]
    python = f"requires-python = {json.dumps(keys['requires-python'])}\n" if "requires-python" in keys else ""
    tables = re.search(r"^\s*\[{1,2}[\w.\"' -]+\]{1,2}\s*(?:#.*)?$", header, re.MULTILINE)
    rest = header[tables.start() :].strip() if tables else ""
    return f'[project]\nname = "hfjob"\nversion = "0"\n{python}dependencies = {json.dumps(kept)}\n{rest}\n'


def _failure(stderr: str, question: _Question, *, is_known: bool) -> Resolution:
    text = _CREDENTIALS.sub("://***@", stderr)
    if _NO_NETWORK.search(text):
        raise _Unknown(_UNREACHABLE)
    if refusing := REFUSING.search(text):
        # The job may have its login as a secret.
        index, status = refusing.groups()
        raise _Unknown(f"The packages were not checked: the index {index} refuses to be read from here ({status}).")
    if not is_known:
        raise _Unknown("The packages were not checked: uv cannot resolve them without building some.")
    if malformed := _MALFORMED.search(text):
        words = malformed[1] or malformed[2]
        return Resolution(refusal=words if len(words) <= _LONGEST else f"{words[:_LONGEST].rsplit(' ', 1)[0]} …")
    if _FAILED not in text:
        first = text.strip().partition("\n")[0].removeprefix("error: ").rstrip(".")
        raise _Unknown(f"The packages were not checked: {first[:_LONGEST]}.")
    if dict(question.environment).get("UV_OFFLINE", "").lower() in _TRUE:
        # Of a package with extras uv says then that there is no such version, and not why.
        raise _Unknown(_UNREACHABLE)
    reason = shorten_explanation(text)
    if "Python" in reason and not question.is_python_certain:
        raise _Unknown(f"The packages may not fit the job's Python: {reason}.")
    return Resolution(refusal=reason)


def shorten_explanation(text: str) -> str:
    """Return the last step of uv's explanation why there is no solution, as one clause.

    >>> shorten_explanation("cause: Because a was not found in the package registry and you require a, we can "
    ...                     "conclude that your requirements are unsatisfiable.")
    'a was not found in the package registry and you require a'
    """
    cause = " ".join(text.partition("hint:")[0].partition("Because ")[2].replace("│", " ").split())
    # The name of the project that a script's header is made for uv.
    cause = cause.replace("hfjob depends on", "you require").replace("hfjob's requirements", "your requirements")
    steps = re.split(r"\. And because ", cause)
    premises = [step.partition(", we can conclude")[0] for step in steps]
    reason = ", and ".join(premises)
    if len(steps) > 1 and ("all of:" in reason or len(reason) > _LONGEST or len(steps) > _STEPS):
        reason = f"{steps[-2].partition('we can conclude that ')[2].rstrip('.')}, and {premises[-1]}"
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST].rsplit(' ', 1)[0]} …"


def _name(requirement: str) -> str:
    found = re.match(r"[\w.-]+", requirement)
    return found[0] if found else requirement
