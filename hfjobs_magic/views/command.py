"""The command that starts the same job in the same place: `hf jobs` in a terminal, or a cell's line for a local job."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from hfjobs_magic.options.table import DEFAULT_FLAVOR, HUB

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script

HUB_ENDPOINT = "https://huggingface.co"
"""Where a terminal goes by itself."""

_BRACES = re.compile(r"[{}]")

_NOT_OF_THE_JOB = frozenset({"detach", "dry_run"})
"""Options of one submission, not of what runs."""


def start_command(
    name: str, options: RunOptions | None, script: Script | None, *, endpoint: str = HUB_ENDPOINT, local: bool = False
) -> str:
    """Write ``hf jobs uv run``, quoted for a shell; of secrets it has the names only. Empty where not all is known.

    For a local job it is ``%hfjobs uv run --local``, since in a terminal the same words would start a job that costs.

    Parameters
    ----------
    name
        Of the job; the script is to be saved as ``NAME.py``.
    options, script
        What was asked for; None for a job that was submitted elsewhere, or that runs a command in an image.
    endpoint
        Where it runs; named where that is another Hub.
    local
        Whether it runs on the local service.
    """
    if options is None or script is None:
        return ""
    words: list[str] = []
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
    own = shlex.join([*words, f"{name}.py", *options.script_args])
    if not local:
        where = "" if endpoint.rstrip("/") == HUB_ENDPOINT else f"HF_ENDPOINT={shlex.quote(endpoint)} "
        return f"{where}hf jobs uv run {own}"
    # A line of a notebook cannot be continued, and its braces are expressions, in quotes, too (options/braces.py).
    return "" if "\n" in own else f"%hfjobs uv run --local {_BRACES.sub(_double, own)}"


def _double(sign: re.Match[str]) -> str:
    return sign[0] * 2
