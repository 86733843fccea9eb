"""Measure what was promised, each figure beside the same without us; print a table, leave build/bench.json.

Usage: python -m tools.bench [AREA ...]
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from tools.figures import Figure, show

BUILD = Path(__file__).parents[1] / "build"
# Area -> the module whose measure() returns its figures.
AREAS = {
    "service": "tools.bench_service",
    "cell": "tools.bench_cell",
    "kernel": "tools.bench_kernel",
    "files": "tools.bench_files",
    "browser": "tools.bench_browser",
    "table": "tools.bench_table",
    "metrics": "tools.bench_metrics",
    "values": "tools.bench_values",
    "sweeps": "tools.bench_sweeps",
}


def main(areas: list[str]) -> int:
    figures: list[Figure] = []
    if unknown := sorted(set(areas) - set(AREAS)):
        print(f"There is no area {', '.join(unknown)}; the areas are {', '.join(AREAS)}.", file=sys.stderr)
        return 2
    for area in areas or AREAS:
        figures += importlib.import_module(AREAS[area]).measure()
    show(figures)
    BUILD.mkdir(exist_ok=True)
    target = BUILD / "bench.json"
    target.write_text(json.dumps([figure.record() for figure in figures], indent=2) + "\n")
    print(f"\n{target}")
    return int(any(figure.ok is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
