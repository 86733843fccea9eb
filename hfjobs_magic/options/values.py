"""Values of options: what each looks like as text, what is refused, and what it means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable


SCRIPT_MOUNT = "/data"
"""Where run_uv_job mounts the script's folder (huggingface_hub 2.4, ``run_uv_job``)."""


_TIMEOUT = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_timeout(text: str) -> int:
    """Seconds of ``90``, ``90s``, ``10m``, ``1.5h`` or ``1d``."""
    found = _TIMEOUT.fullmatch(text.strip())
    seconds = int(float(found[1]) * _SECONDS[found[2]]) if found else 0
    if seconds < 1:
        raise OptionError(f"--timeout {text} is not a time. Write 90, 90s, 10m, 1.5h or 1d.")
    return seconds


def parse_usd(text: str, flag: str) -> float:
    """US dollars of ``2``, ``0.50`` or ``$2``."""
    found = re.fullmatch(r"\$?(\d+(?:\.\d+)?|\.\d+)", text.strip())
    amount = float(found[1]) if found else 0.0
    if amount <= 0:
        raise OptionError(f"{flag} {text} is not an amount of US dollars. Write 2 or 0.50.")
    return amount


def parse_pair(text: str, flag: str) -> tuple[str, str | None]:
    """Split ``NAME=VALUE``; the value of a bare ``NAME`` is None."""
    name, found, value = text.partition("=")
    if not name.strip():
        form = "KEY=VALUE" if flag == "--label" else "NAME=VALUE"
        raise OptionError(f"{flag} {text} has no name. Write {flag} {form}.")
    return name.strip(), value if found else None


_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check_variable(name: str, flag: str) -> None:
    """Refuse names the Hub refuses (its OpenAPI document, ``environment`` and ``secrets``)."""
    if not _VARIABLE.fullmatch(name):
        rule = "must start with a letter and hold letters, digits and _ only"
        raise OptionError(f"{flag} {name}: a variable's name {rule}.")
    if len(name) == 1 and flag in {"--env", "--env-file"}:
        raise OptionError(f"{flag} {name}: the Hub takes no variable whose name is one letter. Give it a longer one.")


def check_secret(text: str) -> None:
    """Refuse a secret's value on the line: it would be saved with the notebook."""
    name, literal = parse_pair(text, "--secrets")
    if literal is not None:
        raise OptionError(
            f"--secrets {name}=… would save the secret in the notebook. "
            f"Set it in the environment and write --secrets {name}, or use --secrets-file."
        )
    check_variable(name, "--secrets")


_LABEL = re.compile(r"[A-Za-z0-9_-]{1,100}")


def parse_labels(labels: Iterable[str]) -> dict[str, str]:
    """Labels by key; the Hub takes letters, digits, ``-`` and ``_``, 100 at most."""
    found: dict[str, str] = {}
    for item in labels:
        key, value = parse_pair(item, "--label")
        if not _LABEL.fullmatch(key) or (value and not _LABEL.fullmatch(value)):
            raise OptionError(f"--label {item}: use letters, digits, - and _ only, 100 characters at most.")
        found[key] = value or ""
    return found


@dataclass(frozen=True)
class Mount:
    """A volume as written on the line."""

    source: str
    """``hf://…`` or a local directory."""
    path: str
    """Where the job sees it; absolute."""
    read_only: bool | None
    """None leaves it to the kind of source."""


def parse_mount(text: str) -> Mount:
    """Split ``SOURCE:/PATH[:ro|:rw]``."""
    rest = text
    read_only: bool | None = None
    if rest.endswith((":ro", ":rw")):
        read_only = rest.endswith(":ro")
        rest = rest[:-3]
    scheme = "hf://" if rest.startswith("hf://") else ""
    source, found, path = rest[len(scheme) :].rpartition(":/")
    if not found or not source or not path.strip("/"):
        raise OptionError(
            f"--volume {text} is not a mount. Write hf://buckets/ORG/NAME:/PATH, "
            "hf://datasets/ORG/NAME:/PATH or LOCAL_DIR:/PATH, with :ro or :rw behind it if you like."
        )
    return Mount(scheme + source, "/" + path, read_only)
