r"""Bytes of a job's output -> server-sent events, ready to be appended to `log.sse` and served as they are.

One event is one line, as on the Hub: ``data: {"data":...,"timestamp":...}`` and an empty line. The JSON is ASCII
only, because a raw U+2028 breaks `huggingface_hub`'s reader; the prefix is exactly ``data: {``, because it ignores
any other.

How the Hub cuts carriage returns is not published. Here:

* ``\n`` and ``\r\n`` end a line;
* a bare ``\r`` sends what stands before it at once, and what follows is sent with a leading ``\r``. So **an event
  whose data begins with "\r" overwrites the line before it**, as on a terminal, and a progress bar moves live;
* a line that was sent before it was complete is sent again, whole, with a leading ``\r`` when more of it comes;
* bytes that are not UTF-8 become U+FFFD;
* a line longer than `MAX_PIECE` is sent in pieces of that size, each an event, so that memory stays bounded.
"""

from __future__ import annotations

import codecs
import re
from json.encoder import encode_basestring_ascii as quote

# Characters. One line never holds more of the supervisor's memory than a few times this; longer ones are cut.
MAX_PIECE = 1 << 20

_TOKENS = re.compile(r"[^\r\n]+|\r+|\n")


def frame(data: str, timestamp: str) -> str:
    """Return one event as it goes over the wire."""
    return f'data: {{"data":{quote(data)},"timestamp":"{timestamp}"}}\n\n'


class LogFramer:
    """Cuts a stream of bytes into events; knows nothing of files, clocks or processes."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        #: The line that is not complete yet, without the carriage return that may have started it.
        self._line = ""
        #: How many characters of the line were sent already; -1 when none of it was.
        self._sent = -1
        #: The line overwrites the one sent before it.
        self._overwrites = False
        #: A carriage return was seen since the last newline: somebody paints progress.
        self._painting = False
        #: The last character was a carriage return; a newline after it is the same line end.
        self._after_cr = False

    @property
    def wants_flush(self) -> bool:
        """Whether an incomplete line should be shown when nothing more comes for a moment."""
        return self._painting and bool(self._line) and self._sent != len(self._line)

    def feed(self, data: bytes, timestamp: str) -> str:
        """Take bytes, return the events they complete."""
        return self._cut(self._decoder.decode(data), timestamp)

    def flush(self, timestamp: str) -> str:
        """Return the incomplete line as an event; it may still grow."""
        return self._event(timestamp) if self.wants_flush else ""

    def close(self, timestamp: str) -> str:
        """Return what is left when the output has ended, a last line without a newline for instance."""
        out = self._cut(self._decoder.decode(b"", final=True), timestamp)
        if self._line and self._sent != len(self._line):
            out += self._event(timestamp)
        self._restart()
        return out

    def _cut(self, text: str, timestamp: str) -> str:
        if self._painting or "\r" in text:
            return self._cut_painting(text, timestamp)
        # The plain case, by far the most frequent: whole lines, joined in one go.
        lines = text.split("\n")
        lines[0] = self._line + lines[0]
        self._line = lines.pop()
        ending = f',"timestamp":"{timestamp}"}}\n\n'
        if lines and len(lines[0]) > MAX_PIECE:
            first = "".join([frame(piece, timestamp) for piece in _pieces(lines.pop(0))])
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
        """End the line; one whose every character was sent already needs no other event."""
        done = self._sent == len(self._line) or (self._overwrites and not self._line)
        out = "" if done else self._event(timestamp)
        self._restart()
        return out

    def _carriage_return(self, timestamp: str) -> str:
        """Send what stands before the carriage return; what follows overwrites it."""
        out = self._event(timestamp) if self._line and self._sent != len(self._line) else ""
        begun = bool(self._line) or self._overwrites
        self._restart()
        # A carriage return at the very start of a line has nothing to overwrite but the finished line above.
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
        first, *others = _pieces(self._line)
        kept = others.pop()
        self._restart()
        self._line = kept
        return frame(lead + first, timestamp) + "".join([frame(piece, timestamp) for piece in others])

    def _restart(self) -> None:
        self._line, self._sent = "", -1
        self._overwrites = self._painting = self._after_cr = False


def _pieces(line: str) -> list[str]:
    return [line[at : at + MAX_PIECE] for at in range(0, len(line), MAX_PIECE)]
