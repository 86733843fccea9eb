r"""Bytes of a job's output -> server-sent events, which are appended to `log.sse` and served unchanged.

One event is one line, as on the Hub: ``data: {"data":...,"timestamp":...}`` and an empty line. The JSON is
ASCII only, because a raw U+2028 breaks the reader of `huggingface_hub`; the prefix is exactly ``data: {``, because that
reader ignores any other.

How the Hub cuts carriage returns is not published. Here:

* ``\n`` and ``\r\n`` end a line;
* a bare ``\r`` sends what precedes it immediately, and what follows is sent with a leading ``\r``. So **an event
  whose data begins with "\r" overwrites the line before it**, as on a terminal, and a progress bar moves live;
* a line that was sent before it was complete is sent again in full, with a leading ``\r``, when more of it arrives;
* bytes that are not UTF-8 become U+FFFD;
* a line longer than `MAX_PIECE` is sent in pieces of that size, each its own event, so that memory stays bounded.
"""

from __future__ import annotations

import codecs
import re
from json.encoder import encode_basestring_ascii as quote

MAX_PIECE = 1 << 20
"""Characters of one event; a line takes at most a few times as much of the supervisor's memory, longer ones are cut."""

_TOKENS = re.compile(r"[^\r\n]+|\r+|\n")
"""The text between line ends, and the line ends."""


def frame(data: str, timestamp: str) -> str:
    """Return one event as it goes over the wire."""
    return f'data: {{"data":{quote(data)},"timestamp":"{timestamp}"}}\n\n'


class LogFramer:
    """Cuts a stream of bytes into events; knows nothing about files, clocks or processes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # The incomplete line, without the carriage return that may have started it.
        self._line = ""
        # How many characters of the line were sent; -1 when the line was not sent at all.
        self._sent = -1
        # Whether the line overwrites the one sent before it.
        self._overwrites = False
        # Whether there was a carriage return since the last newline: the job draws a progress bar.
        self._painting = False
        # Whether the last character was a carriage return; with a newline after it, both are one line end.
        self._after_cr = False

    @property
    def has_pending(self) -> bool:
        """Whether there is an incomplete line to be shown if nothing more comes for a moment."""
        return self._painting and bool(self._line) and self._sent != len(self._line)

    def feed(self, data: bytes, timestamp: str) -> str:
        """Take bytes, return the events they complete."""
        return self._cut(self._decoder.decode(data), timestamp)

    def flush(self, timestamp: str) -> str:
        """Return the incomplete line as an event; it may still grow."""
        return self._event(timestamp) if self.has_pending else ""

    def close(self, timestamp: str) -> str:
        """Return what is left when the output has ended, such as a last line without a newline."""
        out = self._cut(self._decoder.decode(b"", final=True), timestamp)
        if self._line and self._sent != len(self._line):
            out += self._event(timestamp)
        self._restart()
        return out

    def _cut(self, text: str, timestamp: str) -> str:
        if self._painting or "\r" in text:
            return self._cut_painting(text, timestamp)
        # By far the most frequent case: whole lines, joined at once.
        lines = text.split("\n")
        lines[0] = self._line + lines[0]
        self._line = lines.pop()
        ending = f',"timestamp":"{timestamp}"}}\n\n'
        if lines and len(lines[0]) > MAX_PIECE:
            first = "".join([frame(piece, timestamp) for piece in _split(lines.pop(0))])
        else:
            first = ""
        out = "".join([f'data: {{"data":{quote(line)}{ending}' for line in lines])
        return first + out + self._cut_overlong(timestamp)

    def _cut_painting(self, text: str, timestamp: str) -> str:
        out: list[str] = []
        for token in _TOKENS.findall(text):
            if token == "\n":  # noqa: S105 - a piece of text, no password
                out.append(self._newline(timestamp))
            elif token[0] == "\r":
                self._painting = self._after_cr = True
            else:
                if self._after_cr:
                    out.append(self._carriage_return(timestamp))
                self._line += token
        out.append(self._cut_overlong(timestamp))
        return "".join(out)

    def _newline(self, timestamp: str) -> str:
        """End the line; if all of it was sent already, that takes no event."""
        done = self._sent == len(self._line) or (self._overwrites and not self._line)
        out = "" if done else self._event(timestamp)
        self._restart()
        return out

    def _carriage_return(self, timestamp: str) -> str:
        """Send what precedes the carriage return; what follows overwrites it."""
        out = self._event(timestamp) if self._line and self._sent != len(self._line) else ""
        begun = bool(self._line) or self._overwrites
        self._restart()
        # A carriage return at the start of a line could only overwrite the finished line above.
        self._painting, self._overwrites = True, begun
        return out

    def _event(self, timestamp: str) -> str:
        again = self._overwrites or self._sent >= 0
        self._sent = len(self._line)
        return frame(("\r" if again else "") + self._line, timestamp)

    def _cut_overlong(self, timestamp: str) -> str:
        if len(self._line) <= MAX_PIECE:
            return ""
        lead = "\r" if self._overwrites or self._sent >= 0 else ""
        first, *others = _split(self._line)
        rest = others.pop()
        self._restart()
        self._line = rest
        return frame(lead + first, timestamp) + "".join([frame(piece, timestamp) for piece in others])

    def _restart(self) -> None:
        self._line, self._sent = "", -1
        self._overwrites = self._painting = self._after_cr = False


def _split(line: str) -> list[str]:
    return [line[at : at + MAX_PIECE] for at in range(0, len(line), MAX_PIECE)]
