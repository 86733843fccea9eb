"""What one line says of a training, and what says nothing of one. Whole logs are in test_corpus.py."""

from __future__ import annotations

import json
import math
import signal
from itertools import cycle, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.metrics.training_lines import MAX_LINE_CHARS, LineReader
from hfjobs_magic.metrics.training_pairs import MAX_KEYS
from hfjobs_magic.metrics.training_report import Report

PIECES = st.sampled_from(
    [
        *(
            "loss",
            "acc",
            "epoch",
            "step",
            "Train",
            "Test",
            "val",
            "lr",
            "|",
            "[",
            "]",
            "{",
            "}",
            "'",
            '"',
            ":",
            "=",
            ",",
        ),
        *(
            "1",
            "0.5",
            "1e-5",
            "nan",
            "3/10",
            " 10%|█  | ",
            "[00:01<00:09, 1.0it/s]",
            "\t",
            "  ",
            "\x1b[1m",
            "\r",
            "-",
            "all",
        ),
        *(
            "Epoch  train_loss  valid_loss",
            "| rollout/ |  |",
            "| total_timesteps | 5 |",
            "----",
            "[10]\ta-b:0.5",
            "0:\tlearn: 1",
        ),
    ]
)


def said(*lines: str) -> Report | None:
    """Read lines one after the other; what the last one says."""
    reader, seen = LineReader(), None
    for line in lines:
        seen = reader.read(line)
    return seen


@pytest.mark.parametrize(
    ("line", "step", "epoch", "values"),
    [
        ("{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 0.1}", None, 0.1, {"loss": 0.5, "learning_rate": 5e-5}),
        ("{'loss': '0.5', 'grad_norm': '1.2', 'epoch': '0.1'}", None, 0.1, {"loss": 0.5, "grad_norm": 1.2}),
        ("{'loss': 0.5, 'grad_norm': inf, 'epoch': 0.1}", None, 0.1, {"loss": 0.5, "grad_norm": math.inf}),
        ('{"step": 10, "loss": 0.5, "seed": 1, "event": "train"}', 10, None, {"loss": 0.5}),
        ('{"current_steps": 1, "total_steps": 42, "loss": 1.5, "epoch": 0.5}', 1, 0.5, {"loss": 1.5}),
        ("epoch 2: {'accuracy': 0.5, 'f1': 0.4}", None, 2, {"accuracy": 0.5, "f1": 0.4}),
        ("2026-11-25 06:39:21 INFO step=10 loss=0.5 lr=1e-5 took=3s", 10, None, {"loss": 0.5, "lr": 1e-5}),
        ("step 250: train loss 1.5, val loss 1.7", 250, None, {"train loss": 1.5, "val loss": 1.7}),
        ("Epoch 3/5 - loss: 0.5 - val_acc: 71.3%", None, 3, {"loss": 0.5, "val_acc": 71.3}),
        (
            "Epoch: [1][ 10/50]\tTime  0.3 ( 0.4)\tLoss 1.5e+00 (2.0)\tAcc@1  10.9 (9.0)",
            10,
            1,
            {"Loss": 1.5, "Acc@1": 10.9},
        ),
        ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.2", 640, 1, {"Loss": 2.2}),
        ("epoch 002:    10 / 30 loss=2.1, num_updates=40, gnorm=0.4", 40, 2, {"loss": 2.1, "gnorm": 0.4}),
        ("[12/100] 1 tree, 31 leaves, train loss: 0.6", 12, None, {"train loss": 0.6}),
        ("[2,  2000] loss: 2.173", 2000, 2, {"loss": 2.173}),
        (
            "[10]\tvalidation_0-rmse:0.53\tvalidation_1-rmse:0.55",
            10,
            None,
            {"validation_0-rmse": 0.53, "validation_1-rmse": 0.55},
        ),
        ("[0]\ttrain-auc:0.9+0.01\ttest-auc:0.8+0.02", 0, None, {"train-auc": 0.9, "test-auc": 0.8}),
        (
            "10:\tlearn: 0.3\ttest: 0.4\tbest: 0.4 (9)\ttotal: 89.7ms",
            10,
            None,
            {"learn": 0.3, "test": 0.4, "best": 0.4},
        ),
        (" 50%|█████     | 5/10 [00:05<00:05,  1.00it/s, loss=0.5]", 5, None, {"loss": 0.5}),
        ("1|7|Loss: 0.84:  70%|███████   | 7/10 [00:05<00:05,  1.00it/s]", 7, None, {"Loss": 0.84}),
        ("\x1b[32mEpoch 1\x1b[0m: train_loss=\x1b[1m1.5\x1b[0m", None, 1, {"train_loss": 1.5}),
        ("loss: 0.5", None, None, {"loss": 0.5}),
    ],
)
def test_a_report_is_read(line: str, step: float | None, epoch: float | None, values: dict[str, float]):
    seen = said(line)
    assert seen is not None
    assert (seen.step, seen.epoch, seen.values) == (step, epoch, values)


