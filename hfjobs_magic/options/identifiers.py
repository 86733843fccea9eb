"""Names that the Hub, Python or a file system has to accept: what each may look like, and what is refused."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata

from hfjobs_magic.errors import OptionError

MAX_LABEL = 100
"""Characters of a label's key or value (the Hub's OpenAPI document, ``labels``)."""

_LABEL = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_LABEL}}}")
"""The Hub's document allows dots, too, but its label store refuses them (hub-docs issue 2735)."""

_WINDOWS_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9])", re.IGNORECASE)
"""File names that Windows reserves, with any extension (Microsoft, "Naming Files, Paths, and Namespaces")."""

_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAMESPACE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_-])?")
_GROUP = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_RESOURCE_GROUP = re.compile(r"[0-9a-f]{24}", re.IGNORECASE)
_SPELT = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D"}
    | {"ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "\u0131": "i"}
)
"""Latin letters that are no ASCII letter with a mark, as one spells them without."""

_IPYTHON = re.compile(r"In|Out|get_ipython|display|exit|quit|_exit_code|_+|_i+|_i?\d+|_[dio]h")

_SHOWN = 60
"""Characters of a refused value that a message repeats."""


def check_job_name(name: str) -> None:
    """Refuse a name that cannot be both a label and the name of the script's file.

    Raises
    ------
    OptionError
        With the nearest name that can.
    """
    valid = valid_job_name(name)
    if name and name == valid:
        return
    hint = f" Write --name {valid}." if valid else " Give it one, or leave --name out."
    if not name.strip():
        raise OptionError("--name is empty. Give it a value, or leave it out.")
    rule = f"a job's name has at most {MAX_LABEL} ASCII letters, digits, - and _, and does not begin with -"
    if _WINDOWS_DEVICE.fullmatch(name):
        rule = "Windows reserves that file name"
    raise OptionError(f"--name {shorten(name)}: {rule}.{hint}")


def valid_job_name(text: str) -> str:
    """Return the nearest name to `text` that a job can have; empty where nothing of it can stay.

    >>> valid_job_name("../bert large/lr=0.1")
    'bert-large-lr-0-1'
    """
    ascii_only, _ = spell_in_ascii(text)
    name = ascii_only if _LABEL.fullmatch(ascii_only) else re.sub(r"[^A-Za-z0-9_]+", "-", ascii_only)
    name = name.lstrip("-")[:MAX_LABEL]
    name = name if name == ascii_only else name.rstrip("-")
    return f"{name}-job" if _WINDOWS_DEVICE.fullmatch(name) else name


def spell_in_ascii(text: str) -> tuple[str, bool]:
    """Return `text` in ASCII, and whether letters were lost for which that has none.

    >>> spell_in_ascii("Größe"), spell_in_ascii("a 中文")
    (('Grosse', False), ('a ', True))
    """
    decomposed = unicodedata.normalize("NFKD", text.translate(_SPELT))
    lost = any(char.isalnum() and not char.isascii() for char in decomposed)
    return decomposed.encode("ascii", "ignore").decode(), lost


def is_label(text: str) -> bool:
    """Whether the Hub accepts a label's key, or a value that is not empty."""
    return bool(_LABEL.fullmatch(text))


def check_variable(name: str, flag: str) -> None:
    """Refuse names that the Hub refuses (its OpenAPI document, ``environment`` and ``secrets``)."""
    if not _VARIABLE.fullmatch(name):
        rule = "must start with a letter and contain only letters, digits and _"
        raise OptionError(f"{flag} {shorten(name)}: a variable's name {rule}.")
    if len(name) == 1 and flag in {"--env", "--env-file"}:
        raise OptionError(f"{flag} {name}: the Hub takes no variable whose name is one letter. Use a longer name.")


def check_namespace(name: str) -> None:
    """Refuse what cannot be a user or an organisation; the name becomes part of addresses."""
    if not _NAMESPACE.fullmatch(name) or ".." in name:
        raise OptionError(
            f"--namespace {shorten(name)} is not the name of a user or an organisation. "
            "Write it as in its address, huggingface.co/NAME."
        )


def check_group(name: str, flag: str, longest: int) -> None:
    """Refuse names of network groups and aliases that the Hub refuses (``hf jobs uv run --help``)."""
    if not _GROUP.fullmatch(name) or len(name) > longest:
        raise OptionError(
            f"{flag} {shorten(name)}: use lowercase letters, digits and - only, at most {longest} characters."
        )


def check_resource_group(text: str) -> None:
    """Refuse what is not the id of a resource group."""
    if not _RESOURCE_GROUP.fullmatch(text):
        raise OptionError(f"--resource-group-id {shorten(text)}: an id has 24 hexadecimal digits.")


def check_python_name(name: str) -> None:
    """Refuse what cannot be, or should not be, a variable of the notebook."""
    if not name.isidentifier() or keyword.iskeyword(name):
        nearest = re.sub(r"\W+", "_", name).strip("_")
        nearest = f"job_{nearest}" if nearest[:1].isdigit() else nearest
        is_usable = nearest.isidentifier() and not keyword.iskeyword(nearest) and not is_taken(nearest)
        way = shorten(nearest) if is_usable else "job"
        raise OptionError(f"--as needs a Python name, not {shorten(name)!r}. Write --as {way}.")
    if is_taken(name):
        raise OptionError(f"--as {name} would hide what Python or IPython has by this name. Write --as job.")
    if name != (read := unicodedata.normalize("NFKC", name)):
        raise OptionError(f"--as {name}: Python reads this name as {read}. Write --as {read}.")


def is_taken(name: str) -> bool:
    """Whether Python or IPython has something by this name."""
    return hasattr(builtins, name) or is_ipythons(name) or bool(re.fullmatch(r"__\w+__", name))


def is_ipythons(name: str) -> bool:
    """Whether IPython gives a notebook something by this name: ``In``, ``_3``, ``display``."""
    return bool(_IPYTHON.fullmatch(name))


def shorten(text: str) -> str:
    """Cut a value that a message repeats, and write out what would not be visible."""
    visible = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return visible if len(visible) <= _SHOWN else f"{visible[:_SHOWN]}…"
