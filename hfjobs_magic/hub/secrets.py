"""Variables and secrets of a job, read from this machine by name."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from huggingface_hub import constants, get_token

from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.hub.env_file import read_file, read_variable
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.steady_api import SteadyApi
from hfjobs_magic.options.option_values import check_visible, parse_pair

if TYPE_CHECKING:
    from hfjobs_magic.options.run_options import RunOptions


def read_env(options: RunOptions) -> dict[str, str]:
    """Environment of the job: the file's, then the line's on top, as ``hf jobs`` does.

    Raises
    ------
    OptionError
        When the file is missing or a bare name is not set here.
    """
    found = read_file(options.env_file, "--env-file")
    for name, value in found.items():
        way = f"Write --secrets-file {options.env_file}, or take it out."
        check_visible(name, value, f"--env-file {options.env_file}, {name}", way)
    for item in options.env:
        name, given = parse_pair(item, "--env")
        if given is None:
            given = read_variable(name, "--env")
            check_visible(name, given, f"--env {name}", f"Write --secrets {name}.")
        found[name] = given
    return found


def read_secrets(options: RunOptions) -> dict[str, str]:
    """Secrets of the job; ``HF_TOKEN`` also comes from ``hf auth login`` or Colab's secrets.

    Raises
    ------
    OptionError
        When a file is missing or a secret is not set; the message never holds a value.
    """
    found = read_file(options.secrets_file, "--secrets-file")
    for name in options.secrets:
        # huggingface_hub looks for HF_TOKEN in Colab's secrets itself.
        value = os.environ.get(name) or (get_token() if name == "HF_TOKEN" else _of_colab(name))
        if value is None:
            how = "log in with `hf auth login` or set it" if name == "HF_TOKEN" else "set it"
            raise OptionError(
                f"The secret {name} is not set here; {how} in the kernel's environment (os.environ), "
                "or use --secrets-file."
            )
        found[name] = value
    return found


def _of_colab(name: str) -> str | None:
    """Take a secret from Colab's (the key symbol on its left); None where there is no Colab or no such secret.

    Raises
    ------
    OptionError
        When the notebook may not read the secret.
    """
    if "google.colab" not in sys.modules:
        return None  # a Colab kernel imports it when it starts
    userdata = importlib.import_module("google.colab.userdata")
    try:
        return str(userdata.get(name))
    except userdata.SecretNotFoundError:
        return None
    except userdata.NotebookAccessError:
        raise OptionError(
            f"This notebook may not read the secret {name}. Allow it under Secrets, the key symbol on Colab's left."
        ) from None


def is_logged_in() -> bool:
    """Whether there is a token that ``--secrets HF_TOKEN`` would send."""
    return get_token() is not None


def can_token_write() -> bool | None:
    """Whether the token that ``--secrets HF_TOKEN`` sends can write to repositories; None where nobody can say."""
    try:
        with translate_errors(constants.ENDPOINT):
            access = (SteadyApi().whoami().get("auth") or {}).get("accessToken") or {}
    except HubError:
        return None
    if access.get("role") == "fineGrained":
        scopes = (access.get("fineGrained") or {}).get("scoped") or []
        return any("repo.write" in (scope.get("permissions") or ()) for scope in scopes)
    return {"read": False, "write": True, "god": True}.get(str(access.get("role")))
