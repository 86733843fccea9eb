"""A cell's outputs: what is shown at once, what waits for its turn, and what is cleared."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .bundle import NO_FORKS, NO_WIDGETS, WIDGET, clean, is_text, print_text
from .description import describe
from .output_files import OutputFiles
from .pace import Pace
from .printing import NextPrint

if TYPE_CHECKING:
    from pathlib import Path

CLEARED_S = 0.3
"""Seconds in which something may take the place of what was cleared, so that a loop makes one file a round, not two."""


class Outputs:
    """Where a cell's outputs go.

    Parameters
    ----------
    folder, stage, announce
        Of their files, see `OutputFiles`.
    """

    def __init__(self, folder: Path, stage: Path, announce: int) -> None:
        self._files = OutputFiles(folder, stage, announce)
        self.prints = self._files.prints
        self._pid = os.getpid()
        self._lock = threading.RLock()
        self._paces: dict[str, Pace] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        self._frames = Pace()
        # What was shown since the last `clear_output` and still waits for its turn.
        self._held: list[tuple[dict[str, Any], str | None]] | None = None
        # Something is to be cleared: at a time, or when the next thing is shown or printed.
        self._clearing = False
        self._clears_at = math.inf
        self._next_print = NextPrint(self._clear_printed)
        self._timer: threading.Timer | None = None
        self._timer_due = math.inf

    def begin(self) -> None:
        """Begin: what an attempt before this one has shown is not the job's any more."""
        self._files.begin()

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Show one of nbformat's output dicts; in a process that the cell forked it is printed as text."""
        if os.getpid() != self._pid:
            self._print_forked(output)
            return
        with self._lock:
            if WIDGET in output.get("data", ()):
                self._files.say_once(NO_WIDGETS)
            output = clean(output)
            if self._take_clearing():
                self._held = [(output, display_id)]
                self._arm(self._frames.due())
            elif self._held is not None:
                self._held.append((output, display_id))
            else:
                self._files.add(output, display_id)

    def has(self, display_id: str) -> bool:
        """Return whether something is shown under that id."""
        with self._lock:
            held = self._held if self._held is not None else ()
            return not self._clearing and (display_id in self._files.slots or any(of == display_id for _, of in held))

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else in the place of what was shown under `display_id`; unknown ones are left alone."""
        if os.getpid() != self._pid:
            self._print_forked(output)
            return
        with self._lock:
            output = clean(output)
            if self._held and any(shown == display_id for _, shown in self._held):
                shown = {**output, "output_type": "display_data"}
                self._held = [(shown if of == display_id else item, of) for item, of in self._held]
            elif display_id in self._files.slots and self._clears_at == math.inf:
                self._pending[display_id] = output
                self._arm(self._paces.setdefault(display_id, Pace()).due())

    def print_error(self, text: str) -> None:
        """Print on stderr; where a program has closed or replaced it by nothing, in the log all the same."""
        try:
            if sys.stderr is not None:
                print(text, file=sys.stderr, flush=True)  # noqa: T201
                return
        except Exception:  # noqa: BLE001, S110 - whatever stands there may fail in any way
            pass
        self._files.say(text)

    def fail(self, output: dict[str, Any], told: dict[str, Any]) -> None:
        """Show an error output; `told` is what `failure.of_error` says of it."""
        if os.getpid() == self._pid:
            with self._lock:
                clear = self._take_clearing()
                if clear:
                    self._files.wipe()
                self._write_due(math.inf)
                self._files.write(output, None, describe(output, told["line"]), clear=clear, error=told)

    def clear(self, *, wait: bool) -> None:
        """Take all outputs away, now or, with `wait`, when something else is shown or printed."""
        if os.getpid() == self._pid:
            with self._lock:
                self._clearing = True
                if wait:
                    self._next_print.watch()
                else:
                    self._clear_soon()

    def flush(self) -> None:
        """Write what still waits; the cell is over, and what is printed now clears nothing."""
        if os.getpid() == self._pid:
            with self._lock:
                self._next_print.stop()
                self._write_due(math.inf)

    def _print_forked(self, output: dict[str, Any]) -> None:
        output = clean(output)
        if not is_text(output):
            self._files.say_once(NO_FORKS)
        print_text(output)

    # -- what waits --------------------------------------------------------------------------------

    def _take_clearing(self) -> bool:
        """Whether something was to be cleared; drops what waits, as whoever asks shows something in its place."""
        self._next_print.stop()
        clears = self._clearing
        if clears:
            if self._clears_at == math.inf:
                self.prints.clear()
            self._pending.clear()
            self._held, self._files.visible = None, 0
        self._clearing, self._clears_at = False, math.inf
        return clears

    def _clear_printed(self) -> None:
        if os.getpid() == self._pid:
            with self._lock:
                if self._clearing:
                    self._clear_soon()

    def _clear_soon(self) -> None:
        self.prints.clear()
        self._held = None
        self._pending.clear()
        self._clears_at = min(self._clears_at, max(self._frames.due(), time.monotonic() + CLEARED_S))
        self._arm(self._clears_at)

    def _arm(self, due: float) -> None:
        """See to it that what waits goes out when it is due, whatever the cell does meanwhile."""
        now = time.monotonic()
        if now >= due:
            self._write_due(now)
        elif due < self._timer_due:
            if self._timer is not None:
                self._timer.cancel()
            # A thread only while something waits: a process that forks should have one alone.
            self._timer_due = due
            self._timer = threading.Timer(due - now, self._tick)
            self._timer.name, self._timer.daemon = "hfjob-outputs", True
            self._timer.start()

    def _tick(self) -> None:
        with self._lock:
            self._timer, self._timer_due = None, math.inf
            self._write_due(time.monotonic())

    def _write_due(self, now: float) -> None:
        if self._clears_at < math.inf:
            if now >= self._clears_at:
                self._take_clearing()
                self._frames.note(time.monotonic())
                self._files.write_nothing()
            else:
                self._arm(self._clears_at)
        if self._held is not None:
            if now >= self._frames.due():
                held, self._held = self._held, None
                self._frames.note(time.monotonic())
                self._files.wipe()
                again = self._files.count > 0
                for at, (output, display_id) in enumerate(held):
                    self._files.add(output, display_id, clear=at == 0, again=again)
            else:
                self._arm(self._frames.due())
        for display_id in list(self._pending):
            pace = self._paces[display_id]
            if now >= pace.due():
                pace.note(time.monotonic())
                self._files.replace(self._pending.pop(display_id), display_id)
            else:
                self._arm(pace.due())
