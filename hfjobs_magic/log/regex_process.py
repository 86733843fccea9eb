"""A regular expression over lines, in a process of its own that can be killed.

``re`` keeps the interpreter's lock for as long as one line takes, and some expressions take years for one:
``(a+)+$``. Run as a program by `hfjobs_magic.log.search`; it imports the standard library only, and little of it.

Standard input: one line of JSON, ``{"query", "case", "strip", "chars", "seconds"}``, then the log.
Standard output: one line of JSON, what is wrong with the expression or null, then numbers of lines, 8 bytes each.
"""

from __future__ import annotations

import io
import json
import re
import signal
import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def find_matches(lines: Iterable[str], query: str, *, case: bool, strip: str, chars: int) -> list[int]:
    """Which lines match, in their first `chars` characters and with what matches `strip` taken out.

    Raises
    ------
    re.error
        When `query` is not a regular expression.
    """
    search = re.compile(query, 0 if case else re.IGNORECASE).search
    strip_from = re.compile(strip).sub
    return [
        number
        for number, line in enumerate(lines)
        if search((strip_from("", line) if "\x1b" in line else line).removesuffix("\n")[:chars])
    ]


def main() -> None:
    """Answer one question."""
    asked = json.loads(sys.stdin.buffer.readline())
    if hasattr(signal, "setitimer"):  # ends this process, also when whoever asked is gone
        signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
    error, found = None, []
    try:
        lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="\n")
        found = find_matches(lines, asked["query"], case=asked["case"], strip=asked["strip"], chars=asked["chars"])
    except (re.error, OverflowError, RecursionError) as wrong:
        error = str(wrong)
    sys.stdout.buffer.write(json.dumps(error).encode() + b"\n" + array("Q", found).tobytes())


if __name__ == "__main__":
    main()
