"""Charts of a snapshot: gaps where a value was not a number, and what the newest one is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hfjobs_magic.metrics.training import TrainingBuffer
from hfjobs_magic.metrics.training_report import Report
from hfjobs_magic.views.sparklines import charts


def draw(*losses: float) -> str:
    buffer = TrainingBuffer()
    for step, loss in enumerate(losses):
        buffer.add(0.0, Report({"loss": loss}, step))
    return charts({}, buffer.trait())


def test_a_loss_that_becomes_nan_is_drawn_up_to_there():
    drawn = draw(3.0, 2.0, float("nan"), float("nan"))
    assert "loss nan, 2 to 3" in drawn
    assert len(re.findall(r"points=", drawn)) == 1


def test_a_gap_parts_the_line():
    drawn = draw(3.0, 2.0, float("inf"), 1.0, 0.5)
    assert "loss 0.5, 0.5 to 3" in drawn
    assert len(re.findall(r"points=", drawn)) == 2


def test_on_a_logarithmic_scale_a_gap_is_one_as_well():
    assert "loss 0.001, 0.001 to 1, log scale" in draw(1.0, float("nan"), 0.001)


@pytest.mark.parametrize(("value", "text"), [("nan", "nan"), ("-inf", "-inf")])
def test_what_never_was_a_number_has_no_line(value: Any, text: str):
    drawn = draw(*[float(value)] * 3)
    assert f"loss {text}<br>" in drawn
    assert "polyline" not in drawn
