"""The Hub's flavors and prices, so that code which asks for them works without the Hub.

A local job runs on this machine and is free, whatever flavor it names. Source: hub-docs
`docs/hub/jobs-configuration.md` and `jobs-pricing.md`, read on 2026-08-22 (they agree with each other and with
`huggingface_hub`'s `guides/jobs.md`). Prices change: ask the Hub when it matters.
"""

from __future__ import annotations

from typing import Any

_TABLE = """
cpu-basic       | CPU Basic               |   2 |   16 |    50 | 0 |              |    0 |  0.01
cpu-upgrade     | CPU Upgrade             |   8 |   32 |    50 | 0 |              |    0 |  0.03
cpu-performance | CPU Performance         |  32 |  256 |  1024 | 0 |              |    0 |  1.90
cpu-xl          | CPU XL                  |  16 |  124 |  1000 | 0 |              |    0 |  1.00
t4-small        | Nvidia T4 - small       |   4 |   15 |    50 | 1 | T4           |   16 |  0.40
t4-medium       | Nvidia T4 - medium      |   8 |   30 |   100 | 1 | T4           |   16 |  0.60
a10g-small      | Nvidia A10G - small     |   4 |   15 |   110 | 1 | A10G         |   24 |  1.00
a10g-large      | Nvidia A10G - large     |  12 |   46 |   200 | 1 | A10G         |   24 |  1.50
a10g-largex2    | 2x Nvidia A10G - large  |  24 |   92 |  1000 | 2 | A10G         |   48 |  3.00
a10g-largex4    | 4x Nvidia A10G - large  |  48 |  184 |  2000 | 4 | A10G         |   96 |  5.00
a100-large      | Nvidia A100 - large     |  12 |  142 |  1000 | 1 | A100         |   80 |  2.50
a100x4          | 4x Nvidia A100          |  48 |  568 |  4000 | 4 | A100         |  320 | 10.00
a100x8          | 8x Nvidia A100          |  96 | 1136 |  8000 | 8 | A100         |  640 | 20.00
h200            | Nvidia H200             |  23 |  256 |  3000 | 1 | H200         |  141 |  5.00
h200x2          | Nvidia H200             |  46 |  512 |  6000 | 2 | H200         |  282 | 10.00
h200x4          | Nvidia H200             |  92 | 1024 | 12000 | 4 | H200         |  564 | 20.00
h200x8          | Nvidia H200             | 184 | 2048 | 24000 | 8 | H200         | 1128 | 40.00
rtx-pro-6000    | Nvidia RTX PRO 6000     |  23 |  256 |   475 | 1 | RTX PRO 6000 |   96 |  2.75
rtx-pro-6000x2  | Nvidia RTX PRO 6000     |  46 |  512 |   950 | 2 | RTX PRO 6000 |  192 |  5.50
rtx-pro-6000x4  | Nvidia RTX PRO 6000     |  92 | 1024 |  1900 | 4 | RTX PRO 6000 |  384 | 11.00
rtx-pro-6000x8  | Nvidia RTX PRO 6000     | 184 | 2048 |  3800 | 8 | RTX PRO 6000 |  768 | 22.00
l4x1            | 1x Nvidia L4            |   8 |   30 |   400 | 1 | L4           |   24 |  0.80
l4x4            | 4x Nvidia L4            |  48 |  186 |  3200 | 4 | L4           |   96 |  3.80
l40sx1          | 1x Nvidia L40S          |   8 |   62 |   380 | 1 | L40S         |   48 |  1.80
l40sx4          | 4x Nvidia L40S          |  48 |  382 |  3200 | 4 | L40S         |  192 |  8.30
l40sx8          | 8x Nvidia L40S          | 192 | 1534 |  6500 | 8 | L40S         |  384 | 23.50
"""
"""Name, pretty name, vCPUs, RAM in GB, storage in GB, GPUs, their model, VRAM in GB of all together, USD per hour."""


def _parse_item(line: str) -> dict[str, Any]:
    name, pretty, cpu, ram, storage, count, model, vram, hourly = (cell.strip() for cell in line.split("|"))
    gpu = {"type": "gpu", "model": model, "quantity": count, "vram": f"{vram} GB", "manufacturer": "Nvidia"}
    micro = round(float(hourly) / 60 * 1e6)
    return {
        "name": name,
        "prettyName": pretty,
        "cpu": f"{cpu} vCPU",
        "ram": f"{ram} GB",
        "ephemeralStorage": f"{storage} GB",
        "accelerator": gpu if model else None,
        "unitCostMicroUSD": micro,
        "unitCostUSD": micro / 1e6,
        "unitLabel": "minute",
    }


HARDWARE: dict[str, dict[str, Any]] = {item["name"]: item for item in map(_parse_item, _TABLE.strip().splitlines())}
"""Every published flavor by its name, as `GET /api/jobs/hardware` lists it."""

UNLISTED = frozenset({"sprx8", "zero-a10g", "inf2x6"})
"""Flavors that the Hub's document accepts and no list of prices names: accepted here too, without figures."""


def machine_variables(flavor: str) -> dict[str, str]:
    """Return what the Hub tells a job about its machine: the flavor's figures, not those of this machine."""
    item = HARDWARE.get(flavor, HARDWARE["cpu-basic"])
    return {
        "ACCELERATOR": flavor if item["accelerator"] else "none",
        "CPU_CORES": item["cpu"].split()[0],
        "MEMORY": item["ram"].split()[0] + "Gi",
    }
