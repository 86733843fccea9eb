"""Frames of progress bars, as tqdm and Keras draw them."""

from __future__ import annotations

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tqdm import tqdm

from hfjobs_magic.metrics.progress_bars import MAX_BARS, STALE_S, Bars
from hfjobs_magic.metrics.progress_frames import Frame, read_frame
from hfjobs_magic.metrics.training_scan import TrainingScan


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
        (
            "Processing Files (0 / 1):  67%|██████▋   | 45.0MB / 67.1MB, 33.5MB/s",
            Frame("Processing Files (0 / 1)", 45e6, 67.1e6, 33.5e6, "B"),
        ),
        ("Processing Files (0 / 0):   0%|          | 0.00B / 0.00B", Frame("Processing Files (0 / 0)", 0, None)),
        (
            "(PolicyModelActor pid=99) Train epoch [1/1]:  5%|▌   | 10/200 [00:01<00:19, 10.00it/s]",
            Frame("(PolicyModelActor pid=99) Train epoch [1/1]", 10, 200, 10.0, "it", 19),
        ),
        ("lr=0.1 Epoch 2: 10%|█  | 1/10 [00:01<00:09, 1.0it/s]", Frame("", 1, 10, 1.0, "it", 9)),
        ("train (bs=8, lr=1e-4): 10%|█  | 1/10 [00:01<00:09, 1.0it/s]", Frame("train", 1, 10, 1.0, "it", 9)),
        (
            "Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:03<00:03,  1.50s/it]",
            Frame("Loading safetensors checkpoint shards", 2, 4, 1 / 1.5, "it", 3),
        ),
        (
            "Generating train split: 12000 examples [00:02, 5432.10 examples/s]",
            Frame("Generating train split", 12000, None, 5432.1, "examples"),
        ),
        (
            "Map (num_proc=4):  30%|███       | 3000/10000 [00:01<00:02, 2890.12 examples/s]",
            Frame("Map (num_proc=4)", 3000, 10000, 2890.12, "examples", 2),
        ),
        ("Epoch 2 loss 0.5: 10%|█  | 1/10 [00:01<00:09, 1.0it/s]", Frame("Epoch 2", 1, 10, 1.0, "it", 9)),
        ("Epoch 2: [=====>    ] 50/100 loss: 0.5", Frame("Epoch 2", 50, 100)),
        ("[#####.....] 1k/2k", Frame("", 1000, 2000)),
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


def see(bars: Bars, at: float, *frames: Frame, depth: int = 0) -> Frame | None:
    for one in frames:
        bars.see(one, at, depth)
    return bars.find_foremost()


def test_the_bar_around_all_others_is_shown_whatever_its_rate_says():
    bars = Bars()
    assert bars.find_foremost() is None
    outer = frame("epochs", 0, eta=None)
    see(bars, 0.0, outer)
    assert see(bars, 1.0, frame("batches", 5, eta=500), depth=1) == outer
    assert see(bars, 2.0, frame("batches", 10, eta=0), depth=1) == outer
    assert see(bars, 900.0, frame("batches", 1, eta=500), depth=1) == outer
    assert see(bars, 900.0, frame("epochs", 10), depth=0) is None


def test_a_bar_that_moves_on_after_another_had_begun_is_around_it_wherever_they_stand():
    bars = Bars()
    see(bars, 0.0, frame("epochs", 0), frame("batches", 1))
    assert bars.find_foremost() == frame("batches", 1)
    assert see(bars, 1.0, frame("epochs", 1), frame("batches", 2)) == frame("epochs", 1)
    assert see(bars, 2.0, frame("epochs", 10), frame("batches", 3)) == frame("batches", 3)


def test_a_bar_that_was_left_gives_way_to_the_next_one():
    bars = Bars()
    assert see(bars, 0.0, frame("left alone", 3), frame("moves", 1)) == frame("moves", 1)
    assert see(bars, 0.0, frame("left above", 3), frame("outer", 1)) == frame("outer", 1)
    assert see(bars, 1.0, frame("inner", 1), depth=1) == frame("outer", 1)


def test_an_outer_bar_that_stands_still_for_long_is_let_go_unless_it_takes_its_time():
    slow, quick = Frame("epochs", 1, 10, 1 / STALE_S), Frame("files", 1, 10, 1.0)
    for outer, shown in ((slow, slow), (quick, frame("batches", 3))):
        bars = Bars()
        see(bars, 0.0, outer, frame("batches", 1), outer)
        assert see(bars, STALE_S + 1, frame("batches", 3)) == shown


def test_only_so_many_bars_are_remembered():
    bars = Bars()
    for number in range(MAX_BARS + 1):
        bars.see(frame("abcdefghijklmnopq"[number], 1), float(number) / 100)
    for number in range(1, MAX_BARS):
        bars.see(frame("abcdefghijklmnopq"[number], 10), 1.0)
    assert bars.find_foremost() == frame("q", 1)
    bars.see(frame("q", 10), 1.0)
    assert bars.find_foremost() is None


def test_the_bar_of_the_next_epoch_takes_the_place_of_the_last():
    bars = Bars()
    bars.see(frame("Epoch 1", 9, eta=5), 0.0)
    bars.see(frame("Epoch 2", 1, eta=1), 0.1)
    assert bars.find_foremost() == frame("Epoch 2", 1, eta=1)


def drawn(*names: str) -> Frame | None:
    """Draw nested bars with tqdm itself, each in the one before; what the header shows in the middle of the last."""
    written = io.StringIO()
    bars = [tqdm(total=4, desc=name, file=written, position=n, mininterval=0) for n, name in enumerate(names)]
    for _ in range(2):
        for bar in reversed(bars):
            bar.update()
    scan = TrainingScan()
    scan.feed(written.getvalue().split("\n"), 0.0)
    for bar in reversed(bars):
        bar.close()
    scan.advance(math.inf)
    return scan._bars.find_foremost()


@pytest.mark.parametrize("names", [["epochs"], ["epochs", "batches"], ["runs", "epochs", "batches"]])
def test_of_nested_bars_that_tqdm_draws_the_outermost_is_shown(names: list[str]):
    shown = drawn(*names)
    assert shown is not None
    assert (shown.label, shown.n, shown.total) == (names[0], 2, 4)


def test_a_bar_without_a_total_has_no_fraction():
    assert frame("x", 5, total=None).trait()["fraction"] is None
    assert frame("x", 5).trait()["fraction"] == 0.5


def test_a_bar_of_model_files_is_shown_though_nothing_else_is_said():
    scan = TrainingScan()
    scan.feed(["(EngineCore pid=7) Loading safetensors shards:  50% Completed | 2/4 [00:03<00:03,  1.50s/it]"], 0.0)
    scan.advance(math.inf)
    assert scan.progress()["fraction"] == 0.5
