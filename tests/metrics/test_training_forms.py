"""What programs print, form by form, and the charts that it becomes: from public bug reports, with their siblings."""

from __future__ import annotations

import math
from typing import Any

import pytest

from hfjobs_magic.metrics.training_scan import TrainingScan

NAN = math.nan


def scan_lines(*lines: str) -> TrainingScan:
    scan = TrainingScan()
    for second, line in enumerate(lines):
        scan.feed([line], float(second))
        scan.advance(math.inf)
    return scan


def charts(*lines: str) -> dict[str, list[float | None]]:
    """Values of each chart of a log."""
    return {series["key"]: series["y"] for series in scan_lines(*lines).trait().get("series", [])}


def places(key: str, axis: str, *lines: str) -> list[float]:
    series = {one["key"]: one for one in scan_lines(*lines).trait()["series"]}
    return list(series[key][axis])


@pytest.mark.parametrize(
    ("first", "second", "values"),
    [
        ("1e-4", "5E-05", [1e-4, 5e-5]),
        ("1,234.5", "2,345.25", [1234.5, 2345.25]),
        ("1.2k", "1.5k", [1200, 1500]),
        ("12%", "61.5 %", [12, 61.5]),
        ("-0.5", "+0.25", [-0.5, 0.25]),
        ("\u22120.5", "\u22121.5", [-0.5, -1.5]),
        (".5", ".25", [0.5, 0.25]),
        ("np.float64(0.5)", "np.float32(0.25)", [0.5, 0.25]),
        ("tensor(0.5)", "tensor(0.25, device='cuda:0')", [0.5, 0.25]),
        ("1.5\u00d710^-3", "2.5\u00d710^-3", [1.5e-3, 2.5e-3]),
        ("1_000.5", "2_000.5", [1000.5, 2000.5]),
    ],
)
def test_a_number_in_any_form_is_the_one_that_was_printed(first: str, second: str, values: list[float]):
    assert charts(f"epoch 1: loss: {first}", f"epoch 2: loss: {second}") == {"loss": values}


def test_commas_part_thousands_in_steps():
    lines = [f"Step {250 * k:,} | loss {3 / (1 + k / 3):.4f}" for k in range(1, 13)]
    assert places("loss", "step", *lines) == [250 * k for k in range(1, 13)]


@pytest.mark.parametrize("thousands", ["1'000", "1_000", "1\u202f000", "1\u00a0000", "1000"])
def test_other_signs_part_thousands_as_well(thousands: str):
    assert places("loss", "step", "step 500 loss 0.5", f"step {thousands} loss 0.4") == [500, 1000]


def test_decimal_commas_are_read_as_such_or_not_at_all():
    lines = [f"Epoch {k}: loss {3 / k:.3f} acc {0.1 * k:.2f}".replace(".", ",") for k in range(1, 7)]
    assert charts(*lines)["loss"] == [3.0, 1.5, 1.0, 0.75, 0.6, 0.5]


def test_a_comma_that_could_be_either_is_no_number():
    assert charts("epoch 1: loss 1,234", "epoch 2: loss 2,345") == {}


def test_lerobot_counts_episodes_beside_epochs_and_steps_in_thousands():
    steps = ["200", "400", "600", "800", "1K", "1K", "1K", "2K"]
    lines = [
        f"INFO 2026-05-01 10:0{k}:00 ts/train.py:232 step:{s} smpl:{k * 2}K ep:{k * 3} epch:{0.05 * k:.2f} "
        f"loss:{3 / k:.3f} grdn:{9 / k:.3f} lr:{1e-5 * k:.1e} updt_s:0.098 data_s:0.000"
        for k, s in enumerate(steps, 1)
    ]
    assert charts(*lines)["loss"] == [3.0, 1.5, 1.0, 0.75, 0.6, 0.5, 0.429, 0.375]


def test_scalars_of_numpy_in_a_dict_are_numbers():
    lines = [f"{{'epoch': {k}, 'loss': np.float64({3 / k:.4f}), 'acc': {0.1 * k}}}" for k in range(1, 6)]
    assert charts(*lines)["loss"] == [3.0, 1.5, 1.0, 0.75, 0.6]


def test_epoch_and_batch_in_brackets_are_a_place():
    lines = [
        f"[0/5][{k * 50}/1583]\tLoss_D: {2 / k:.4f}\tLoss_G: {1 + k:.4f}\tD(x): {0.4 + k / 20:.4f}" for k in range(1, 7)
    ]
    assert places("Loss_D", "step", *lines) == [50, 100, 150, 200, 250, 300]
    assert charts(*lines)["Loss_G"] == [2, 3, 4, 5, 6, 7]


def test_a_heading_names_the_place_of_the_lines_below_it():
    lines = []
    for k in range(1, 6):
        lines += [
            f"[batch={k}/5]:",
            f"\t Train trainer/global_step: {k - 1}",
            f"\t Train loss/train/total: {3 / k:.4f}",
        ]
    (values,) = charts(*lines).values()
    assert values == [3.0, 1.5, 1.0, 0.75, 0.6]


