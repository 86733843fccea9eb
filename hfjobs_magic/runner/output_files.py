"""Files of outputs: numbered, bounded, each announced by one line once it can be read."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from .bundle import print_text
from .description import describe
from .notebook import SLOTS
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


class OutputFiles:
    """Writes what is shown to files of the run, and keeps what is shown last for the notebook that is left.

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
        # A job that is tried again finds the files of its first try.
        self._number = last_number(folder)
        self.count = 0
        """Files that were written."""
        self.visible = 0
        """Outputs that stand below the cell."""
        self.slots: dict[str, list[Path]] = {}
        """Files of what is shown last, by display id."""
        self._is_empty = self._number == 0
        self._broken = False  # no file can be written any more
        self._said: set[str] = set()

    def begin(self) -> None:
        """Say that what an attempt before this one has shown is cleared."""
        if not self._is_empty and self.write(None, None, "cleared", clear=True):
            self.say_once(EARLIER)

    def add(self, output: dict[str, Any], display_id: str | None, *, clear: bool = False, again: bool = False) -> None:
        """Show an output; `again` where it takes the place of others, and needs no line of its own in the log."""
        if self.visible >= MAX_OUTPUTS:
            self.say_once(f"{MAX_OUTPUTS} outputs are shown at most; the others follow as text")
        elif self.write(output, display_id, words_of_update(output) if again else describe(output), clear=clear):
            self.visible += 1
            return
        print_text(output)

    def write_nothing(self) -> None:
        """Take away what is shown; without a file where nothing is."""
        if not self._is_empty:
            self.wipe()
            self.write(None, None, "cleared", clear=True)

    def replace(self, output: dict[str, Any], display_id: str) -> None:
        """Show something else in the places of `display_id`."""
        update = {**output, "output_type": "update_display_data"}
        if self.write(update, display_id, words_of_update(output)):
            for slot in self.slots[display_id]:
                shown = json.loads(slot.read_text(encoding="utf-8"))
                slot.write_text(json.dumps({**output, "output_type": shown["output_type"]}), encoding="utf-8")

    def write(
        self,
        output: dict[str, Any] | None,
        display_id: str | None,
        words: str,
        *,
        clear: bool = False,
        error: dict[str, Any] | None = None,
    ) -> bool:
        """Write a file and announce it, unless nothing of it is seen; whether that worked."""
        if self.count >= MAX_FILES:
            self._broken = True
            self.say_once(f"{MAX_FILES:,} files are written at most; the others follow as text")
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
                words = words or "script"
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
            self.say_once(f"{self._folder} can't be written to ({failed.strerror}); they follow as text")
            return False
        self._number, self.count, self._is_empty = number, self.count + 1, output is None
        if words:
            self.say(f"[output {number}] {words}")
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
            self.slots.setdefault(display_id, []).append(slot)

    def wipe(self) -> None:
        """Forget what is shown, so that the notebook that is left has it no more."""
        self.slots.clear()
        self.visible = 0
        for slot in self._stage.glob("*.json"):
            slot.unlink()

    def say_once(self, trouble: str) -> None:
        """Say in the log what is wrong with outputs, each thing once."""
        if trouble not in self._said:
            self._said.add(trouble)
            self.say(f"[outputs] {trouble}.")

    def say(self, line: str) -> None:
        """Print a line in the job's log, behind what the program has printed."""
        for stream in (sys.stdout, sys.stderr):
            # What a program made of them is its own business; what it printed before should stand before.
            with contextlib.suppress(Exception):
                stream.flush()
        left = f"{line}\n".encode("utf-8", "replace")
        with contextlib.suppress(OSError):
            while left:
                left = left[os.write(self._announce, left) :]


def words_of_update(output: dict[str, Any]) -> str:
    """Describe what takes the place of an output: readers find no line of the log for it."""
    return f"update: {describe(output) or 'nothing'}"
