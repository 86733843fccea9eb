"""Cells that several front ends are tried with."""

from __future__ import annotations


def line_cell(name: str) -> str:
    """A local job that prints ten lines a second for as long as it may."""
    return (
        f"%%hfjob --local --name {name} --timeout 10m\n"
        "import itertools, time\n"
        "for n in itertools.count(): print('line', n, flush=True); time.sleep(0.1)\n"
    )
