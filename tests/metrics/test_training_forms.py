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


@pytest.mark.parametrize(
    ("lines", "key", "step", "epoch", "y"),
    [
        # ESPnet 2, its batches and its epochs (espnet issues 2183 and 1717).
        (
            [
                "[gpu01:0/2] 2020-07-19 08:49:04 (trainer:464) INFO: 1epoch:train:1-682batch: loss=123.9, acc=0.01",
                "[gpu01:0/2] 2020-07-19 08:54:09 (trainer:464) INFO: 1epoch:train:683-1364batch: loss=68.7, acc=0.1",
            ],
            *("loss", [682, 1364], [1, 1], [123.9, 68.7]),
        ),
        (
            [
                "(trainer:160) INFO: 2epoch results: [train] loss=59.6, acc=0.11, [valid] loss=55.1, acc=0.2",
                "(trainer:160) INFO: 3epoch results: [train] loss=58.6, acc=0.12, [valid] loss=54.1, acc=0.3",
            ],
            *("valid loss", None, [2, 3], [55.1, 54.1]),
        ),
        # ESPnet 1 and HiFi-GAN: how many are done, in the plural (espnet issue 3370, PitchVC issue 3).
        (
            [
                "iterations:16335, train acc:0.25, train loss:477.6,",
                "iterations:16336, train acc:0.39, train loss:686.4,",
            ],
            *("train loss", [16335, 16336], None, [477.6, 686.4]),
        ),
        (
            ["Steps : 210005, Gen Loss Total : 25.6, s/b : 1.1", "Steps : 210010, Gen Loss Total : 27.3, s/b : 1.2"],
            *("Gen Loss Total", [210005, 210010], None, [25.6, 27.3]),
        ),
        # fairseq of 2018 (its issue 301).
        (
            [
                "| epoch 010  2000 / 8223 loss=1.27 (1.50), wps=962",
                "| epoch 010  3000 / 8223 loss=1.28 (1.49), wps=962",
            ],
            *("loss", [2000, 3000], [10, 10], [1.27, 1.28]),
        ),
        # gpt-2-simple and PaddleDetection.
        (["[10 | 36.40] loss=3.71 avg=3.71", "[20 | 43.80] loss=3.61 avg=3.66"], "loss", [10, 20], None, [3.71, 3.61]),
        (
            [
                "INFO: iter: 2, lr: 0.03, 'loss': '7.5', eta: 0:00:00",
                "INFO: iter: 4, lr: 0.03, 'loss': '6.5', eta: 0:00",
            ],
            *("loss", [2, 4], None, [7.5, 6.5]),
        ),
        # A heading with a colon, and with a tab (deeprm issue 10).
        (
            ["Iteration: \t 0", "Loss:     \t 0.126", "----", "Iteration: \t 1", "Loss:     \t 0.192"],
            *("Loss", [0, 1], None, [0.126, 0.192]),
        ),
        # Coqui TTS (its issue 2070) and TensorFlow's object detection.
        (
            [
                "    --> STEP: 48/377 -- GLOBAL_STEP: 370025",
                "      | > loss_disc: 2.50120  (2.51)",
                "    --> STEP: 49/377 -- GLOBAL_STEP: 370050",
                "      | > loss_disc: 2.40120  (2.51)",
            ],
            *("loss_disc", [370025, 370050], None, [2.5012, 2.4012]),
        ),
        (
            [
                "INFO:tensorflow:Step 100 per-step time 0.452s",
                "INFO:tensorflow:{'Loss/box/scale': 0.0123,",
                " 'Loss/total_loss': 0.9}",
                "INFO:tensorflow:Step 200 per-step time 0.452s",
                "INFO:tensorflow:{'Loss/box/scale': 0.0113,",
                " 'Loss/total_loss': 0.8}",
            ],
            *("Loss/total_loss", [100, 200], None, [0.9, 0.8]),
        ),
        # The table of a model card, whose step is not its first column.
        (
            [
                "| Training Loss | Epoch | Step | Validation Loss | Wer  |",
                "|:-------------:|:-----:|:----:|:---------------:|:----:|",
                "| 0.3           | 4.07  | 1000 | 0.4             | 63.8 |",
                "| 0.2           | 8.07  | 2000 | 0.3             | 53.8 |",
            ],
            *("Wer", [1000, 2000], [4.07, 8.07], [63.8, 53.8]),
        ),
    ],
)
def test_a_step_is_the_one_that_was_printed(
    lines: list[str], key: str, step: list[int] | None, epoch: list[float] | None, y: list[float]
):
    series = {one["key"]: one for one in scan_lines(*lines).trait()["series"]}[key]
    assert (series["step"], series["epoch"], series["y"]) == (step, epoch, y)


