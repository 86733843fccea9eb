"""What a cell shows while its job runs: lines of its log that name an output, and the files they name.

A line of the log stays where an output appears in it (`hfjobs_magic.exchange.cues`); the pages show it as a way to the
output. What takes the place of an output has no line; where no file comes for such a line, a program has printed it,
and it is added to the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.exchange.cues import read_cue
from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.exchange.outputs import OutputList
from hfjobs_magic.exchange.values import say_refused
from hfjobs_magic.follow.cue_lines import CueLines
from hfjobs_magic.follow.output_files import OutputFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.exchange.outputs import Output
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.inbox import Inbox
    from hfjobs_magic.follow.output_files import FilesRead
    from hfjobs_magic.follow.protocols import RunFolder
    from hfjobs_magic.follow.timing import Timing
    from hfjobs_magic.log.batch import LogBatch
    from hfjobs_magic.log.buffer import LogBuffer

MAX_HELD = 100_000_000
"""Bytes of outputs that are held here; `job.outputs` reads the others when they are asked for."""

LAST_LINES = 2_000
"""Newest lines of the log that are searched for why a job failed; what a package prints whose build fails is often
some hundred."""

MAX_UNSEEN = 20
"""Files before an output that no line names and that are asked for with it: styles, and scripts of a library."""

_SIGN = "[output "


class OutputReader:
    """What one job's cell has shown so far. All but `stop` is called by the pump.

    Parameters
    ----------
    folder
        Where its files are; None for a job that is not a cell, of which nothing is read.
    inbox, timing, local
        As for `OutputFiles`.
    """

    def __init__(self, folder: RunFolder | None, inbox: Inbox, timing: Timing, *, local: bool) -> None:
        self._files = OutputFiles(folder, inbox, timing, local=local) if folder else None
        self._local = local
        self._list = OutputList()
        self._lines = CueLines()
        self._newest = 0
        """Highest number of an output that a line has named."""
        self._is_below = False
        """Whether the newest line of the log stands for an output."""
        self._finishing = False
        self.outputs: tuple[Output, ...] = ()
        """What is shown."""
        self.report: dict[str, Any] | None = None
        """The job's ``exit.json``, once it has ended."""
        self.is_over = folder is None
        """Whether nothing more will come."""
        if self._files:
            self._files.room = MAX_HELD

    @property
    def lost(self) -> str:
        """Say which values of ``-o`` did not come back; empty where all did, and until the job has ended."""
        return say_refused((self.report or {}).get("refused"))

    @property
    def cleared_lines(self) -> list[int]:
        """Numbers of lines of the log at which outputs appeared that the cell has taken away since."""
        shown = {item.number for item in self.outputs}
        return [line for number, line in self._lines.find_known() if number not in shown]

    @property
    def lines(self) -> dict[int, int]:
        """Number of an output -> number of the line of the log where it appeared."""
        return self._lines.places

    @property
    def error(self) -> dict[str, Any] | None:
        """What is known of the last error that was shown."""
        return next((item.error for item in reversed(self.outputs) if item.error), None)

    def label(self, item: Output) -> str:
        """Return a few words for an output."""
        return self._lines.words.get(item.number) or ("error" if item.kind == "error" else "output")

    def read_batch(self, batch: LogBatch, log: LogBuffer) -> None:
        """Do the same with lines of which is known when they were printed."""
        full: OSError | None = None
        for second, lines in batch.runs():
            log.second = log.second if second is None else second
            try:
                self.read(lines, log)
            except OSError as error:
                full = error  # the log holds them, and says so
        if full is not None:
            raise full

    def read(self, lines: Sequence[str], log: LogBuffer) -> None:
        """Put lines into the log, and ask for the outputs that they name."""
        if self._files is None or not (self._is_below or any(_SIGN in line for line in lines)):
            log.extend(lines)
            return
        numbers: list[int] = []
        writer = _Writer(log)
        plain: list[str] = []
        for line in lines:
            cue = read_cue(line)
            if cue is None or not self._lines.expects(cue):
                # A bar that moves on after an output begins a line of its own, and not the output's anew.
                plain.append(line.removeprefix("\r") if self._is_below and not plain else line)
                continue
            writer.write(plain)
            plain = []
            numbers += range(max(self._newest + 1, cue.number - MAX_UNSEEN), cue.number)
            numbers.append(cue.number)
            self._newest = max(self._newest, cue.number)
            self._is_below = not cue.is_update
            if cue.is_update and self._lines.hide(cue, line):
                plain = [cue.before] if cue.before else []
                continue
            writer.write([line])
            self._lines.place(cue, log.total - 1)
        writer.write(plain)
        self._is_below = self._is_below and not plain
        self._files.want(numbers)
        if writer.full is not None:
            raise writer.full

    def take(self, files: FilesRead, log: LogBuffer) -> None:
        """Take files that have come, and lines whose files have not."""
        for record in files.records:
            self._list.add(record)
        log.extend(self._lines.take(files.records, files.missing))
        if files.records:
            self.outputs = self._list.outputs()
        if files.over:
            self.report, self.is_over = files.report, True
        if self._files:
            self._files.room = MAX_HELD - self._list.size

    def read_end(self, log: LogBuffer, message: str) -> Ending:
        """Say why the job failed, by what is here of it; `message` is what the Hub says."""
        _, lines = log.tail(LAST_LINES)
        return read_end(self.report, self.error, lines, message, local=self._local)

    def finish(self, log: LogBuffer, facts: JobFacts) -> None:
        """Look through the whole folder: the job has ended and its log is here. A second call does nothing."""
        if self._files and not self._finishing:
            self._finishing = True
            failed = facts.stage == "ERROR"
            unclear = failed and self.read_end(log, facts.message or "").kind in {"unknown", "killed"}
            self._files.finish(wants_report=unclear)

    def stop(self) -> None:
        """Ask for nothing more."""
        if self._files:
            self._files.stop()


class _Writer:
    """Puts lines into a log piece by piece, and goes on where the disk is full: the log holds them, and says so."""

    def __init__(self, log: LogBuffer) -> None:
        self._log = log
        self.full: OSError | None = None
        """What was wrong with the disk."""

    def write(self, lines: Sequence[str]) -> None:
        """Put some."""
        try:
            self._log.extend(lines)
        except OSError as error:
            self.full = error
