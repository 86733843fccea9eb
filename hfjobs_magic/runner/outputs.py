"""Outputs as files: numbered, bounded, each announced by one line once it can be read."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .bundle import NO_WIDGETS, WIDGET, clean, print_text
from .description import describe
from .notebook import SLOTS
from .pace import Pace
from .printing import NextPrint
from .prints import Prints
from .record_files import EARLIER, last_number, write_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_OUTPUTS = 200
"""Outputs that stand below a cell at a time: nobody looks through more, and each is a file."""

MAX_FILES = 5_000
"""Files of one run, updates included: each is an upload of its own."""

MAX_BYTES = 5_000_000
"""One output, in bytes of JSON; a larger one would make the notebook heavy for whoever opens it."""

CLEARED_S = 0.3
"""Seconds in which something may take the place of what was cleared, so that a loop makes one file a round, not two."""


class Outputs:
    """Where a cell's outputs go.

    Parameters
    ----------
    folder
        Of this run, in the bucket.
    stage
        On the container's own disk, for the notebook that is put together at the end.
    announce
        File descriptor of the job's log, kept apart from `sys.stdout`, which a program may replace or close.
    """

    def __init__(self, folder: Path, stage: Path, announce: int) -> None:
        self._folder, self._stage, self._announce = folder, stage / SLOTS, announce
        self._stage.mkdir()
        self.prints = Prints(self._stage)
        """What the cell prints, for the notebook that is left."""
        self._pid = os.getpid()
        self._lock = threading.RLock()
        # A job that is tried again finds the files of its first try.
        self._number = last_number(folder)
        self._files = self._visible = 0
        self._is_empty = self._number == 0
        self._broken = False  # no file can be written any more
        self._said: set[str] = set()
        self._slots: dict[str, list[Path]] = {}
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
        if not self._is_empty and self._write(None, None, "cleared", clear=True):
            self._say_once(EARLIER)

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Show one of nbformat's output dicts; in a process that the cell forked it is printed as text."""
        if os.getpid() != self._pid:
            print_text(output)
            return
        with self._lock:
            if WIDGET in output.get("data", ()):
                self._say_once(NO_WIDGETS)
            output = clean(output)
            if self._take_clearing():
                self._held = [(output, display_id)]
                self._arm(self._frames.due())
            elif self._held is not None:
                self._held.append((output, display_id))
            else:
                self._add(output, display_id)

    def has(self, display_id: str) -> bool:
        """Return whether something is shown under that id."""
        with self._lock:
            held = self._held if self._held is not None else ()
            return not self._clearing and (display_id in self._slots or any(of == display_id for _, of in held))

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else in the place of what was shown under `display_id`; unknown ones are left alone."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            output = clean(output)
            if self._held and any(shown == display_id for _, shown in self._held):
                shown = {**output, "output_type": "display_data"}
                self._held = [(shown if of == display_id else item, of) for item, of in self._held]
            elif display_id in self._slots and self._clears_at == math.inf:
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
        self._say(text)

    def fail(self, output: dict[str, Any], told: dict[str, Any]) -> None:
        """Show an error output; `told` is what `failure.of_error` says of it."""
        if os.getpid() == self._pid:
            with self._lock:
                clear = self._take_clearing()
                if clear:
                    self._wipe()
                self._write_due(math.inf)
                self._write(output, None, describe(output, told["line"]), clear=clear, error=told)

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

    # -- what waits --------------------------------------------------------------------------------

    def _take_clearing(self) -> bool:
        """Whether something was to be cleared; drops what waits, as whoever asks shows something in its place."""
        self._next_print.stop()
        clears = self._clearing
        if clears:
            if self._clears_at == math.inf:
                self.prints.clear()
            self._pending.clear()
            self._held, self._visible = None, 0
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
                self._write_nothing()
            else:
                self._arm(self._clears_at)
        if self._held is not None:
            if now >= self._frames.due():
                held, self._held = self._held, None
                self._frames.note(time.monotonic())
                self._wipe()
                again = self._files > 0
                for at, (output, display_id) in enumerate(held):
                    self._add(output, display_id, clear=at == 0, again=again)
            else:
                self._arm(self._frames.due())
        for display_id in list(self._pending):
            pace = self._paces[display_id]
            if now >= pace.due():
                pace.note(time.monotonic())
                self._replace(self._pending.pop(display_id), display_id)
            else:
                self._arm(pace.due())

    # -- files -------------------------------------------------------------------------------------

    def _add(self, output: dict[str, Any], display_id: str | None, *, clear: bool = False, again: bool = False) -> None:
        """Show an output; `again` where it takes the place of others, and needs no line of its own in the log."""
        if self._visible >= MAX_OUTPUTS:
            self._say_once(f"{MAX_OUTPUTS} outputs are shown at most; the others follow as text")
        elif self._write(output, display_id, f"{'update: ' if again else ''}{describe(output)}", clear=clear):
            self._visible += 1
            return
        print_text(output)

    def _write_nothing(self) -> None:
        if not self._is_empty:
            self._wipe()
            self._write(None, None, "cleared", clear=True)

    def _replace(self, output: dict[str, Any], display_id: str) -> None:
        update = {**output, "output_type": "update_display_data"}
        if self._write(update, display_id, f"update: {describe(output)}"):
            for slot in self._slots[display_id]:
                shown = json.loads(slot.read_text(encoding="utf-8"))
                slot.write_text(json.dumps({**output, "output_type": shown["output_type"]}), encoding="utf-8")

    def _write(
        self,
        output: dict[str, Any] | None,
        display_id: str | None,
        words: str,
        *,
        clear: bool = False,
        error: dict[str, Any] | None = None,
    ) -> bool:
        """Write a file and announce it; whether that worked."""
        if self._files >= MAX_FILES:
            self._broken = True
            self._say_once(f"{MAX_FILES:,} files are written at most; the others follow as text")
        if self._broken:
            return False
        number = self._number + 1
        words = words.encode("utf-8", "replace").decode()  # as the line will have them
        more = {"display_id": display_id, "clear": clear, "error": error}
        record: dict[str, Any] = {
            "version": 1,
            "number": number,
            "time": time.time(),
            "words": words,
            "output": output,
            **{key: value for key, value in more.items() if value},
        }
        written = json.dumps(record, default=str).encode()
        large = len(written) > MAX_BYTES
        name = f"{number:06}.json"
        try:
            if large:
                write_file(self._folder / "large" / name, written)
                record["large"] = {"bytes": len(written), "file": f"large/{name}"}
                record["output"] = {**(output or {}), "data": {"text/plain": words}, "metadata": {}}
                words += f": {len(written) / 1e6:,.0f} MB are more than is shown; job.outputs.load({number}) gets it"
                record["words"] = words
                written = json.dumps(record, default=str).encode()
            write_file(self._folder / "outputs" / name, written)
            self._keep(output, display_id, number, large=large)
        except OSError as failed:
            self._broken = True
            self._say_once(f"{self._folder} can't be written to ({failed.strerror}); they follow as text")
            return False
        self._number, self._files, self._is_empty = number, self._files + 1, output is None
        self._say(f"[output {number}] {words}")
        return True

    def _keep(self, output: dict[str, Any] | None, display_id: str | None, number: int, *, large: bool) -> None:
        """Keep what is shown last for the notebook; an update has a place already."""
        if output is None or output["output_type"] == "update_display_data":
            return
        slot = self._stage / f"{number:06}.json"
        text = f"Output {number} is too large for this notebook; it is large/{number:06}.json."
        kept = {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}} if large else output
        slot.write_text(json.dumps(kept, default=str), encoding="utf-8")
        self.prints.place(number)
        if display_id:
            self._slots.setdefault(display_id, []).append(slot)

    def _wipe(self) -> None:
        self._slots.clear()
        self._visible = 0
        for slot in self._stage.glob("*.json"):
            slot.unlink()

    # -- lines -------------------------------------------------------------------------------------

    def _say_once(self, trouble: str) -> None:
        if trouble not in self._said:
            self._said.add(trouble)
            self._say(f"[outputs] {trouble}.")

    def _say(self, line: str) -> None:
        for stream in (sys.stdout, sys.stderr):
            # What a program made of them is its own business; what it printed before should stand before.
            with contextlib.suppress(Exception):
                stream.flush()
        left = f"{line}\n".encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            while left:
                left = left[os.write(self._announce, left) :]