@pytest.mark.parametrize(
    "line",
    [
        "learning_rate: 5e-05",
        "lr=0.1",
        "max_grad_norm = 1.0",
        "epochs: 3, lr: 0.1",
        "{'lr': 5e-05, 'epochs': 3, 'max_grad_norm': 1.0}",
        '{"step": 3, "rows": 100, "error_rate": 0.0}',
        '"GET /runs?epoch=1&step=5&loss=0.5 HTTP/1.1" 200 OK',
        "see https://example.org/loss/0.5 and /data/loss=0.5/part-1",
        "step 3: fetched 10 rows in 0.5 s",
        "request 5 took 0.3s, 200 rows/s",
        "[ 50%] Building C object loss.c.o",
        "[3]\tworker: 5",
        "the loss fell by 3 dB",
        "Accuracy is high",
        "iteration 1 of sync: 5 files, 2.5 MB",
        "Downloading torch-2.1 (800 MB)",
        "block 17 epoch: 1700000000",
    ],
)
def test_an_ordinary_line_says_nothing(line: str):
    assert said(line) is None


@pytest.mark.parametrize(
    "line", ["Map:  25%|██▍       | 5/20 [00:00<00:00, 14621.00 examples/s]", "1:  5%|▌  | 1/20 [00:01<?]"]
)
def test_the_percents_and_counts_of_a_bar_are_no_metrics(line: str):
    seen = said(line)
    assert seen is None or not seen.values


def test_what_is_held_out_has_keys_of_its_own_and_the_step_of_the_report_before():
    train = "Train Epoch: 2 [100/1000 (10%)]\tLoss: 0.5"
    seen = said(train, "Test set: Average loss: 0.4, Accuracy: 50/100 (50%)")
    assert seen == Report({"test Average loss": 0.4, "test Accuracy": 50}, 100, 2)
    assert said(train, "Epoch(val) [2][4/4]  accuracy: 90.0") == Report({"val accuracy": 90.0}, 100, 2)
    assert said(train, "epoch 2 | valid | val_loss=0.3 acc=0.9") == Report({"val_loss": 0.3, "valid acc": 0.9}, 100, 2)


def test_a_report_of_another_epoch_does_not_take_the_step_of_the_one_before():
    assert said("epoch 1 step 10 loss 0.5", "epoch 1: {'accuracy': 0.5}") == Report({"accuracy": 0.5}, 10, 1)
    assert said("epoch 1 step 10 loss 0.5", "epoch 2: {'accuracy': 0.5}") == Report({"accuracy": 0.5}, None, 2)


def test_an_epoch_on_a_line_of_its_own_counts_for_what_follows():
    assert said("Epoch 2", "loss: 0.5  [ 640/1000]") == Report({"loss": 0.5}, 640, 2)
    assert said("Epoch 2/3", "16/16 - 2s - 5ms/step - loss: 0.5") == Report({"loss": 0.5}, None, 2)


def test_a_row_under_a_head_of_metrics_is_read():
    head = "epoch     train_loss  valid_loss  error_rate  time    "
    assert said(head, "0         0.5         0.4         0.1         00:10") == Report(
        {"train_loss": 0.5, "valid_loss": 0.4, "error_rate": 0.1}, None, 0
    )
    assert said(head, "-----  ----  ----  ----  ----", "", "1  0.5  0.4  0.1  00:10") is not None


@pytest.mark.parametrize(
    "between",
    ["index  0  0.5  0.4  0.1", "a  b  c  d  e", "0  0.5  0.4", "0      1  0.5  0.4  0.1  00:10"],
)
def test_what_has_other_cells_than_the_head_is_no_row_and_ends_the_table(between: str):
    head = "epoch     train_loss  valid_loss  error_rate  time    "
    assert said(head, between) is None
    assert said(head, between, "1         0.5         0.4         0.1         00:10") is None


def test_a_table_of_a_row_a_name_is_read_when_it_closes():
    lines = ["| rollout/  |   |", "|  ep_rew_mean | 22.3 |", "| time/ | |", "|  fps | 9 |", "| total_timesteps | 256 |"]
    assert said("-" * 20, *lines, "| train/ | |", "|   loss | 0.5 |", "-" * 20) == Report(
        {"rollout/ep_rew_mean": 22.3, "train/loss": 0.5}, 256
    )
    assert said("-" * 20, *lines, "interrupted", "-" * 20) is None


