"""Training metrics in log lines: what transformers, Keras, Lightning, fastai, timm and loops of one's own print.

Precision comes first: text counts only where it says of what step or epoch it is, or names what only
trainings print, such as a loss. Whether a key becomes a chart is decided by `hfjobs_magic.metrics.training`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from hfjobs_magic.metrics.numbers import has_decimal_comma, read_number, shape_of
from hfjobs_magic.metrics.plain_text import strip_styles, unwrap_numbers
from hfjobs_magic.metrics.progress_frames import COMPLETED, read_frame
from hfjobs_magic.metrics.training_bars import NestedValues
from hfjobs_magic.metrics.training_dicts import DictReader, Record, may_begin_dict
from hfjobs_magic.metrics.training_doubts import has_settings, is_of_other, is_rate
from hfjobs_magic.metrics.training_headings import Scope, is_place_heading, read_heading
from hfjobs_magic.metrics.training_keys import read_key
from hfjobs_magic.metrics.training_pairs import Look, read_pairs
from hfjobs_magic.metrics.training_places import Place, PlaceReader
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.metrics.training_rounds import RoundReader
from hfjobs_magic.metrics.training_tables import TableReader
from hfjobs_magic.metrics.training_text import depth_of, find_look_back, hide_meter, text_behind_bar, write_pairs
from hfjobs_magic.metrics.training_words import (
    BATCHES,
    EPOCHS,
    HELD_OUT_WORDS,
    PLACES,
    STEPS,
    TRAIN,
    prefix_split,
    split_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hfjobs_magic.metrics.progress_frames import Frame

MAX_LINE_CHARS = 20_000
"""Longer lines are not looked at: they are data, not reports. verl reports 6,000 characters a step."""

HEADING_LINES = 40
"""Lines after a heading that names a place, in which metrics stand that need one."""

TITLE_LINES = 3
"""Lines after such a heading in which a bar begins that has no label of its own: it is the heading's."""

MAX_PLACED = 500
"""Keys remembered that were reported with their step."""

MAX_ORDINARY = 2_000
"""Shapes of lines remembered that say nothing: a server or a download prints the same one again and again."""

ORDINARY_CHARS = 400
"""Longer lines are not remembered."""

# A line without any of these says nothing to us; in lower case, looked for before anything slower.
_HINTS = (
    *("loss", "acc", "ppl", "perplex", "norm", "epoch", "step", "iter", "update", "batch", "episode"),
    *("%|", COMPLETED.lower(), "/s", "%\u2501", "% \u2501", "% \u2500", "]\t", ":\tlearn", ":\ttest"),
    *("rmse", "auc", "| rollout/", "| time/"),
)
# Of those that follow, a heading has one; it says nothing by itself.
_HEADINGS = ("train", "eval", "valid", "test", "sanity")


