"""Which lines of a log stand for outputs: those whose words their file has, and none that a program has printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hfjobs_magic.exchange.cues import Cue

MAX_LINES = 10_000
"""Lines without a file that are remembered."""


@dataclass(frozen=True)
class _Candidate:
    """A line that may be the one of an output."""

    words: str
    """What it says that the output is."""
    place: int | None
    """Its number in the log; None for one that is held back."""
    text: str = ""
    """All of it, where it is held back."""


class CueLines:
    """The lines of outputs.

    A file has the words of its own line (``words``), and that line is printed once. So
    the first line with these words stands for it, and every other one is a line of a program's own.
    """

    def __init__(self) -> None:
        self.places: dict[int, int] = {}
        """Number of an output -> number of the line of the log where it appeared."""
        self.words: dict[int, str] = {}
        """Number of an output -> what its line says that it is."""
        self._waiting: dict[int, list[_Candidate]] = {}
        """Number of an output -> lines that may be its own, until its file comes."""
        self._count = 0
        """How many these are together."""
        self._expected: dict[int, str | None] = {}
        """Number of an output whose file came before its line -> the words of that line."""
        self._known: set[int] = set()
        """Numbers of outputs whose line was found."""

    def find_known(self) -> Iterator[tuple[int, int]]:
        """Yield number and place of each line that certainly stands for an output."""
        return ((number, place) for number, place in self.places.items() if number in self._known)

    def expects(self, cue: Cue) -> bool:
        """Whether a line may be the one of an output, by what is known of it so far."""
        if cue.number in self._known:
            return False
        return self._expected.get(cue.number) in {None, cue.words}

    def place(self, cue: Cue, number: int) -> None:
        """Take a line that stands in the log."""
        if self._is_awaited(cue):
            self.places[cue.number], self.words[cue.number] = number, cue.words
        elif self._count < MAX_LINES:
            self._wait(cue.number, _Candidate(cue.words, number))
            self.places.setdefault(cue.number, number)
            self.words.setdefault(cue.number, cue.words)

    def hide(self, cue: Cue, line: str) -> bool:
        """Hold a line of an update back until its file comes; whether there is room."""
        if not self._is_awaited(cue):
            if self._count >= MAX_LINES:
                return False
            self._wait(cue.number, _Candidate(cue.words, None, line))
        return True

    def take(self, records: Iterable[dict[str, Any]], missing: Iterable[int]) -> list[str]:
        """Take files that have come, and numbers of those that do not; return lines that are to be in the log."""
        back: list[str] = []
        for record in records:
            number, words = record.get("number"), record.get("words")
            if not isinstance(number, int) or number in self._known or number in self._expected:
                continue
            waiting = self._drop(number)
            found = next((one for one in waiting if words in {None, one.words}), None)
            if found is None:
                self._expected[number] = words
            else:
                self._known.add(number)
                if found.place is not None:
                    self.places[number], self.words[number] = found.place, found.words
            back += [one.text for one in waiting if one is not found and one.text]
        for number in missing:
            back += [one.text for one in self._drop(number) if one.text]
        return back

    def _is_awaited(self, cue: Cue) -> bool:
        """Whether its file is here already."""
        if cue.number not in self._expected:
            return False
        del self._expected[cue.number]
        self._known.add(cue.number)
        return True

    def _wait(self, number: int, one: _Candidate) -> None:
        self._waiting.setdefault(number, []).append(one)
        self._count += 1

    def _drop(self, number: int) -> list[_Candidate]:
        dropped = self._waiting.pop(number, [])
        self._count -= len(dropped)
        self.places.pop(number, None)
        self.words.pop(number, None)
        return dropped
