from __future__ import annotations

import io

from rich.console import Console

from tools.figures import Figure, number, table


def test_a_target_is_met_on_its_own_side():
    assert Figure("a", "speed", "lines/s", 300, 100, 200, more_is_better=True).ok is True
    assert Figure("a", "speed", "lines/s", 100, 100, 200, more_is_better=True).ok is False
    assert Figure("a", "delay", "ms", 100, 90, 100).ok is True
    assert Figure("a", "delay", "ms", 101, 90, 100).ok is False
    assert Figure("a", "delay", "ms", 101).ok is None


def test_a_record_has_the_fields_that_were_agreed():
    record = Figure("a", "delay", "ms", 100, 90, 100).record()
    assert set(record) == {"area", "figure", "unit", "ours", "baseline", "target", "ok"}


def test_the_table_shows_three_figures_and_what_was_missed():
    console = Console(width=120, file=io.StringIO())
    console.print(table([Figure("area", "delay", "ms", 12.345, None, 10)]))
    text = console.file.getvalue()
    assert "12.3" in text
    assert "≤ 10.0" in text
    assert "missed" in text
    assert [number(value) for value in (None, 0.123, 12.34, 1234.5)] == ["", "0.12", "12.3", "1,234"]
