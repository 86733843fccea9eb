"""Makers of what the kernel sends to a jobs table."""

from __future__ import annotations

import time
from typing import Any

PRICES = {"cpu-basic": 0.000167, "t4-small": 0.0067, "a10g-small": 0.0167, "a100-large": 0.0417, "h100": 0.0833}
NAMES = ("train-distilbert", "embed-wikipedia", "eval-mmlu", "tokenize-c4", "sweep-lr-3e-5", "ocr-invoices")


def make_row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Job `number`, the older the larger; three run, the rest has ended this way or that."""
    now = time.time()
    stage = (
        ("RUNNING", "SCHEDULING", "RUNNING")[number] if number < 3 else ("COMPLETED", "ERROR", "CANCELED")[number % 3]
    )
    created = now - 40 - 977 * number
    started = None if stage == "SCHEDULING" else created + 12
    row: dict[str, Any] = {
        "id": f"{0x6923B1C7A1F0C2D4E5F60000 - number:024x}",
        "name": NAMES[number % len(NAMES)] + (f"-{number}" if number >= len(NAMES) else ""),
        "stage": stage,
        "message": "Job timed out after 30 minutes" if stage == "ERROR" else None,
        "flavor": list(PRICES)[number % len(PRICES)],
        "url": f"https://huggingface.co/jobs/ada/{number}",
        "owner": ("ada", "grace", "ci-bot")[number % 3],
        "labels": {"notebook": "train", "team": ("nlp", "vision")[number % 2]},
        "created_at": created,
        "started_at": started,
        "finished_at": None if stage in {"RUNNING", "SCHEDULING"} else created + 12 + 61 * (1 + number % 40),
    }
    return row | changes


def make_status(**changes: Any) -> dict[str, Any]:
    now = time.time()
    status: dict[str, Any] = {
        "now": now,
        "seen_at": now,
        "error": "",
        "notice": "",
        "cancelling": [],
        "watching": True,
        "every_s": 5.0,
        "more": False,
        "rows": 100,
        "empty": "No jobs are running or scheduled. `%hfjobs ls -a` shows those that have ended.",
    }
    return status | changes


def make_table(rows: list[dict[str, Any]], *, local: bool = False, **changes: Any) -> dict[str, Any]:
    return {
        "view": "table",
        "jobs": {"seq": 0, "rows": rows},
        "status": make_status(**changes),
        "place": {"namespace": "ada", "local": local, "prices": {} if local else PRICES},
        "cards": {},
    }
