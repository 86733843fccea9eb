"""The bell of a terminal, and a notification of the desktop where the terminal is known to show one."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.console import Console

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.sweep_steps import count_stages

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.api.sweep import Sweep

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
        with suppress(OSError, ValueError):  # it is closed by now
            console.file.write(sound(text, os.environ))
            console.file.flush()


def ring_at_end(sweep: Sweep) -> None:
    """Ring each time that a sweep is over: it goes on below the prompt, where nothing else says so."""
    # The prompt stands in the way of sys.stdout, and would be drawn anew.
    if sys.__stdout__ is not None:
        console = Console(file=sys.__stdout__)
        sweep.when_over(lambda: ring(console, f"Sweep {sweep.id}: {count_stages(sweep.stages)}"))


def sound(text: str, variables: Mapping[str, str]) -> str:
    """Return what to write to a terminal whose environment has some variables."""
    plain = "".join(char for char in text if char.isprintable())[:MAX_CHARS]
    return f"{NOTIFY.format(plain)}{BELL}" if _notifies(variables) else BELL


def _notifies(variables: Mapping[str, str]) -> bool:
    if variables.get("TMUX") or variables.get("STY"):
        return False  # they pass it on to nobody
    is_kitty = "KITTY_WINDOW_ID" in variables or variables.get("TERM") == "xterm-kitty"
    return is_kitty or variables.get("TERM_PROGRAM") in PROGRAMS
