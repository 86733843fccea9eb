"""What a terminal would show of a log line: its states one after the other, without colours.

Also numbers as libraries of arrays write them, ``np.float64(0.3)`` or ``tensor(0.3, device='cuda:0')``, as numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.metrics.numbers import NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator

UP = "\x1b[A"
"""Moves the cursor up a line; tqdm ends the frame of a nested bar with as many as there are bars above it."""

_ESC = "\x1b"
# Where what follows is written over what stands there, or elsewhere: a new state of the line.
_BREAK = re.compile(r"\r+|\x08+|\x1b\[\d*(?:;\d*)?[BD-HJSTf]|(?<=\x1b\[A)(?!\x1b\[A)")
_STYLE = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b[()][0-9A-Z]|[\x00-\x08\x0b-\x1f]"
)
_RIGHT = re.compile(r"\x1b\[\d*C")
# Colours whose escape character was lost or written out on the way; `[0m` ends each of them.
_SPELLED = re.compile(r"(?:\^\[|\\x1b|\\u001b|\\033|\\e|#033|\u241b|\u2190|\ufffd)?\[[\d;]{0,20}m")
_SCALAR = re.compile(
    rf"""(?<!\w)(?:[a-z]{{1,8}}\.){{0,2}}
    (?:b?float\d*(?:_e\dm\d)?|u?int\d+|longdouble|half|double|[tT]ensor|[aA]rray|DeviceArray|Parameter|Decimal|Scalar)
    \(\s?['"]?(?:\[+\s?(?P<boxed>{NUMBER})\.?\s?\]+|(?P<value>{NUMBER})\.?)['"]?
    (?:,\s?[a-z_]{{1,20}}=(?:<[^<>]{{1,60}}>|[^()=,<>]{{1,60}}(?:\([^()]{{0,20}}\))?)){{0,5}}\)""",
    re.VERBOSE,
)
_TENSORFLOW = re.compile(rf"<tf\.(?:Tensor|Variable)[^<>]{{0,120}}numpy=(?:np\.\w{{1,12}}\()?({NUMBER})\.?\)?>")
_TF_PRINTED = re.compile(rf"tf\.Tensor\(({NUMBER})\.?, shape=\(\), dtype=\w{{1,12}}\)")
_POWER = re.compile(
    r"(?<=\d)\s?[\u00d7*x\u00b7]\s?10(?:\^|\*\*)?\{?([-+\u2212]?\d{1,3}|[\u207b\u207a]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,3})\}?(?!\w)"
)
_RAISED = str.maketrans("\u207b\u207a\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "-+0123456789")

_WIDE = str.maketrans("\uff1a\uff1d\uff0c\uff1b\uff08\uff09\uff05", ":=,;()%")
"""Signs as wide as Chinese characters, which stand there as others do elsewhere."""


def split_states(line: str) -> Iterator[str]:
    """Give each state that a line went through: what was written before the cursor went back over it."""
    if "\x08" in line or f"{_ESC}[" in line:
        yield from filter(None, _BREAK.split(line))
    elif "\r" in line:
        yield from filter(None, line.split("\r"))
    else:
        yield line


def strip_styles(text: str) -> str:
    """Return a state of a line as it is read on a screen."""
    if _ESC in text or not text.isprintable():
        if _ESC in text:
            text = _RIGHT.sub("  ", text)
        text = _STYLE.sub("", text)
    if "\uff1a" in text or "\uff1d" in text:
        text = text.translate(_WIDE)
    return _SPELLED.sub("", text) if "[0m" in text or "[39m" in text else text


def unwrap_numbers(text: str) -> str:
    """Return the text with numbers of arrays and powers of ten as plain numbers.

    >>> unwrap_numbers("{'loss': np.float64(0.3), 'lr': 1.2×10^-3}")
    "{'loss': 0.3, 'lr': 1.2e-3}"
    """
    if "(" in text:
        if "tf." in text:
            text = _TF_PRINTED.sub(r"\1", _TENSORFLOW.sub(r"\1", text))
        text = _SCALAR.sub(lambda found: found["boxed"] or found["value"], text)
    if "10" in text and ("\u00d7" in text or "10^" in text or "10**" in text or "\u207b" in text):
        text = _POWER.sub(lambda found: f"e{found[1].translate(_RAISED)}", text)
    return text