def test_lines_too_long_for_a_report_are_not_looked_at():
    assert said("step 1 loss 0.5".ljust(MAX_LINE_CHARS)) is not None
    assert said("step 1 loss 0.5".ljust(MAX_LINE_CHARS + 1)) is None


def test_a_line_with_very_many_metrics_gives_the_first_of_them():
    line = "step 1 " + " ".join(f"a{n}_loss=1" for n in range(MAX_KEYS + 9))
    seen = said(line)
    assert seen is not None
    assert len(seen.values) == MAX_KEYS


@given(
    st.lists(
        st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=12).map(" ".join) | st.text(), max_size=6
    )
)
def test_no_log_is_too_odd(lines: list[str]):
    reader = LineReader()
    for line in lines:
        may_say = reader.may_say(line)
        seen = reader.read(line)
        if seen and (seen.values or seen.frame):
            assert may_say
            assert len(seen.values) <= MAX_KEYS
            assert all(x is None or math.isfinite(x) for x in (seen.step, seen.epoch))


OPENINGS = [
    *(
        "val Loss: 0.3",
        "Loss after epoch 1",
        "{'loss':",
        "{",
        "('loss',",
        "epoch,loss\n",
        "[1/2][",
        "batch",
        "np.float64(",
        "Accuracy: 1/",
    ),
    *(
        "",
        "step",
        "epoch",
        "epoch (",
        "train",
        "train 1",
        "train [1]",
        "train 1 (",
        "num_updates",
        "'loss':",
        "loss",
        "loss=",
    ),
    *("| a", "| loss |", "| loss | 1", "[1, ", "[", "[1]\ta-b:", "0:\tlearn: 1", "x 1%|", "x 1%|a| 1/1 [0<0,"),
    *(
        "1%|a| 1/1 [0<0, 1,",
        "1it [0:0,",
        "1it [0, 1/s,",
        "1/1",
        "1/1 [=",
        "loss 1%\u2501 1/1",
        "[1/1] 1%|",
        "a |\u2588|",
        "loss 1%",
    ),
]
FILLS = [
    "\x1b[A",
    "{'a': ",
    "('a', 1)",
    "1,",
    "1,000 ",
    "tensor(",
    "a, ",
    " ",
    "\t",
    "a",
    "1",
    "1.",
    "a ",
    "1 ",
    "a   ",
    "step ",
    "train",
    "epoch 1 ",
    "loss=1 ",
    "(",
    "[1] ",
    "%| ",
    "\u2501",
    "1%|a|",
]


@pytest.mark.slow
def test_a_line_of_padding_takes_one_pass():
    # A line takes some hundredths of a second; one that is read again from each of its blanks takes many. The alarm is
    # of processor time, far from the first and before the second.
    def too_long(*_: object) -> None:
        pytest.fail("a padded line holds up everything else")

    before = signal.signal(signal.SIGVTALRM, too_long)
    try:
        for (opening, fill), ending in zip(product(OPENINGS, FILLS), cycle(["!", "% loss it/s"]), strict=False):
            reader = LineReader()
            reader.read("epoch  train_loss  valid_loss")
            signal.setitimer(signal.ITIMER_VIRTUAL, 3)
            reader.read((opening + fill * MAX_LINE_CHARS)[: MAX_LINE_CHARS - len(ending)] + ending)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "step {} loss 0.5",
            "epoch {} loss 0.5",
            "train {} [1/2] loss 0.5",
            "[{}/10] loss: 0.5",
            "[{}]\ttrain-auc:0.5",
        ),
        *(
            "num_updates {} loss 0.5",
            "50%|#  | {}/10 [00:01<00:09, 1.0it/s, loss=0.5]",
            "{}it [00:10, 1.0it/s, loss=0.1]",
        ),
        *(
            "{}/938 [==>...] - ETA: 5s - loss: 0.3",
            "5%|#  | 1/10 [00:01<{}, 1.0it/s]",
            "5%|#  | 1/10 [1<1, {}it/s, loss=0.5]",
        ),
    ],
)
def test_a_number_too_long_to_count_anything_is_no_step_and_no_count(line: str):
    seen = said(line.format("9" * 310))
    if seen is not None:
        drawn = seen.frame.trait() if seen.frame else {}
        json.dumps([seen.step, seen.epoch, seen.values, drawn], allow_nan=False)


def test_a_clock_that_is_no_number_makes_a_table_say_nothing():
    lines = ["| rollout/  |   |", "|  ep_rew_mean | 22.3 |", "| total_timesteps | nan |"]
    assert said("-" * 20, *lines, "-" * 20) is None
