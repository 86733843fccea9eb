"""Training metrics read from real logs, and nothing read from ordinary ones.

A file of the corpus says in its head where it comes from, what it shows, and what is to be found in it: the x axis,
the first value, the last and the number of points of each series, and the progress that the card showed last.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.metrics.progress_bars import Bars
from hfjobs_magic.metrics.training_lines import LineReader
from hfjobs_magic.metrics.training_scan import TrainingScan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.metrics.progress_bars import Frame

CORPUS = Path(__file__).parent / "corpus"


def excerpts(kind: str) -> list[Any]:
    return [pytest.param(path, id=path.stem) for path in sorted((CORPUS / kind).glob("*.log"))]


def opened(path: Path) -> tuple[dict[str, str], str]:
    """Give the head of an excerpt, by name, and the log with its carriage returns."""
    head, log = path.read_bytes().decode().split("\n---\n", 1)
    return dict(re.findall(r"^# (\w+): (.+)$", head, re.MULTILINE)), log


def found_in(events: Iterable[str]) -> dict[str, Any]:
    """Say what is found in a log that comes in event by event, in the form of the head of an excerpt."""
    scan, reader, bars = TrainingScan(), LineReader(), Bars()
    shown: Frame | None = None
    for second, event in enumerate(events):
        scan.feed([event], float(second))
        scan.advance(math.inf)
        if (seen := reader.read(event)) and seen.frame:
            bars.see(seen.frame, float(second))
        shown = bars.find_foremost() or shown
    trait = scan.trait()
    series = {s["key"]: [s["y"][0], s["y"][-1], len(s["y"])] for s in trait.get("series", [])}
    return {
        "x_label": trait["x_label"] if series else None,
        "series": series,
        "progress": shown and {"label": shown.label, "n": shown.n, "total": shown.total},
    }


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Say what was found beside what was expected, a difference a line."""
    flat = [
        {**{key: value for key, value in it.items() if key != "series"}, **it["series"]} for it in (found, expected)
    ]
    return [
        f"{key}: found {flat[0].get(key, 'nothing')}, expected {flat[1].get(key, 'nothing')}"
        for key in {**flat[0], **flat[1]}
        if flat[0].get(key) != flat[1].get(key)
    ]


@pytest.mark.parametrize("path", excerpts("training"))
def test_the_metrics_of_a_training_are_found_and_nothing_else(path: Path):
    head, log = opened(path)
    assert differences(found_in(re.split(r"[\r\n]", log)), json.loads(head["expect"])) == []


@pytest.mark.parametrize("path", excerpts("training"))
def test_metrics_are_the_same_however_the_log_is_cut(path: Path):
    _, log = opened(path)
    whole = TrainingScan()
    whole.feed(log.split("\n"), 0.0)
    whole.advance(math.inf)
    series = {s["key"]: [s["y"][0], s["y"][-1], len(s["y"])] for s in whole.trait().get("series", [])}
    assert series == found_in(re.split(r"[\r\n]", log))["series"]


@pytest.mark.parametrize("path", excerpts("ordinary"))
def test_nothing_is_found_in_a_log_that_is_no_training(path: Path):
    head, log = opened(path)
    expected = {"x_label": None, "series": {}, "progress": json.loads(head["expect"])}
    assert differences(found_in(re.split(r"[\r\n]", log)), expected) == []


def test_every_excerpt_says_where_it_comes_from_and_what_it_shows():
    for path in CORPUS.glob("*/*.log"):
        assert opened(path)[0].keys() == {"source", "shows", "expect"}, path
