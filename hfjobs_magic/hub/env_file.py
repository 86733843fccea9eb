"""Files with variables, as ``--env-file`` and ``--secrets-file`` name them."""

from __future__ import annotations

import io
import os
from pathlib import Path

from dotenv.parser import parse_stream

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import check_variable


def read_variable(name: str, flag: str) -> str:
    """Return a variable of the kernel's environment.

    Raises
    ------
    OptionError
        When it is not set.
    """
    value = os.environ.get(name)
    if value is None:
        raise OptionError(f"{flag} {name}: {name} is not set in the kernel's environment. Write {flag} {name}=VALUE.")
    return value


def read_file(path: str | None, flag: str) -> dict[str, str]:
    """Return the variables of a file; a name without a value stands for the kernel's own.

    Raises
    ------
    OptionError
        When there is no such file, and for what is not ``NAME=VALUE``, which python-dotenv leaves out.
    """
    if path is None:
        return {}
    file = Path(path).expanduser()
    if file.is_dir():
        raise OptionError(f"{flag} {path} is a folder. Write the file with the lines NAME=VALUE, such as {flag} .env.")
    if not file.is_file():
        raise OptionError(f"{flag} {path}: there is no such file. Paths are relative to the kernel's folder.")
    try:
        bindings = list(parse_stream(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    except UnicodeDecodeError:
        raise OptionError(f"{flag} {path} is not UTF-8 text. Save it as UTF-8, with lines NAME=VALUE.") from None
    except OSError as error:
        raise OptionError(f"{flag} {path} cannot be read: {error.strerror}.") from None
    found: dict[str, str] = {}
    for one in bindings:
        if one.error:
            # By its number: the line itself may be a secret's.
            text = one.original.string
            number = one.original.line + text[: len(text) - len(text.lstrip())].count("\n")
            raise OptionError(
                f"{flag} {path}, line {number} is not NAME=VALUE, or a quote in it is not closed. "
                "Fix it, or comment it out with #."
            )
        if one.key is None:
            continue
        check_variable(one.key, flag)
        found[one.key] = read_variable(one.key, flag) if one.value is None else one.value
    return found
