"""Outputs as files: numbered, bounded, each announced by one line once it can be read."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .description import describe
from .notebook import SLOTS
from .pace import Pace

if TYPE_CHECKING:
    from pathlib import Path

MAX_OUTPUTS = 200
"""Outputs that stand below a cell at a time: nobody looks through more, and each is a file."""

MAX_FILES = 5_000
"""Files of one run, updates included: each is an upload of its own."""

MAX_BYTES = 5_000_000
"""One output, in bytes of JSON; a larger one would make the notebook heavy for whoever opens it."""

MAX_TEXT = 2_000
"""Characters that are printed of an output that gets no file any more."""

WIDGET = "application/vnd.jupyter.widget-view+json"
"""A view of a widget: in a job no kernel stands behind it."""

_CHUNK = 1 << 20


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
        self._pid = os.getpid()
        self._lock = threading.RLock()
        # A job that is tried again finds the files of its first try.
        self._number = max((int(path.stem) for path in _list_outputs(folder)), default=0)
        self._files = self._visible = 0
        # No file can be written any more.
        self._broken = False
        self._said: set[str] = set()
        self._slots: dict[str, list[Path]] = {}
        self._paces: dict[str, Pace] = {}
        self._pending: dict[str, dict[str, Any]] = {}
        self._frames = Pace()
        # What was shown since the last `clear_output` and still waits for its turn.
        self._held: list[tuple[dict[str, Any], str | None]] | None = None
        self._clearing = self._clears_now = False
        self._timer: threading.Timer | None = None

    def show(self, output: dict[str, Any], display_id: str | None = None) -> None:
        """Show one of nbformat's output dicts; in a process that the cell forked it is printed as text."""
        if os.getpid() != self._pid:
            print_text(output)
            return
        with self._lock:
            output = _clean(output)
            if self._clearing:
                self._clearing = False
                self._pending.clear()
                self._held, self._visible = [(output, display_id)], 0
                self._arm(self._frames.due())
            elif self._held is not None:
                self._held.append((output, display_id))
            else:
                self._add(output, display_id)

    def update(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else in the place of what was shown under `display_id`; unknown ones are left alone."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            output = _clean(output)
            if self._held and any(shown == display_id for _, shown in self._held):
                shown = {**output, "output_type": "display_data"}
                self._held = [(shown if of == display_id else item, of) for item, of in self._held]
            elif display_id in self._slots:
                self._pending[display_id] = output
                self._arm(self._paces.setdefault(display_id, Pace()).due())

    def fail(self, output: dict[str, Any], told: dict[str, Any]) -> None:
        """Show an error output; `told` is what `failure.of_error` says of it."""
        if os.getpid() == self._pid:
            with self._lock:
                self._clearing = False
                self._write_due(float("inf"))
                self._write(output, None, describe(output, told["line"]), error=told)

    def clear(self, *, wait: bool) -> None:
        """Take all outputs away, now or, with `wait`, when the next one comes."""
        if os.getpid() == self._pid:
            with self._lock:
                self._clears_now = not wait or (self._clearing and self._clears_now)
                self._clearing = True
                if not wait:
                    self._held = None
                    self._pending.clear()

    def flush(self) -> None:
        """Write what still waits."""
        if os.getpid() == self._pid:
            with self._lock:
                self._write_due(float("inf"))
                if self._clearing and self._clears_now:
                    self._clearing = False
                    self._wipe()
                    self._write(None, None, "cleared", clear=True)

    # -- what waits --------------------------------------------------------------------------------

    def _arm(self, due: float) -> None:
        """See to it that what waits goes out when it is due, whatever the cell does meanwhile."""
        now = time.monotonic()
        if now >= due:
            self._write_due(now)
        elif self._timer is None:
            # A thread only while something waits: a process that forks should have one alone.
            self._timer = threading.Timer(due - now, self._tick)
            self._timer.name, self._timer.daemon = "hfjob-outputs", True
            self._timer.start()

    def _tick(self) -> None:
        with self._lock:
            self._timer = None
            self._write_due(time.monotonic())

    def _write_due(self, now: float) -> None:
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
            self._say_once(f"{MAX_OUTPUTS} outputs are the most that are shown; the others follow as text")
        elif self._write(output, display_id, f"{'update: ' if again else ''}{describe(output)}", clear=clear):
            self._visible += 1
            return
        print_text(output)

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
            self._say_once(f"{MAX_FILES:,} files are the most that are written; the others follow as text")
        if self._broken:
            return False
        number = self._number + 1
        more = {"display_id": display_id, "clear": clear, "error": error}
        record: dict[str, Any] = {
            "version": 1,
            "number": number,
            "time": time.time(),
            "output": output,
            **{key: value for key, value in more.items() if value},
        }
        written = json.dumps(record, default=str).encode()
        large = len(written) > MAX_BYTES
        name = f"{number:06}.json"
        try:
            if large:
                self._write_file(f"large/{name}", written)
                record["large"] = {"bytes": len(written), "file": f"large/{name}"}
                record["output"] = {**(output or {}), "data": {"text/plain": words}, "metadata": {}}
                written = json.dumps(record, default=str).encode()
            self._write_file(f"outputs/{name}", written)
            self._keep(output, display_id, number, large=large)
        except OSError as failed:
            self._broken = True
            self._say_once(f"{self._folder} can't be written to ({failed.strerror}); they follow as text")
            return False
        self._number, self._files = number, self._files + 1
        if large:
            size = record["large"]["bytes"] / 1e6
            words += f": {size:,.0f} MB are more than is shown; it is {self._folder / 'large' / name}"
        self._say(f"[output {number}] {words}")
        return True

    def _write_file(self, name: str, content: bytes) -> None:
        """Write in order and once, as the mount of a bucket wants it; the file can be read when it is closed."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for start in range(0, len(content), _CHUNK):
                file.write(content[start : start + _CHUNK])

    def _keep(self, output: dict[str, Any] | None, display_id: str | None, number: int, *, large: bool) -> None:
        """Keep what is shown last for the notebook; an update has a place already."""
        if output is None or output["output_type"] == "update_display_data":
            return
        slot = self._stage / f"{number:06}.json"
        text = f"Output {number} is too large for this notebook; it is large/{number:06}.json."
        kept = {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}} if large else output
        slot.write_text(json.dumps(kept, default=str), encoding="utf-8")
        if display_id:
            self._slots.setdefault(display_id, []).append(slot)

    def _wipe(self) -> None:
        self._slots.clear()
        for slot in self._stage.iterdir():
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


def print_text(output: dict[str, Any]) -> None:
    """Print an output as a terminal would."""
    text = output.get("data", {}).get("text/plain")
    if text:
        print(text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…")  # noqa: T201 - that is what is wanted


def _list_outputs(folder: Path) -> list[Path]:
    return [path for name in ("outputs", "large") for path in (folder / name).glob("[0-9]*.json")]


def _clean(output: dict[str, Any]) -> dict[str, Any]:
    """Make an output one that nbformat takes: text, or JSON where the MIME type says so."""
    if "data" not in output:
        return output
    data = {kind: _text(kind, value) for kind, value in output["data"].items() if kind != WIDGET}
    return {**output, "data": data, "metadata": json.loads(json.dumps(output.get("metadata") or {}, default=str))}


def _text(kind: str, value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if kind.endswith("json"):
        return value
    return "".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
