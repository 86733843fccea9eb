"""The bell of a terminal, and a notification of the desktop where the terminal is known to show one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.api.runtime import RUNTIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

BELL = "\a"

NOTIFY = "\x1b]9;{}\x1b\\"
"""OSC 9, iTerm2's (https://iterm2.com/documentation-escape-codes.html). To ConEmu and Windows Terminal it means other
things, so it is written only where it is known."""

PROGRAMS = {"iTerm.app", "WezTerm", "ghostty"}
"""``TERM_PROGRAM`` of terminals that have it; kitty has it, too, and says so otherwise."""

MAX_CHARS = 200
"""Characters of a notification."""


def ring(console: Console, text: str) -> None:
    """Ring, where the reader has asked for it and there is a terminal."""
    if console.is_terminal and RUNTIME.session.rings:
        console.file.write(sound(text, os.environ))
        console.file.flush()


def sound(text: str, variables: Mapping[str, str]) -> str:
    """Return what to write to a terminal whose environment has some variables."""
    plain = "".join(char for char in text if char.isprintable())[:MAX_CHARS]
    return f"{NOTIFY.format(plain)}{BELL}" if _notifies(variables) else BELL


def _notifies(variables: Mapping[str, str]) -> bool:
    if variables.get("TMUX") or variables.get("STY"):
        return False  # they pass it on to nobody
    is_kitty = "KITTY_WINDOW_ID" in variables or variables.get("TERM") == "xterm-kitty"
    return is_kitty or variables.get("TERM_PROGRAM") in PROGRAMS
