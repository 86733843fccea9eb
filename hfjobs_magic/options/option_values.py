"""Values of options: what each looks like as text, what it means, and what is refused."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import (
    MAX_LABEL,
    check_job_name,
    check_variable,
    is_label,
    shorten,
    valid_job_name,
)
from hfjobs_magic.options.secret_text import has_secret, is_secret_variable

if TYPE_CHECKING:
    from collections.abc import Iterable

SCRIPT_MOUNT = "/data"
"""Where run_uv_job mounts the script's folder (huggingface_hub 2.4, ``run_uv_job``)."""

INPUT_MOUNT = "/hfjob"
"""Where a job finds the values that its notebook sent along."""

_NEXT_PACKAGE = re.compile(r",(?=\s*[A-Za-z][\w.-]*\s*(?:\[[^\]]*\]\s*)?(?:[<>=!~,]|$))(?![^\[]*\])")
"""A comma with a package behind it, not a version, and not in the brackets of extras."""

_PYTHON = re.compile(
    r"(?:cpython|pypy|graalpy|pyodide|cp|pp|gp|python)?[@-]?(?P<version>\d+(?:\.\d+){0,2})?(?:(?:a|b|rc)\d+)?[td]?"
    r"(?:[-+][\w.+-]+)?",
    re.IGNORECASE | re.ASCII,
)
"""Requests of uv (its documentation, "Requesting a version") but for specifiers and paths."""

_SPECIFIER = re.compile(r"[a-z]*(?:(?:[<>]=?|[=!]=|~=)\s*\d[\w.*]*)(?:\s*,\s*(?:[<>]=?|[=!]=|~=)\s*\d[\w.*]*)*")
_OLDEST_PYTHON = (3, 8)
"""The oldest that uv installs."""


def parse_pair(text: str, flag: str) -> tuple[str, str | None]:
    """Split ``NAME=VALUE``; the value of a bare ``NAME`` is None."""
    name, equals, value = text.partition("=")
    if not name.strip():
        # A secret's value has no place on the line.
        form = {"--label": "KEY=VALUE", "--secrets": "NAME"}.get(flag, "NAME=VALUE")
        raise OptionError(f"{flag} {text} has no name. Write {flag} {form}.")
    return name.strip(), value if equals else None


def parse_labels(labels: Iterable[str]) -> dict[str, str]:
    """Return labels by key; the value of a bare ``KEY`` is empty.

    Raises
    ------
    OptionError
        For characters that the Hub refuses, and for a ``name`` that no job can have.
    """
    found: dict[str, str] = {}
    for item in labels:
        key, value = parse_pair(item, "--label")
        if key == "name" and value is not None:
            check_job_name(value)
        if not is_label(key) or (value and not is_label(value)):
            nearest = "=".join(filter(None, map(valid_job_name, (key, value or ""))))
            raise OptionError(
                f"--label {shorten(item)}: use ASCII letters, digits, - and _ only, at most {MAX_LABEL} characters."
                f"{f' Write --label {nearest}.' if nearest == shorten(nearest) and nearest else ''}"
            )
        found[key] = value or ""
    return found


def check_label(item: str) -> None:
    """Refuse one label that the Hub refuses."""
    parse_labels([item])


def check_env(item: str) -> None:
    """Refuse a name that the Hub refuses, and a value that is a token: whoever sees the job sees its environment."""
    name, value = parse_pair(item, "--env")
    check_variable(name, "--env")
    if value:
        check_visible(
            name, value, f"--env {name}", f"Set {name} in the kernel's environment and write --secrets {name}."
        )


def check_visible(name: str, value: str, place: str, way: str) -> None:
    """Refuse a variable that is a secret: whoever sees the job sees its environment."""
    if is_secret_variable(name, value):
        raise OptionError(f"{place}: its value looks like a token, and a job's environment is visible. {way}")


def check_no_secret(text: str, flag: str) -> None:
    """Refuse a token in what is shown of a job: its name, labels, packages, volumes, command."""
    if has_secret(text):
        raise OptionError(
            f"{flag} holds what looks like a token, and whoever sees the job sees it. "
            "Set it in the kernel's environment, write --secrets with its name, and read it from os.environ in the job."
        )


