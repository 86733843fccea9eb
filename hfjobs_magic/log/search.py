"""Search in a log: beside the pump, given up when the reader asks for something else.

Plain text is found here, in blocks of the log. A regular expression is run by a process of its own
(`hfjobs_magic.log.regex_process`): it keeps no lock of ours, and can be killed in the middle of a line.
What was found in lines that can no longer change is kept until the question changes.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from hfjobs_magic.errors import report
from hfjobs_magic.log import regex_process
from hfjobs_magic.log.screen import ESCAPES, without_escapes
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hfjobs_magic.log.buffer import LogBuffer

REGEX_S = 15.0
"""Processor time for a regular expression, in seconds: three million lines take less, ``(a+)+$`` takes for ever. Where
nothing measures that, and on a machine that is busy with other things, it is given up after four times as long."""

NEWEST_LINES = 10_000
"""Most of the lines searched that came since the search began, or may still change."""

REGEX_CHARS = 20_000
"""How much of a line a regular expression sees; a page shows less."""


@dataclass(frozen=True)
class Question:
    """What to look for, in what is seen of each line: without colours."""

    text: str
    """Plain text, or a regular expression of Python."""
    case: bool = False
    """Whether upper and lower case differ."""
    regex: bool = False
    """Whether `text` is a regular expression."""


@dataclass(frozen=True)
class Matches:
    """Which lines hold it."""

    numbers: array[int]
    """Of lines, ascending."""
    searched: int
    """How many lines there were."""
    error: str | None = None
    """Why the question cannot be answered, in one sentence."""


class Searcher:
    """Answers one question at a time about one log, the newest.

    Parameters
    ----------
    log
        Where to look.
    name
        Name of the thread, which is there only while there is a question.
    regex_s
        Processor time for a regular expression, in seconds.
    """

    def __init__(self, log: LogBuffer, name: str, *, regex_s: float = REGEX_S) -> None:
        self._log = log
        self._name = name
        self._regex_s = regex_s
        self._worker = Worker(name)
        self._lock = threading.Lock()
        # The newest question that nobody works on yet, and whether one is being worked on.
        self._next: tuple[Question, Callable[[Matches], None]] | None = None
        self._busy = False
        # Set when the question that is being worked on is no longer wanted.
        self._superseded = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # What was found last, in how many of the lines that cannot change.
        self._question: Question | None = None
        self._settled = 0
        self._numbers = array("Q")

    @property
    def is_idle(self) -> bool:
        """Whether there is no question."""
        return self._worker.is_idle

    def ask(self, question: Question, answer: Callable[[Matches], None]) -> None:
        """Call `answer` from the search's thread, unless another question comes before there is an answer."""
        with self._lock:
            # The same question again, from a page that waits long: one search answers it, and is not begun anew.
            if not self._busy or question != self._question:
                self._drop()
            self._next = question, answer
        self._worker.do("search", self._answer)

    def stop(self) -> None:
        """Give up what is being searched for."""
        with self._lock:
            self._next = None
            self._drop()

    def _drop(self) -> None:
        self._superseded.set()
        if self._process is not None:
            self._process.kill()

    def _answer(self) -> None:
        with self._lock:
            wanted, self._next = self._next, None
            if wanted is None:
                return
            self._superseded.clear()
            self._busy = True
            question, answer = wanted
            if question != self._question:
                self._question, self._settled, self._numbers = question, 0, array("Q")
        try:
            matches = self._find(question)
        except Exception as error:  # noqa: BLE001 - whoever asked waits for an answer
            matches = Matches(array("Q"), 0, report(error))
        with self._lock:
            self._busy = False
            if self._next and self._next[0] == question and matches:
                answer, self._next = self._next[1], None
        if matches is not None and not self._superseded.is_set():
            answer(matches)

    def _find(self, question: Question) -> Matches | None:
        """None when it was given up."""
        stop = self._log.settled
        newest = self._log.lines(stop, NEWEST_LINES)
        searched = stop + len(newest)
        if not question.text:
            return Matches(array("Q"), searched)
        blocks = chain(
            self._log.blocks(self._settled, stop), [(stop, "".join(f"{line}\n" for line in newest).encode())]
        )
        try:
            numbers = self._by_regex(question, blocks) if question.regex else self._by_text(question, blocks)
        except _RefusedError as refused:
            return Matches(array("Q"), searched, str(refused))
        if self._superseded.is_set():
            return None
        numbers = self._numbers + numbers
        self._settled, self._numbers = stop, numbers[: bisect_left(numbers, stop)]
        return Matches(numbers, searched)

    def _by_text(self, question: Question, blocks: Iterable[tuple[int, bytes]]) -> array[int]:
        found = array("Q")
        if "\n" in question.text:
            return found
        wanted = question.text if question.case else question.text.lower()
        for first, data in blocks:
            if self._superseded.is_set():
                break
            text = without_escapes(data.decode())
            text = text if question.case else text.lower()
            number, at = first, 0
            while (hit := text.find(wanted, at)) >= 0:
                number += text.count("\n", at, hit)
                found.append(number)
                at = text.index("\n", hit)
        return found

    def _by_regex(self, question: Question, blocks: Iterable[tuple[int, bytes]]) -> array[int]:
        asked = {"query": question.text, "case": question.case, "strip": ESCAPES.pattern, "chars": REGEX_CHARS}
        header = json.dumps(asked | {"seconds": self._regex_s}).encode() + b"\n"
        with self._start_process() as process:
            assert process.stdin is not None  # noqa: S101 - both are pipes, for the type checker
            assert process.stdout is not None  # noqa: S101
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:  # it has answered, or was killed
                stdin.write(header)
                for _, data in blocks:
                    stdin.write(data)
            error, _, numbers = process.stdout.read().partition(b"\n")
        if self._superseded.is_set():
            return array("Q")
        if process.returncode != 0:
            raise _RefusedError("This regular expression takes too long on this log; try a simpler one.")
        if wrong := json.loads(error):
            raise _RefusedError(f"This is not a regular expression: {wrong}.")
        return array("Q", (self._settled + number for number in array("Q", numbers)))

    @contextlib.contextmanager
    def _start_process(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process that is killed when its time is over or its answer no longer wanted."""
        command = [sys.executable, "-I", "-S", regex_process.__file__]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt is meant for the cell
            )
        except OSError as error:
            raise _RefusedError(f"A regular expression needs a Python of its own, and none started: {error}.") from None
        timer = threading.Timer(4 * self._regex_s, process.kill)
        timer.name, timer.daemon = f"{self._name}-limit", True
        with process:
            with self._lock:
                self._process = process
                if self._superseded.is_set():
                    process.kill()
            timer.start()
            try:
                yield process
            finally:
                timer.cancel()
                process.kill()
                with self._lock:
                    self._process = None


class _RefusedError(Exception):
    """A question that gets a sentence for an answer."""
