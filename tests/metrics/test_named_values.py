"""Metrics that a reader has named: every value counts, and no chart is made of one."""

from __future__ import annotations

import math

import pytest

from hfjobs_magic.metrics.named_values import find_lone_names
from hfjobs_magic.metrics.training_scan import TrainingScan

NAMES = ("eval_loss", "accuracy", "score", "cost_per_unit")


def scan(*lines: str, named: tuple[str, ...] = NAMES) -> TrainingScan:
    made = TrainingScan(named=named)
    made.feed(lines, 1.0)
    made.advance(math.inf)
    return made


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("score: 0.28", ["score"]),
        ("Final f2 = 9e-1", ["f2"]),
        ("INFO score=91 %", ["score"]),
        ("val acc: 0.3", ["val acc"]),
        ("\x1b[32mscore\x1b[0m: 0.28", ["score"]),
        ("{'score': 0.28, 'epoch': 2, 'note': 'x'}", ["score"]),
        # Sentences, counters, times, units, what is no number, and what is beside a metric.
        ("Number of files: 12", []),
        ("epoch: 3", []),
        ("seed: 3", []),
        ("12:30", []),
        ("http://a:80", []),
        ("delay: 28 ms", []),
        ("score: nan", []),
        ("score: 0.28 in all", []),
        ("score 3", []),
        ("score: " + "1" * 500, []),
    ],
)
def test_what_a_line_of_its_own_names_is_found_without_its_name_and_then_by_it(line: str, names: list[str]):
    assert find_lone_names(line) == names
    assert list(scan(line, named=tuple(names)).single_values()) == names or not names


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("eval_loss: 0.31", "eval_loss", 0.31),
        ("Final eval loss = 0.31", "eval_loss", 0.31),
        ("eval_loss 0.31 (lr 0.1)", "eval_loss", 0.31),
        ("2026-11-28 10:00:00 INFO and the final Eval_Loss: 3.1e-2", "eval_loss", 0.031),
        ("{'eval_loss': 0.31, 'eval_runtime': 2.0}", "eval_loss", 0.31),
        ("{'eval': {'loss': 0.31}}", "eval_loss", 0.31),
        ("eval_loss=tensor(0.31, device='cuda:0')", "eval_loss", 0.31),
        ("\x1b[32meval_loss\x1b[0m: 0.31", "eval_loss", 0.31),
        ("│        eval_loss         │    0.31   │", "eval_loss", 0.31),
        # No line of a training, but for who has named it.
        ("accuracy: 0.91", "accuracy", 0.91),
        ("The accuracy is 0.91", "accuracy", 0.91),
        ("Accuracy: 91.2 %", "accuracy", 91.2),
        ("score 3", "score", 3.0),
        ("score=3, seed=1", "score", 3.0),
        ("cost_per_unit: 0.7", "cost_per_unit", 0.7),
        ("step 3\rcost_per_unit: 0.5\rcost_per_unit: 0.7", "cost_per_unit", 0.7),
    ],
)
def test_what_is_named_is_read_in_every_form(line: str, name: str, value: float):
    found = scan(line)
    assert found.has(name)
    assert found.single_values()[name] == value
    (one,) = found.curves({name: ""})
    assert (one["key"], one["best"], one["last"]) == (name, value, value)
    # There is nothing to draw.
    assert (one["step"], one["epoch"], one["y"]) == (None, None, [value])
    assert found.curves() == []
    assert found.trait() == {}


@pytest.mark.parametrize(
    "line",
    [
        "train eval_loss_extra: 2",
        "my_eval_loss: 5",
        "val accuracy: 0.5",
        "score 3 of the best",
        "score: 1,200",
        "f1 score: 0.8",
        "the best score was reached",
        "x" * 30_000 + " score: 3",
    ],
)
def test_what_is_another_key_or_no_number_for_sure_is_not_read(line: str):
    assert not set(scan(line).single_values()) & set(NAMES)


def test_a_multi_line_json_has_it():
    assert scan("{", '  "accuracy": 0.91,', '  "n": 3', "}").single_values()["accuracy"] == 0.91


def test_the_last_value_counts_and_the_best_is_kept():
    found = scan("accuracy: 0.5", *["nothing"] * 200, "accuracy: 0.9", "accuracy: 0.7")
    assert found.single_values() == {"accuracy": 0.7}
    (one,) = found.curves({"accuracy": "max"})
    assert (one["best"], one["last"], one["y"]) == (0.9, 0.7, [0.7])
    (one,) = found.curves({"accuracy": "min"})
    assert one["best"] == 0.5
    (one,) = scan("accuracy: nan").curves({"accuracy": ""})
    assert (one["best"], one["last"], one["odd"], one["y"]) == (None, None, "nan", [None])


def test_a_curve_is_taken_as_it_is_drawn():
    lines = [f"step {n}: accuracy: 0.{n}, loss: {n}" for n in range(1, 4)]
    found = scan(*lines, "accuracy: 0.99")
    (one,) = [curve for curve in found.curves({"accuracy": ""}) if curve["key"] == "accuracy"]
    assert (one["step"], one["last"]) == ([1, 2, 3], 0.3)
    assert "accuracy" not in found.single_values()


def test_a_metric_that_nobody_named_and_that_was_printed_once_is_known_and_not_drawn():
    found = scan("{'loss': 0.5, 'epoch': 1}", "{'eval_loss': 0.31, 'epoch': 1}", "{'loss': 0.4, 'epoch': 2}", named=())
    assert [curve["key"] for curve in found.curves()] == ["loss"]
    assert found.single_values() == {"eval_loss": 0.31}
    assert [curve["key"] for curve in found.curves({"eval_loss": "min"})] == ["loss", "eval_loss"]


def test_a_named_metric_is_among_the_curves_however_many_there_are():
    names = [f"loss/{name}" for name in "abcdefghijklmnopqrstuvwxyz"]
    lines = [str(dict.fromkeys(names, step + 0.5) | {"step": step}) for step in (1, 2, 3)]
    found = scan(*lines, named=("loss/z",))
    assert "loss/z" not in {curve["key"] for curve in found.curves()}
    assert found.curves({"loss/z": ""})[-1]["key"] == "loss/z"