def check_secret(item: str) -> None:
    """Refuse a secret's value on the line: it would be saved with the notebook."""
    name, literal = parse_pair(item, "--secrets")
    if literal is not None:
        raise OptionError(
            f"--secrets {shorten(name)}=… would save the secret in the notebook. "
            f"Set it in the environment and write --secrets {shorten(name)}, or use --secrets-file."
        )
    if name[0] in "{$":
        raise OptionError(
            f"--secrets {shorten(name)}: {{…}} and $… have no meaning here. Write the secret's name itself."
        )
    if "," in name:
        again = " ".join(f"--secrets {item.strip()}" for item in name.split(",") if item.strip())
        raise OptionError(f"--secrets {shorten(name)}: one name each. Write {shorten(again)}.")
    check_variable(name, "--secrets")


def split_packages(text: str) -> tuple[str, ...]:
    """Split ``torch,torchvision>=0.20,<1``, as uv does; an address or a marker is one.

    >>> split_packages("torch,torchvision>=0.20,<1")
    ('torch', 'torchvision>=0.20,<1')
    """
    return (text,) if re.search(r"[/\\;@]", text) else tuple(part.strip() for part in _NEXT_PACKAGE.split(text))


def check_python(text: str) -> None:
    """Refuse what uv cannot take as a Python to run with; whether it has that version is for uv to say.

    Raises
    ------
    OptionError
        For what is neither a version, a specifier, an implementation nor a path.
    """
    word = text.strip()
    if "/" in word or "\\" in word or _SPECIFIER.fullmatch(word):
        return
    found = _PYTHON.fullmatch(word) if word and word[0].isalnum() else None
    if found is None:
        raise OptionError(f"--python {text} is not a Python version. Write one such as --python 3.12.")
    if found["version"] and not _OLDEST_PYTHON <= _major_minor(found["version"]) < (4,):
        raise OptionError(f"--python {text}: uv has no such Python. Write a version such as --python 3.12.")


def _major_minor(version: str) -> tuple[int, ...]:
    """Return the first two numbers of ``3.12.1`` or of ``312``, as wheels write it; a lone ``3`` is the newest."""
    if version == "3":
        return (3, 99)
    if "." not in version:
        return int(version[0]), int(version[1:] or 0)
    return tuple(map(int, version.split(".")[:2]))


def check_names(text: str) -> None:
    """Refuse what says nothing of the names of the notebook."""
    if text != "none":
        raise OptionError(f"--names {text}: write --names none, or leave it out to bring along what the cell uses.")


MAX_FOLDER = 200
"""Characters of a folder's path: with what is before it, it is an argument of 255 bytes at most."""


def parse_out_dir(text: str) -> str:
    """Return the folder of ``--out-dir`` as it is written everywhere: ``./a/b/`` is ``a/b``.

    Raises
    ------
    OptionError
        When it is not below the working directory, which is that of the job and that of the kernel.
    """
    path = PurePosixPath(text)
    is_below = path.parts and not path.is_absolute() and ".." not in path.parts and not text.startswith("~")
    if not is_below or not text.isprintable() or set("\\:") & set(text) or len(text.encode()) > MAX_FOLDER:
        raise OptionError(
            f"--out-dir {shorten(text)}: write a folder below the job's working directory, as in --out-dir results."
        )
    return path.as_posix()


def check_deps(text: str) -> None:
    """Refuse a mode that there is not."""
    if text not in {"infer", "pin", "none"}:
        raise OptionError(f"--deps {text}: write --deps infer, --deps pin or --deps none.")


def check_seed(text: str) -> None:
    """Refuse what is not a whole number."""
    if not (text.isdecimal() and len(text) < 10):
        raise OptionError(f"--seed {text} is not a whole number. Write one such as --seed 0.")


def parse_metric(text: str) -> tuple[str, str]:
    """Return the name of a metric, and ``min`` or ``max``, empty where it does not say which is best.

    Raises
    ------
    OptionError
        When it is neither.

    >>> parse_metric("eval_loss:min"), parse_metric("acc")
    (('eval_loss', 'min'), ('acc', ''))
    """
    name, colon, mode = text.strip().partition(":")
    if not name or (colon and mode not in {"min", "max"}):
        raise OptionError(f"--metric {shorten(text) or 'nothing'}: write NAME, NAME:min or NAME:max.")
    return name, mode


def check_port(text: str, flag: str) -> None:
    """Refuse what is not a port."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise OptionError(f"{flag} {text} is not a port. Write a number from 1 to 65535.")
