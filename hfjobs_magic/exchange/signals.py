"""Signals that end a job, in words: what each mostly means, and what to do."""

from __future__ import annotations

import re

_CODE = re.compile(r"exit code: (\d+)\b")

_STACK = "the log has the stack"

_MEANINGS = {
    "SIGSEGV": "compiled code of a package crashed",
    "SIGBUS": "compiled code of a package crashed, or shared memory (/dev/shm) is full",
    "SIGABRT": "a library ended it, and the lines before that in the log say why",
    "SIGILL": "a package uses instructions that this machine's processor lacks",
    "SIGFPE": "compiled code of a package divided by zero",
    "SIGSYS": "a package asked the system for what a job may not do",
    "SIGTERM": "something asked it to end, the cell itself or the machine",
    "SIGHUP": "something asked it to end, the cell itself or the machine",
    "SIGINT": "something interrupted it, the cell itself or the machine",
    "SIGPIPE": "it wrote to a program that had ended",
    "SIGXCPU": "it was over its limit of processor time",
    "SIGXFSZ": "it wrote a file over its limit of size",
}
"""https://man7.org/linux/man-pages/man7/signal.7.html"""

_STEPS = {
    "SIGSEGV": "try another version of the package that it was in (--with)",
    "SIGBUS": "with a DataLoader try num_workers=0, otherwise another version of the package that it was in (--with)",
    "SIGABRT": "mend what they name",
    "SIGILL": "try another version of the package (--with), or other hardware",
    "SIGFPE": "look at what the cell gives it there, or try another version of the package (--with)",
    "SIGTERM": "if the cell did not, run it again",
    "SIGHUP": "if the cell did not, run it again",
    "SIGINT": "if the cell did not, run it again",
}

_NUMBERS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV", 13: "SIGPIPE", 15: "SIGTERM"}
"""Of Linux, where jobs run."""

_DEFAULT_STEP = "the last lines of the log say what it did"


def words_for(signal: str, line: int | None, *, has_stack: bool) -> str:
    """Say that a signal ended a job, and what to do.

    Parameters
    ----------
    signal
        Its name, such as ``SIGSEGV``.
    line
        Where the cell was, if that is known.
    has_stack
        Whether the log has the stack of Python at that moment.
    """
    where = f" at line {line}" if line else ""
    meaning = f": {_MEANINGS[signal]}" if signal in _MEANINGS else ""
    steps = [_STACK] if has_stack and signal != "SIGABRT" else []
    steps.append(_STEPS.get(signal, _DEFAULT_STEP))
    return f"it was ended by {signal}{where}{meaning}; {'; '.join(steps)}"


def signal_of(message: str) -> str | None:
    """Return the signal that an exit code tells of, 128 + N, in what the Hub says of a job; None for other codes."""
    found = _CODE.search(message)
    return _NUMBERS.get(int(found[1]) - 128) if found else None
