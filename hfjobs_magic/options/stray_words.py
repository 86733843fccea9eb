"""Words of a line that belong to no option: what was meant, as far as it can be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.identifiers import shorten
from hfjobs_magic.options.secret_text import has_secret
from hfjobs_magic.options.table import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.options.option import Option

_LEAKS = "A word of the line looks like a token and belongs to no option. Write --secrets with its name."
_HELP = "See %%hfjob --help."

_ELSEWHERE = {
    **dict.fromkeys(
        ("--gpu", "--gpus", "--hardware", "--machine", "--instance", "--accelerator", "--gpu-type"), "--flavor"
    ),
    **dict.fromkeys(("--packages", "--package", "--requirements", "--install", "--pip", "--dependencies"), "--with"),
    **dict.fromkeys(("--token", "--hf-token"), "--secrets HF_TOKEN"),
    **dict.fromkeys(("--time", "--max-time", "--duration", "--time-limit"), "--timeout"),
    **dict.fromkeys(("--mount", "--bind", "--data"), "--volume"),
    **dict.fromkeys(("--environment", "--set-env"), "--env"),
    **dict.fromkeys(("--docker", "--docker-image", "--container"), "--image"),
    **dict.fromkeys(("--background", "--no-wait"), "nothing: a cell does not wait, unless --wait says so"),
    **dict.fromkeys(("--retries", "--retry"), "--attempts"),
    **dict.fromkeys(("--budget", "--max-usd", "--max-price"), "--max-cost"),
    **dict.fromkeys(("--org", "--organization", "--user", "--owner"), "--namespace"),
    **dict.fromkeys(("--tag", "--tags"), "--label"),
    **dict.fromkeys(("--args", "--arguments", "--script-args"), "the script's arguments after --"),
    "--in": "--input",
    "--retry-failed": "--reuse, and runs that have completed are not started again; of a sweep that is there, "
    "`sweep.retry_failed()` or `%hfjobs attach @sweep=ID --retry-failed` starts those anew that failed",
}
"""What other tools call an option, and ours."""

_BY_FLAG = {flag: option for option in OPTIONS for flag in option.flags}


def describe_single_dash(words: Sequence[str]) -> str:
    """Return what to write for ``-local``, which is ``-l ocal`` to a parser; empty where there is none."""
    for word in words:
        name = word.partition("=")[0]
        if re.fullmatch(r"-[A-Za-z][\w-]+", name) and f"-{name}" in _BY_FLAG:
            return f"{name} has one dash. Write -{name}."
    return ""


def describe_stray(words: Sequence[str], stray: str) -> str:
    """Return the sentence for a word that is not an option and no option's value.

    Parameters
    ----------
    words
        The line's words.
    stray
        One of them.
    """
    if stray.startswith("-"):
        return unknown_option(stray)
    if stray.startswith("#") or "#" in words[: words.index(stray) if stray in words else 0]:
        return "A comment cannot follow the options. Put it below the line."
    at = words.index(stray) if stray in words else 0
    option = _BY_FLAG.get(words[at - 2]) if at >= 2 else None
    if option is not None and option.kind in {"text", "many"}:
        return _describe_value(option, words[at - 2], words[at - 1], stray, words[at + 1 : at + 2])
    if has_secret(stray):
        return _LEAKS
    name, equals, value = stray.partition("=")
    if (named := _BY_FLAG.get(f"--{name}")) and equals and value and named.dest != "secrets":
        return f"{name} has no dashes. Write {named.flag} {shorten(value)}."
    return (
        f"{shorten(stray)!r} does not belong to an option. "
        f"Put the script's arguments after --, as in: %%hfjob … -- {shorten(stray)}"
    )


def _describe_value(option: Option, flag: str, value: str, stray: str, after: Sequence[str]) -> str:
    if option.dest == "secrets":
        # The word may be the secret itself.
        is_name = re.fullmatch(r"[A-Z][A-Z0-9_]*", stray) and not has_secret(stray)
        way = f"{flag} {value} {flag} {stray}" if is_name else f"{flag} {value}, and its value nowhere"
        return f"{flag} takes one name. Write {way}."
    if option.dest in {"env", "labels"} and (value.endswith("=") or stray.startswith("=") or "=" not in value):
        name, rest = value.rstrip("="), stray.lstrip("=") or next(iter(after), "")
        if has_secret(rest):
            return _LEAKS
        return f"{flag} takes {option.metavar} without spaces. Write {flag} {name}={shorten(rest)}."
    if has_secret(stray):
        return _LEAKS
    quoted = f'"{shorten(f"{value} {stray}")}"'
    if value == "=":
        way = f"Write {flag} {shorten(stray)}, without a sign between."
    elif option.dest == "map" and "=" not in stray:
        way = f"Write {flag} {shorten(f'{value},{stray}')} for two values, or {flag} {quoted} for one."
    elif option.kind == "many" and option.dest != "env":
        way = f"Write {flag} {shorten(value)} {flag} {shorten(stray)}."
    else:
        way = f"Put it in quotes, as in {flag} {quoted}, or put the script's arguments after --."
    return f"{flag} takes one value. {way}"


def unknown_option(word: str) -> str:
    """Return the sentence for a word that is not an option, with the nearest one."""
    if not word.startswith("-"):
        return describe_stray((), word)
    name = word.split("=", 1)[0]
    lowered = name.lower().replace("_", "-")
    if lowered in _ELSEWHERE:
        return f"There is no option {name}. Write {_ELSEWHERE[lowered]}. {_HELP}"
    hint = did_you_mean(lowered if name.startswith("--") else name, [*_BY_FLAG])
    return f"There is no option {shorten(name)}.{hint} {_HELP}"