def test_figures_of_a_bar_are_not_of_the_step_that_is_printed_behind_it():
    # mlx-vlm pull request 261
    bar = "  1%|1         | {0}/1000 [00:32<53:42,  3.25s/it, Loss={1}]Iter {2}: Train loss {3}, It/sec 0.3"
    seen = charts(bar.format(10, 3.4376, 20, 3.142), bar.format(20, 3.1416, 30, 3.042))
    assert seen == {"Train loss": [3.142, 3.042]}


def test_the_deviation_of_a_reward_is_no_reward_and_a_unit_no_part_of_a_name():
    # ml-agents issue 1600
    line = "INFO:mlagents.trainers: Step: {}000. Time Elapsed: 114.7 s Mean Reward: {}. Std of Reward: {}. Training."
    seen = charts(line.format(35, "0.400", "0.490"), line.format(36, "0.250", "0.433"))
    assert seen == {"Mean Reward": [0.4, 0.25], "Std of Reward": [0.49, 0.433]}


def test_what_is_reported_with_its_step_is_of_something_else_without_one():
    # PaddleOCR issue 7861: the metrics of an evaluation have the keys of the training.
    step = "ppocr INFO: epoch: [1/50], global_step: {}, acc: {}, loss: 8.4"
    told = ["ppocr INFO: cur metric, acc: 0.77, fps: 300.1", "ppocr INFO: best metric, acc: 0.78, best_epoch: 3"]
    assert charts(step.format(10, 0.5), *told, step.format(20, 0.6), *told, step.format(30, 0.7))["acc"] == [
        0.5,
        0.6,
        0.7,
    ]


def test_a_step_among_other_figures_is_not_that_of_those_below():
    # Ray Tune: an iteration stands below what it is of.
    result = ["Result for PPO:", "  policy_loss: -0.0{0}", "  total_loss: {0}.8", "  training_iteration: {0}"]
    lines = [line.format(n) for n in (1, 2, 3) for line in result]
    assert places("total_loss", "step", *lines) == [1, 2, 3]


@pytest.mark.parametrize(
    "lines",
    [
        # How fast and how good a model is, by the size of its batches.
        [
            "| Batch | Latency | Accuracy |",
            "|---|---|---|",
            "| 1 | 12.1 | 0.76 |",
            "| 8 | 30.2 | 0.76 |",
            "| 16 | 52.2 | 0.75 |",
        ],
        [f"{{'lr': 0.{n}, 'epochs': 10, 'step': {n}, 'loss_weight': 1.0, 'dropout': 0.1}}" for n in (1, 2, 3)],
        [
            f'{{"learning_rate": 0.{n}, "num_train_epochs": 3, "loss": {{"gamma": 2.{n}}}, "epoch": {n}}}'
            for n in (1, 2, 3)
        ],
        [f"Fold {n}: accuracy = 0.9{n}, loss = 0.{n}" for n in (1, 2, 3)],
        [f"[Rank 0] step={n}0, skipped=2, lr=[{n}e-05], mom=[[0.9, 0.999]]" for n in (1, 2, 3)],
        [f"image {n}.png loss: 0.{n}" for n in (1, 2, 3)],
    ],
    ids=["batches", "settings", "json", "folds", "rates", "images"],
)
def test_settings_folds_and_rates_have_no_chart(lines: list[str]):
    assert charts(*lines) == {}


