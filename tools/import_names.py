"""Take the table of import names anew from the newest marimo: `python -m tools.import_names marimo_base-*.whl`."""

from __future__ import annotations

import ast
import sys
import zipfile
from pathlib import Path

SOURCE = "marimo/_runtime/packages/module_name_to_pypi_name.py"
TABLE = Path(__file__).parents[1] / "hfjobs_magic" / "script" / "import_names.tsv"


def main(wheel: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tree = ast.parse(archive.read(SOURCE).decode())
    literal = next(node for node in ast.walk(tree) if isinstance(node, ast.Dict))
    names = ast.literal_eval(literal)
    version = Path(wheel).name.split("-")[1]
    head = (
        f"# Import name, distribution on PyPI. From marimo {version} ({SOURCE}),\n"
        "# Copyright 2026 Marimo, Apache-2.0. Written by tools/import_names.py; do not edit.\n"
    )
    TABLE.write_text(head + "".join(f"{key}\t{names[key]}\n" for key in sorted(names)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
