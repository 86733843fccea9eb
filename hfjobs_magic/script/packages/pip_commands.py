"""Commands that install packages, as a shell reads them: ``pip``, ``uv`` and ``conda`` in all their spellings."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_CONDA = frozenset({"conda", "mamba", "micromamba"})
"""No job has them, whatever they are to do."""

_TOOLS = re.compile(r"pip[\d.]*|uv|conda|mamba|micromamba")
_VERBS = frozenset({"install", "add", "uninstall", "remove"})
_PYTHON = re.compile(r"\S*python[\d.]*|\{sys\.executable\}|\$\{?sys\.executable\}?")
_REDIRECTION = re.compile(r"(?<!\S)(?:\d|&)?>{1,2}\s*(?:&\d|\S+)")
"""Behind a space: in ``pip install torch>=2`` it is meant as a version."""

_AHEAD = frozenset({"sudo", "env", "time", "nohup", "yes", "-H", "-E", "!", "%%capture"})
"""Words in front of a command that leave it what it is."""

_ENDS = re.compile(r"&&?|\|\||;")


@dataclass(frozen=True)
class PipCommand:
    """One command of a line."""

    tool: str
    """``pip`` for pip and uv; ``conda``, ``mamba`` or ``micromamba``."""
    verb: str
    """``install``, ``add``, ``uninstall`` or ``remove``; of conda any."""
    words: tuple[str, ...]
    """Options and packages, wherever they stood."""


def find_pip_commands(line: str) -> tuple[tuple[PipCommand, ...], bool]:
    """Return the commands of a line that install packages, and whether the line has others.

    What a pipe does with their output is no command of interest.

    Raises
    ------
    ValueError
        For quotes that do not close.
    """
    found: list[PipCommand] = []
    others = False
    for words in _split(line):
        command = _read(words)
        if command is not None:
            found.append(command)
        others = others or command is None
    return tuple(found), others


def _split(line: str) -> list[list[str]]:
    """Split a line into commands and their words; comments, redirections and what follows a pipe are left out."""
    plain = _REDIRECTION.sub(" ", line)
    try:
        words = _words(plain)
    except ValueError:
        words = _words(re.sub(r"(?<!\S)#.*", "", plain))  # an apostrophe in a comment
    commands: list[list[str]] = [[]]
    is_piped = False
    for word in words:
        if word.startswith("#"):
            break
        if word == "|":
            is_piped = True
        elif _ENDS.fullmatch(word):
            commands.append([])
            is_piped = False
        elif not is_piped:
            commands[-1].append(word)
    return [words for words in commands if words]


def _words(text: str) -> list[str]:
    reader = shlex.shlex(text, posix=True, punctuation_chars=";&|")
    reader.whitespace_split = True
    reader.commenters = ""  # a word of a comment begins with the sign; in an address it may be anywhere
    return list(reader)


def _read(words: list[str]) -> PipCommand | None:
    left = list(words)
    while left and (left[0] in _AHEAD or re.match(r"[A-Za-z_]\w*=", left[0])):
        left.pop(0)
    if left and _PYTHON.fullmatch(left[0]):
        if left[1:2] != ["-m"]:
            return None
        left = left[2:]
    if not left or not _TOOLS.fullmatch(left[0]):
        return None
    tool = left.pop(0)
    if tool == "uv" and left[:1] == ["pip"]:
        left.pop(0)
    at = next((at for at, word in enumerate(left) if not word.startswith("-")), len(left))
    verb = left[at] if at < len(left) else ""
    if verb not in _VERBS and tool not in _CONDA:
        return None
    return PipCommand(tool if tool in _CONDA else "pip", verb, (*left[:at], *left[at + 1 :]))