def nested(unit: str, *, has_inner: bool = True, **outer: float) -> str:
    """Three epochs of two batches, as tqdm draws a bar within another; the outer one reports the mean of an epoch."""
    drawn = [f"\r  0%|          | 0/3 [00:00<?, ?{unit}/s]"]
    for epoch in range(3):
        if has_inner:
            drawn += [
                f"\n\r {50 * batch}%|###| {batch}/2 [00:01<00:00, 9.1batch/s, loss={epoch + batch - 1}.5]\x1b[A"
                for batch in (1, 2)
            ]
            drawn.append(f"\n\r{' ' * 60}\x1b[A")
        behind = ", ".join(f"{name}={value + epoch}" for name, value in outer.items())
        drawn.append(f"\r {33 * epoch + 33}%|#| {epoch + 1}/3 [00:02<00:01, 1.5{unit}/s, {behind}]")
    return "".join(drawn)


@pytest.mark.parametrize("unit", ["epoch", "it"])
def test_where_bars_lie_within_each_other_the_curve_is_that_of_the_inner_one(unit: str):
    lines = nested(unit, loss=7.0, val_loss=8.0).split("\n")
    assert charts(*lines) == {"loss": [0.5, 1.5, 1.5, 2.5, 2.5, 3.5], "val_loss": [8.0, 9.0, 10.0]}


def test_a_bar_of_epochs_gives_epochs_and_counts_the_batches_of_all():
    lines = nested("epoch", loss=7.0, val_loss=8.0).split("\n")
    assert places("loss", "step", *lines) == [1, 2, 3, 4, 5, 6]
    assert places("val_loss", "epoch", *lines) == [1, 2, 3]
    alone = nested("epoch", has_inner=False, loss=7.0)
    assert (charts(alone), places("loss", "epoch", alone)) == ({"loss": [7.0, 8.0, 9.0]}, [1, 2, 3])


def test_another_bar_at_the_top_reports_for_itself():
    lines = nested("it", loss=7.0).split("\n")
    after = "\r  0%|          | 0/9 [00:00<?, ?it/s]", "\r 11%|#| 1/9 [00:02<00:01, 1.5it/s, loss=0.25]"
    assert charts(*lines, *after)["loss"][-1] == 0.25


@pytest.mark.parametrize(
    "form",
    ["Epoch [{}/6], loss: {}", "Epoch ({}/6): loss {}", "Train Epoch [{}/6] loss {}", "Epoch [{}/6] Train: loss {}"],
)
def test_the_counter_of_an_epoch_counts_no_steps(form: str):
    records = scan_lines(*(form.format(k, 3 / k) for k in (1, 2, 3))).records()
    assert [{key: value for key, value in record.items() if key != "time"} for record in records] == [
        {"epoch": k, "loss": 3 / k} for k in (1, 2, 3)
    ]
    assert places("loss", "step", *(f"Epoch [{k}/6] [10/100] loss: 0.{k}" for k in (1, 2, 3))) == [10, 110, 210]


def test_losses_of_cyclegan_and_pix2pix_are_losses():
    line = "(epoch: {0}, iters: {0}00, time: 0.1) D_A: 0.{0} cycle_A: 1.{0} G_GAN: 0.{0} G_L1: 2.{0} D_real: 0.5"
    found = charts(*(line.format(k) for k in (1, 2, 3)))
    assert set(found) == {"D_A", "cycle_A", "G_GAN", "G_L1", "D_real"}
    assert found["G_L1"] == [2.1, 2.2, 2.3]
    assert charts(*(f"Lat: 1, D_A: 0.{k} cycle_A: 1.{k}" for k in (1, 2, 3))) == {}


def test_a_comma_before_an_exponent_is_decimal():
    assert charts(*(f"Step: {k} | Loss: {k},000e-01" for k in (1, 2, 3))) == {"Loss": [0.1, 0.2, 0.3]}


@pytest.mark.parametrize(
    "form",
    ["epoch\uff1a{0}\uff0closs\uff1a0.{0}\uff0cacc\uff1a{0}0\uff05", "epoch\uff1d{0} loss\uff1d0.{0} acc\uff1d{0}0%"],
)
def test_wide_signs_are_signs(form: str):
    lines = [form.format(k) for k in (1, 2, 3)]
    assert charts(*lines) == {"loss": [0.1, 0.2, 0.3], "acc": [10, 20, 30]}
    assert places("loss", "epoch", *lines) == [1, 2, 3]
