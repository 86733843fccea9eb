"""Training metrics read from real logs, and nothing read from ordinary ones. See `tools.training_corpus`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tools.training_corpus import HEAD_KEYS, Score, logs, read_bars, read_events, score

if TYPE_CHECKING:
    from tools.training_corpus import Log

LOGS = [pytest.param(log, id=log.path.stem) for log in logs()]
MIN_PRECISION, MIN_RECALL = 1.0, 0.95


def differences(seen: dict[str, Any], expected: dict[str, Any]) -> list[str]:
    """Say what was read beside what was expected, a difference a line."""
    flat = [{**{key: value for key, value in it.items() if key != "series"}, **it["series"]} for it in (seen, expected)]
    return [
        f"{key}: read {flat[0].get(key, 'nothing')}, expected {flat[1].get(key, 'nothing')}"
        for key in {**flat[0], **flat[1]}
        if flat[0].get(key) != flat[1].get(key)
    ]


@pytest.mark.parametrize("log", LOGS)
def test_what_a_log_reports_is_read_and_nothing_else(log: Log):
    assert differences(read_events(re.split(r"[\r\n]", log.text)), log.expected) == []


@pytest.mark.parametrize("log", [pytest.param(log, id=log.path.stem) for log in logs() if log.bars])
def test_the_header_shows_the_outermost_of_nested_bars(log: Log):
    assert read_bars(log.text) == log.bars


@pytest.mark.parametrize("log", LOGS)
def test_metrics_are_the_same_however_the_log_is_cut(log: Log):
    pieces = log.text.split("\n")
    assert read_events(["\n".join(pieces[:7]), *pieces[7:]])["series"] == log.expected["series"]


def test_every_number_in_a_chart_was_printed_and_hardly_one_is_missing():
    total = sum(map(score, logs()), Score())
    assert total.right / total.drawn >= MIN_PRECISION
    assert total.right / total.expected >= MIN_RECALL


def test_every_log_says_where_it_comes_from_and_what_it_shows():
    for log in logs():
        assert log.head.keys() - {"bars"} == HEAD_KEYS, log.path