class LineReader:
    """Reads one log, line by line; keeps the place, the table and the heading that it is in."""

    def __init__(self) -> None:
        self._places = PlaceReader()
        self._tables = TableReader()
        self._rounds = RoundReader()
        self._dicts = DictReader()
        self._scope = Scope()
        # Step and epoch of the newest report.
        self._latest: tuple[float | None, float | None] = (None, None)
        # Whether numbers of this log have decimal commas, once that is clear.
        self._comma: bool | None = None
        # The last heading that names a place, and lines for which it still holds.
        self._title, self._near = "", 0
        self._titled: float | None = None
        # Whether a loss was reported: an accuracy alone is that of any program.
        self._has_loss = False
        # Whether anything was that is not a setting of the optimizer: a learning rate alone is that of any solver.
        self._has_metric = False
        # Keys that were reported with a step or an epoch on the same line.
        self._placed: set[str] = set()
        self._nested = NestedValues()
        # Lines that said nothing, with 0 for each digit, and what they said nothing beside.
        self._ordinary: set[tuple[bytes, bool, bool]] = set()
        self._was_ordinary = False

    def may_say(self, lines: str) -> bool:
        """Whether reading lines, joined by ends of line, can give anything."""
        if self._is_open:
            return True
        low = lines.lower()
        return any(map(low.__contains__, _HINTS)) or any(map(low.__contains__, _HEADINGS)) or may_begin_dict(lines)

    def skip(self, lines: int) -> None:
        """Pass over so many lines that were not read."""
        self._near = max(0, self._near - lines)

    def read(self, line: str) -> Report | None:
        """Read a line, or a state of one; None where it is an ordinary one."""
        if len(line) > ORDINARY_CHARS or self._is_within:
            return self._look(line) if len(line) <= MAX_LINE_CHARS else None
        shape = (shape_of(line), self._near > 0, self._has_loss)
        if shape in self._ordinary:
            self.skip(1)
            return None
        self._was_ordinary = False
        report = self._look(line)
        if self._was_ordinary:
            if len(self._ordinary) >= MAX_ORDINARY:
                self._ordinary.clear()
            self._ordinary.add(shape)
        return report

    @property
    def _is_open(self) -> bool:
        """Whether any line may be a part of what has begun."""
        return self._near > 0 or self._is_within

    @property
    def _is_within(self) -> bool:
        """Whether the next line is read by what stood before it."""
        return self._tables.is_open or self._dicts.is_open or self._rounds.is_over

    def _look(self, line: str) -> Report | None:
        text = strip_styles(line)
        low = text.lower()
        names_data = any(map(low.__contains__, _HEADINGS))
        split = read_heading(text) if names_data else ""
        if split:
            self._scope.begin(split)
        # "Validation score: 0.9", below the loss of its iteration.
        is_score = names_data and self._has_loss and "score" in low
        if not (self._is_open or any(map(low.__contains__, _HINTS)) or may_begin_dict(text) or is_score):
            self._was_ordinary = not split
            return None
        report = self._read(unwrap_numbers(text))
        if split:
            self._was_ordinary = False
        if report is not None and report.frame is not None:
            frame, depth = self._label(report.frame), depth_of(line)
            values = self._nested.take(report.values, report.frame, depth)
            return Report(values, report.step, report.epoch, frame, depth, is_rounded=report.is_rounded)
        self.skip(1)
        return report

    def _read(self, text: str) -> Report | None:
        if (row := self._tables.read(text)) is not None:
            return self._find_place(row)
        if not self._dicts.is_open and self._tables.begins(text):
            return None
        if rounds := self._rounds.read(text):
            return self._find_place(Report(self._numbers(rounds[1]), rounds[0]))
        if (record := self._dicts.read(text)) is not None:
            return self._find_place(self._read_structured(text, record))
        return self._find_place(self._read_reported(text))

    def _find_place(self, report: Report) -> Report | None:
        """Say where a report belongs that names no step, or no epoch: to those of the one before."""
        if not report.values:
            return report if report.frame else None
        if not all(x is None or math.isfinite(x) for x in (report.step, report.epoch)):
            return None
        if report.epoch is not None:
            self._places.epoch = report.epoch
        step, epoch = self._latest
        if report.step is not None or epoch != self._places.epoch:
            step = report.step
        if step is not None:
            self._latest = (step, self._places.epoch)
        self._has_loss |= any(read_key(name).is_loss for name in report.values)
        if step == report.step and self._places.epoch == report.epoch:
            return report
        return Report(report.values, step, self._places.epoch, report.frame, is_rounded=report.is_rounded)

    def _read_structured(self, text: str, record: Record) -> Report:
        """Read a line with dicts of Python or JSON."""
        head = text[: record.start]
        frame = read_frame(head) if "%|" in head else None
        place = self._places.read(head)
        numbers = self._numbers(record.numbers | self._read_behind(text, record))
        counts = {name.lower(): value for name, value in numbers.items()}
        steps, epochs, batches = (
            next((counts[name] for name in counts if name in names), None) for names in (STEPS, EPOCHS, BATCHES)
        )
        epoch = counts.get("epoch", place.epoch if epochs is None else epochs)
        step = batches if steps is None else steps
        is_inside = steps is None and batches is not None
        values = {
            name: value for name, value in numbers.items() if name.lower() not in PLACES and not read_key(name).is_aside
        }
        place = Place(place.step if step is None else step, epoch, is_inside=is_inside)
        if has_settings(counts):
            values = {}
        if not (place.is_known or self._near) or not any(read_key(name).is_metric for name in values):
            values = self._plain(text, values)
        elif place.is_known:
            self._take_placed(values)
        return self._name_held_out(values, place, split_of(head), frame)

    @staticmethod
    def _read_behind(text: str, record: Record) -> dict[str, str]:
        """Return what stands behind a dict: ``epoch 0: {'accuracy': 0.9} train_loss: 0.3``."""
        behind = text[record.end :] if record.end else ""
        if not behind.strip(" ,;)]") or "%|" in behind:
            return {}
        return read_pairs(behind, Look(is_placed=True))[0]

    def _read_reported(self, text: str) -> Report:
        """Read a line with ``key=value``, ``key: value`` or ``key value``, and a bar perhaps."""
        before, frame, place = self._places.epoch, read_frame(text), self._places.read(text)
        if frame is not None and (behind := text_behind_bar(text)) and (own := self._places.read(behind)).is_known:
            # The figures of the bar are not of the step that another report names; they come with its next frame.
            text, place, frame = behind, own, replace(frame, cut_at=None)
        text, is_named = write_pairs(text), place.is_known
        if frame is not None and not frame.n:
            self._places.begin(frame)
            return Report(frame=frame)  # What stands behind a bar that has not moved yet is of the one before.
        if back := find_look_back(text, max(0, text.find(place.text))):
            self._places.epoch, place = before, Place()
            if back not in {"best", "lowest"}:
                return Report(frame=frame)
        told = hide_meter(text, frame.cut_at) if frame else text
        is_placed = place.is_known or frame is not None or self._near > 0
        is_counted = not is_placed and self._places.has_counter(text)
        written, start = read_pairs(told, Look(is_placed, is_counted, self._has_loss, place.is_episode))
        values = self._numbers(written)
        if not values:
            if place.is_known and frame is None and is_place_heading(text, place.text):
                self._begin(place)
            self._was_ordinary = not (written or is_named or frame)
            return Report(frame=frame)
        if not is_placed:
            values = self._plain(text, values)
        elif is_named:
            self._take_placed(values)
        label = split_of(told[:start]) if start else ""
        if place.step is None and (not label or label in TRAIN):
            # The counter of "Epoch [1/6]" is that of the epoch, and counts no steps.
            rest = text.replace(place.text, "\x00", 1) if place.text else text
            place = self._places.read_counter(rest, frame, place.epoch)
        return self._name_held_out(values, place, label, frame)

    def _name_held_out(self, values: dict[str, float], place: Place, label: str, frame: Frame | None) -> Report:
        """Name values of held-out data after the heading that they stand under."""
        splits, is_held_out = _data_of(tuple(values))
        self._has_metric |= not all(map(is_rate, values))
        if not self._has_metric:
            values = {}
        if label:
            splits |= {label}
        if splits & TRAIN:
            self._scope.begin("")
        elif splits:
            self._scope.serve()
        elif values and (split := self._scope.split_for(values, place, self._latest)):
            is_held_out = True
            values = {name if read_key(name).is_setting else prefix_split(split, name): x for name, x in values.items()}
        # Batches of held-out data are not steps of the training.
        step = None if is_held_out and place.is_inside else place.step
        return Report(values, step, place.epoch, frame, is_rounded=place.is_rounded)

    def _take_placed(self, values: Mapping[str, float]) -> None:
        if len(self._placed) < MAX_PLACED:
            self._placed |= values.keys()

    def _begin(self, place: Place) -> None:
        """Take a heading that names a place."""
        self._title, self._near = place.text.strip(" [(:"), HEADING_LINES
        if place.epoch is not None and place.epoch != self._latest[1]:
            self._scope.begin("")
        if place.step is not None:
            self._latest = (place.step, self._places.epoch)

    def _label(self, frame: Frame) -> Frame:
        """Name a bar that has no label after the heading that it began under."""
        if frame.label or not self._title:
            return frame
        if self._near < HEADING_LINES - TITLE_LINES and frame.total != self._titled:
            return frame
        self._titled = frame.total
        return replace(frame, label=self._title)

    def _numbers(self, written: Mapping[str, str]) -> dict[str, float]:
        """Read numbers that stand on one line; those that could be two are left out."""
        comma = has_decimal_comma(written.values())
        self._comma = self._comma if comma is None else comma
        values = {}
        for name, text in written.items():
            try:
                values[name] = read_number(text, comma=self._comma)
            except ValueError:
                continue
        return values

    def _plain(self, text: str, values: dict[str, float]) -> dict[str, float]:
        """Return what only a training prints, of a line that names no place."""
        keys = {name: read_key(name) for name in values}
        if is_of_other(text) or not (self._has_loss or any(key.is_loss for key in keys.values())):
            return {}
        return {
            name: value
            for name, value in values.items()
            # What is reported with its step is of something else where it is reported without one.
            if name not in self._placed
            and (
                keys[name].is_plain or (self._has_loss and keys[name].is_metric and keys[name].split in HELD_OUT_WORDS)
            )
        }


@lru_cache(maxsize=1000)
def _data_of(names: tuple[str, ...]) -> tuple[frozenset[str], bool]:
    """Return of what data metrics say that they are, and whether all of them are of held-out data."""
    keys = [key for name in names if not (key := read_key(name)).is_setting]
    is_held_out = bool(keys) and all(key.split and key.split not in TRAIN for key in keys)
    return frozenset(key.split for key in keys if key.split), is_held_out
