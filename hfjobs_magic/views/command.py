"""The `hf jobs` command that starts the same job from a terminal."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hfjobs_magic.options.table import DEFAULT_FLAVOR, HUB

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

_NOT_OF_THE_JOB = frozenset({"detach", "dry_run"})
"""Options of one submission, not of what runs."""


def hf_command(name: str, options: RunOptions | None, script: Script | None) -> str:
    """Write ``hf jobs uv run``, quoted for a shell; of secrets it has the names only. Empty where not all is known.

    Parameters
    ----------
    name
        Of the job; the script is to be saved as ``NAME.py``.
    options, script
        What was asked for; None for a job that was submitted elsewhere, or that runs a command in an image.
    """
    if options is None or script is None:
        return ""
    words = ["hf", "jobs", "uv", "run"]
    for option in HUB:
        if option.dest in _NOT_OF_THE_JOB:
            continue
        value = getattr(options, option.dest)
        if option.dest == "dependencies":
            value = tuple(dict.fromkeys((*value, *script.extra)))
        if option.kind == "many":
            words += [word for item in value for word in (option.flag, item)]
        elif option.kind == "flag":
            words += [option.flag] if value else []
        elif value is not None and not (option.dest == "flavor" and value == DEFAULT_FLAVOR):
            words += [option.flag, str(value)]
    return shlex.join([*words, f"{name}.py", *options.script_args])