def test_long_reports_are_read():
    rest = " - ".join(f"timing_per_token_ms/part_{i}/mean:{i}.125" for i in range(150))
    lines = [
        f"(TaskRunner pid=4711) step:{k} - actor/pg_loss:{0.01 * k:.3f} - critic/rewards/mean:{0.1 * k:.3f} - {rest}"
        for k in range(1, 6)
    ]
    seen = charts(*lines)
    assert seen["actor/pg_loss"] == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert seen["critic/rewards/mean"] == [0.1, 0.2, 0.3, 0.4, 0.5]


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("Epoch {k}/5 - Train Loss: {a} - Val Loss: {b}", ["Train Loss", "Val Loss"]),
        ("Epoch {k}/5 - train loss: {a} - val loss: {b}", ["train loss", "val loss"]),
        ("Epoch {k} Training Loss: {a} \tValidation Loss: {b}", ["Training Loss", "Validation Loss"]),
        ("Epoch {k} VALIDATION LOSS: {b}, TRAINING LOSS: {a}", ["TRAINING LOSS", "VALIDATION LOSS"]),
        ("Epoch {k} Generator Loss: {a}, Discriminator Loss: {b}", ["Generator Loss", "Discriminator Loss"]),
        ("Epoch {k} Policy Loss: {a} Value Loss: {b}", ["Policy Loss", "Value Loss"]),
        ("Epoch {k} | loss={a} | val_loss={b}", ["loss", "val_loss"]),
    ],
)
def test_keys_keep_all_their_words(line: str, keys: list[str]):
    lines = [line.format(k=k, a=f"{3 / k:.3f}", b=f"{4 / k:.3f}") for k in range(1, 4)]
    assert charts(*lines) == {keys[0]: [3.0, 1.5, 1.0], keys[1]: [4.0, 2.0, 1.333]}


def test_what_is_trained_on_and_what_is_held_out_on_two_lines_are_two_charts():
    lines = []
    for k in range(1, 4):
        lines += [f"Epoch {k}", f"\tTrain Loss: {1 / k:.3f} | Train Acc: {80 + k}%"]
        lines += [f"\tVal. Loss: {2 / k:.3f} | Val. Acc: {60 + k}%"]
    seen = charts(*lines)
    assert seen["Train Loss"] == [1.0, 0.5, 0.333]
    assert seen["Val. Loss"] == [2.0, 1.0, 0.667]
    assert seen["Train Acc"] == [81, 82, 83]
    assert seen["Val. Acc"] == [61, 62, 63]


@pytest.mark.parametrize(
    "line",
    ["Epoch 1/1, Batch {k}/938, Loss: {a}", "Epoch [1/1], Batch [{k}/938], Loss: {a}", "Epoch 1 Batch {k} Loss {a}"],
)
def test_a_batch_within_an_epoch_is_a_step(line: str):
    lines = [line.format(k=k, a=f"{3 / k:.4f}") for k in range(100, 901, 100)]
    (series,) = scan_lines(*lines).trait()["series"]
    assert series["step"] == list(range(100, 901, 100))


@pytest.mark.parametrize(("written", "text"), [("nan", "nan"), ("NaN", "nan"), ("inf", "inf"), ("-inf", "-inf")])
def test_what_is_no_finite_number_is_a_gap_to_the_end(written: str, text: str):
    lines = [f"{{'loss': {3 / k if k < 4 else written}, 'epoch': {k / 10}}}" for k in range(1, 9)]
    scan = scan_lines(*lines)
    (series,) = scan.trait()["series"]
    assert series["y"] == [3.0, 1.5, 1.0, *[None] * 5]
    assert series["odd"] == {"since": 3, "text": text}
    assert series["epoch"][3] == 0.4


@pytest.mark.parametrize("separator", [",", "\t", " | ", "; ", "   "])
def test_a_table_has_a_row_an_epoch(separator: str):
    lines = [separator.join(["epoch", "train_loss", "val_loss"])]
    lines += [separator.join([str(k), f"{3 / k:.4f}", f"{3.2 / k:.4f}"]) for k in range(1, 5)]
    assert charts(*lines) == {"train_loss": [3.0, 1.5, 1.0, 0.75], "val_loss": [3.2, 1.6, 1.0667, 0.8]}


@pytest.mark.parametrize(
    "line",
    [
        "BUY  ACME at {k}.20, stop_loss: {k}.7, take_profit: {k}.0",
        "2026-05-01 10:0{k}:00 INFO listening on 10.0.0.{k}:808{k}",
        "Successfully installed loss-{k}.4.1 accuracy-0.{k}",
        "Downloading model-0000{k}-of-00009.safetensors: {k}.2GB at {k}0.5 MB/s",
        "packet loss: {k}.5%, rtt 2{k}.1 ms",
        "GET /loss?step={k} 200 0.{k}s",
        "Saved to /checkpoints/step_{k}00/loss_0.{k}.pt",
        "Temperature {k}1.5 C, fan {k}00 rpm, power loss: {k} W",
        "weight loss: {k}.5 kg",
        "pnl: {k}.5 loss: {k}.5 win rate: 0.{k}",
    ],
)
def test_what_is_no_training_has_no_chart(line: str):
    assert charts(*[line.format(k=k) for k in range(1, 9)]) == {}


def test_the_upload_of_the_hub_is_a_bar():
    lines = [
        f"Processing Files (0 / 1): {n:3d}%|####      | {n / 2:4.1f}MB / 67.1MB, 33.5MB/s".replace("MB /", "MB /")
        for n in range(10, 60, 10)
    ]
    shown: Any = scan_lines(*lines).progress()
    assert shown["label"].startswith("Processing Files")
    assert shown["total"] == 67_100_000
    assert shown["n"] == 25_000_000


@pytest.mark.parametrize(
    "label", ["(PolicyModelActor pid=99) Train epoch [1/1]", "Epoch 1", "train: fold 2", "[GPU 0] step"]
)
def test_a_bar_keeps_its_name(label: str):
    shown = scan_lines(f"{label}:  50%|#####     | 100/200 [00:10<00:10, 10.00it/s]").progress()
    assert (shown["label"], shown["n"], shown["eta_s"]) == (label, 100, 10)
