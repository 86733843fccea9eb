"""Frames of progress bars, as tqdm and Keras draw them."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from hfjobs_magic.metrics.progress_bars import MAX_BARS, STALE_S, Bars, Frame, read_frame


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "train:  50%|#####     | 5/10 [00:05<00:06,  2.00it/s, loss=0.5]",
            Frame("train", 5, 10, 2.0, "it", 6, "loss=0.5"),
        ),
        (" 10%|█         | 1/10 [00:02<00:18,  2.00s/it]", Frame("", 1, 10, 0.5, "it", 18)),
        ("0%|          | 0/10 [00:00<?, ?it/s]", Frame("", 0, 10, None, "it", None)),
        (
            "model.safetensors:  45%|████▌     | 450M/1.00G [00:10<00:12, 45.0MB/s]",
            Frame("model.safetensors", 450e6, 1e9, 45e6, "B", 12),
        ),
        ("120it [00:10, 12.0it/s, loss=0.1]", Frame("", 120, None, 12.0, "it", None, "loss=0.1")),
        ("1|50|Loss: 0.84: 10%|█         | 50/500 [00:10<01:30,  5.0it/s]", Frame("", 50, 500, 5.0, "it", 90)),
        (
            "469/938 [=============>................] - ETA: 5s - loss: 0.3",
            Frame("", 469, 938, None, "step", 5, " - loss: 0.3"),
        ),
        (
            "  1/3   0G   0.05   64: 33% ━━━━──────── 1/3 2.0s/it 0.9s<4.0s",
            Frame("1/3   0G   0.05   64", 1, 3, 0.5, "it", 4),
        ),
        ("Epoch 1/4 : |██----| 12.50% [2/16 00:00<00:06... 0.6788]", Frame("Epoch 1/4", 2, 16, None, "it", 6)),
        (
            "Epoch [1/2]: [3/30]  10%|███        , loss=1.9 [00:00<00:05]",
            Frame("Epoch [1/2]", 3, 30, None, "it", 5, "loss=1.9"),
        ),
    ],
)
def test_a_frame_is_read(text: str, expected: Frame):
    assert read_frame(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "100% of 5/10 tests passed",
        "Downloading torch (800 MB/s)",
        "2026/11/25 [INFO] 5/10",
        "GET /models/5 200 10/s",
        "collected 5/10 items",
    ],
)
def test_other_text_has_no_frame(text: str):
    assert read_frame(text) is None


@given(st.text())
def test_no_text_is_too_odd(text: str):
    read_frame(text + "%|")


@given(st.integers(1, 10**7), st.integers(0, 10**7), st.text("abc xyz", min_size=1, max_size=20).map(str.strip))
def test_what_tqdm_itself_draws_is_read(total: int, n: int, label: str):
    drawn = tqdm.format_meter(min(n, total), total, 7.0, prefix=f"{label}: " if label else "", ncols=100)
    frame = read_frame(drawn)
    assert frame is not None
    assert (frame.label, frame.n, frame.total) == (" ".join(label.split(" ")), min(n, total), total)
    assert io.StringIO(drawn).readline() == drawn


def frame(label: str, n: float, total: float | None = 10, eta: float | None = 5) -> Frame:
    return Frame(label, n, total, 1.0, eta_s=eta)


def test_the_bar_that_takes_longest_is_shown_and_one_that_is_done_is_not():
    bars = Bars()
    assert bars.find_foremost() is None
    bars.see(frame("epochs", 1, eta=500), 1.0)
    bars.see(frame("batches", 5, eta=5), 2.0)
    assert bars.find_foremost() == frame("epochs", 1, eta=500)
    bars.see(frame("epochs", 10, eta=0), 3.0)
    assert bars.find_foremost() == frame("batches", 5)
    bars.see(frame("batches", 10, eta=0), 4.0)
    assert bars.find_foremost() is None


def test_a_bar_that_stands_still_while_others_move_is_let_go():
    bars = Bars()
    bars.see(frame("left alone", 1, eta=500), 0.0)
    bars.see(frame("moves", 1), STALE_S + 1)
    assert bars.find_foremost() == frame("moves", 1)


def test_only_so_many_bars_are_remembered():
    bars = Bars()
    for number in range(MAX_BARS + 1):
        bars.see(frame("abcdefghijklmnopq"[number], 1, eta=1000 - number), float(number) / 100)
    assert bars.find_foremost() == frame("b", 1, eta=999)


def test_the_bar_of_the_next_epoch_takes_the_place_of_the_last_but_one_of_other_things_does_not():
    bars = Bars()
    bars.see(frame("Epoch 1", 9, eta=5), 0.0)
    bars.see(frame("Epoch 2", 1, eta=1), 0.1)
    assert bars.find_foremost() == frame("Epoch 2", 1, eta=1)
    bars.see(frame("Epoch 2", 1, total=4, eta=0.5), 0.2)
    assert bars.find_foremost() == frame("Epoch 2", 1, eta=1)


def test_a_bar_without_a_total_has_no_fraction():
    assert frame("x", 5, total=None).trait()["fraction"] is None
    assert frame("x", 5).trait()["fraction"] == 0.5
