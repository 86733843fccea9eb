"""Makers of what the kernel sends, one for each state a card is looked at in."""

from __future__ import annotations

import math
import time
from typing import Any

GB = 2**30

SCRIPT = """\
# %%hfjob --flavor a10g-small --with transformers --with datasets --timeout 30m
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

train = load_dataset("imdb", split="train")
model = AutoModelForSequenceClassification.from_pretrained("distilbert-base-uncased")
Trainer(model, TrainingArguments("out", num_train_epochs=1), train_dataset=train).train()

# /// script
# requires-python = ">=3.11"
# dependencies = ["transformers", "datasets"]
# ///
"""

DETAILS = [
    ["Job", "6923b1c7a1f0c2d4e5f60718"],
    ["Namespace", "ada"],
    ["Flavor", "a10g-small · 4 vCPU · 15 GB · 1x Nvidia A10G (24 GB)"],
    ["Image", "ghcr.io/astral-sh/uv:python3.12-bookworm"],
    ["Command", "uv run --with transformers --with datasets /data/script.py"],
    ["Dependencies", "transformers, datasets"],
    ["Environment", "TOKENIZERS_PARALLELISM=false"],
    ["Secrets", "HF_TOKEN"],
    ["Timeout", "30 min"],
    ["Created", "2026-03-14 09:26:53 UTC"],
]


def make_job(**changes: Any) -> dict[str, Any]:
    now = time.time()
    job: dict[str, Any] = {
        "id": "6923b1c7a1f0c2d4e5f60718",
        "name": "train-distilbert",
        "url": "https://huggingface.co/jobs/ada/6923b1c7a1f0c2d4e5f60718",
        "stage": "RUNNING",
        "message": None,
        "flavor": "a10g-small",
        "hardware": "4 vCPU · 15 GB · A10G 24 GB",
        "namespace": "ada",
        "local": False,
        "image": "ghcr.io/astral-sh/uv:python3.12-bookworm",
        "created_at": now - 95,
        "started_at": now - 83,
        "finished_at": None,
        "now": now,
        "timeout_s": 1800,
        "usd_per_minute": 0.0167,
        "attempts": 1,
    }
    return job | changes


def make_traits(**changes: Any) -> dict[str, Any]:
    traits: dict[str, Any] = {
        "job": make_job(),
        "stream": "live",
        "stream_note": {"retry_at": None, "missing": False},
        "log": {"first": 0, "lines": [], "total": 0},
        "metrics": make_metrics(0),
        "training": {},
        "progress": {},
        "script": SCRIPT,
        "names": {"names": [], "code": ""},
        "command": "hf jobs uv run --flavor a10g-small --timeout 30m train-distilbert.py",
        "details": DETAILS,
        "notice": "",
        "cancelling": False,
    }
    return traits | changes


def make_metrics(points: int, gpus: int = 0) -> dict[str, Any]:
    start = time.time() - points

    def wave(low: float, high: float, period: float) -> list[float | None]:
        middle, half = (low + high) / 2, (high - low) / 2
        return [middle + half * math.sin(i / period) * math.cos(i / (3.7 * period)) for i in range(points)]

    def band(name: str, values: list[float | None], spread: float) -> dict[str, list[float | None]]:
        def moved(by: float) -> list[float | None]:
            return [
                None if value is None else max(0.0, value + by * abs(math.sin(i))) for i, value in enumerate(values)
            ]

        return {name: values, f"{name}_min": moved(-spread), f"{name}_max": moved(spread)}

    cpu = wave(30, 90, 9)
    cpu[points // 2 : points // 2 + points // 20] = [None] * (points // 20)
    return {
        "t": [start + i for i in range(points)],
        **band("cpu_pct", cpu, 9),
        "memory": [4 * GB + 5 * GB * (1 - math.exp(-i / 40)) for i in range(points)],
        "memory_total": 15 * GB,
        **band("rx", wave(4e6, 48e6, 5), 6e6),
        **band("tx", wave(0, 6e6, 11), 1e6),
        "gpus": [
            {
                "id": str(i),
                "replica": "",
                **band("util", wave(70, 95, 7 + i), 5),
                "memory": [18.2 * GB] * points,
                "memory_total": 24 * GB,
            }
            for i in range(gpus)
        ],
    }


def make_training(points: int) -> dict[str, Any]:
    start = time.time() - points
    steps = [10.0 * (i + 1) for i in range(points)]

    def series(key: str, y: list[float], spread: float = 0.0, log: bool = False) -> dict[str, Any]:
        noise = [spread * abs(math.sin(7 * i)) for i in range(points)]
        return {
            "key": key,
            "step": steps,
            "epoch": [step / 1563 for step in steps],
            "time": [start + i for i in range(points)],
            "y": y,
            "min": [value - n for value, n in zip(y, noise, strict=True)],
            "max": [value + n for value, n in zip(y, noise, strict=True)],
            "log": log,
        }

    return {
        "x_choices": ["step", "epoch", "time"],
        "x_label": "step",
        "series": [
            series("loss", [0.08 + 0.62 * math.exp(-i / 60) + 0.02 * math.sin(i / 3) for i in range(points)], 0.04),
            series("grad_norm", [2.1 + math.sin(i / 9) for i in range(points)], 0.3),
            series("learning_rate", [5e-5 * math.exp(-i / 45) for i in range(points)], log=True),
        ],
    }


PROGRESS = {
    "label": "train",
    "n": 910.0,
    "total": 1563.0,
    "fraction": 910 / 1563,
    "rate": 13.1,
    "unit": "it",
    "eta_s": 49.0,
}


def training_log() -> list[str]:
    bar = "█" * 14 + "▌"
    return [
        "Installed 52 packages in 310ms",
        "\x1b[2m2026-03-14 09:27:05\x1b[0m \x1b[32mINFO\x1b[0m    loading dataset \x1b[1mimdb\x1b[0m",
        "\x1b[2m2026-03-14 09:27:09\x1b[0m \x1b[33mWARNING\x1b[0m some weights were newly initialized: "
        "['classifier.bias']",
        "\x1b[2m2026-03-14 09:27:09\x1b[0m \x1b[32mINFO\x1b[0m    device \x1b[36mcuda:0\x1b[0m, "
        "\x1b[38;5;208mbf16\x1b[0m, \x1b[38;2;120;130;250m25,000 examples\x1b[0m",
        *[
            f"{{'loss': {0.69 * math.exp(-i / 18):.4f}, 'grad_norm': {2.1 + math.sin(i):.3f}, "
            f"'learning_rate': {5e-5 * (1 - i / 60):.3e}, 'epoch': {i / 60:.2f}}}"
            for i in range(1, 37)
        ],
        f" 58%|{bar}          | 910/1563 [01:09<00:49, \x1b[1m13.1it/s\x1b[0m]",
    ]
