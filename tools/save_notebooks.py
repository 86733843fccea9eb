"""Run the notebooks on a local service of their own and save what they show.

Usage: python tools/save_notebooks.py notebooks/*.ipynb
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat

from tools.demo import execute, own_service


def save(notebook: Path) -> None:
    with own_service():
        executed = execute(notebook)
    for cell in executed.cells:
        cell.metadata.pop("execution", None)  # when each cell ran: it would differ in every commit
    executed.metadata = nbformat.from_dict({"kernelspec": executed.metadata["kernelspec"]})
    nbformat.write(executed, notebook)
    print(f"{notebook}: {notebook.stat().st_size:,} bytes")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        save(Path(argument))
