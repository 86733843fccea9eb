"""Variables and secrets of a job, read from this machine by name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from huggingface_hub import get_token

from hfjobs_magic.errors import OptionError
from hfjobs_magic.values import check_variable, parse_pair

if TYPE_CHECKING:
    from hfjobs_magic.options import RunOptions


def variables(options: RunOptions) -> dict[str, str]:
    """Environment of the job: the file's, then the line's on top, as ``hf jobs`` does.

    Raises
    ------
    OptionError
        When the file is missing or a bare name is not set here.
    """
    found = _read_file(options.env_file, "--env-file")
    for item in options.env:
        name, value = parse_pair(item, "--env")
        found[name] = _own(name, "--env") if value is None else value
    return found


def secrets(options: RunOptions) -> dict[str, str]:
    """Secrets of the job; ``HF_TOKEN`` also comes from ``hf auth login`` or Colab's secrets.

    Raises
    ------
    OptionError
        When a file is missing or a secret is not set; the message never holds a value.
    """
    found = _read_file(options.secrets_file, "--secrets-file")
    for name in options.secrets:
        value = os.environ.get(name) or (get_token() if name == "HF_TOKEN" else None)
        if value is None:
            how = "log in with `hf auth login` or set it" if name == "HF_TOKEN" else "set it"
            raise OptionError(
                f"The secret {name} is not set here; {how} in the kernel's environment (os.environ), "
                "or use --secrets-file."
            )
        found[name] = value
    return found


def is_logged_in() -> bool:
    """Whether there is a token that ``--secrets HF_TOKEN`` would send."""
    return get_token() is not None


def _own(name: str, flag: str) -> str:
    value = os.environ.get(name)
    if value is None:
        raise OptionError(f"{flag} {name}: {name} is not set in the kernel's environment. Write {flag} {name}=VALUE.")
    return value


def _read_file(path: str | None, flag: str) -> dict[str, str]:
    if path is None:
        return {}
    file = Path(path).expanduser()
    if not file.is_file():
        raise OptionError(f"{flag} {path}: there is no such file. Paths are relative to the kernel's folder.")
    found: dict[str, str] = {}
    for name, value in dotenv_values(file, interpolate=False).items():
        check_variable(name, flag)
        found[name] = _own(name, flag) if value is None else value
    return found
