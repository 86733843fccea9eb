"""The page's side of the widgets: one module and one style sheet, built from ``js/``."""

from __future__ import annotations

from pathlib import Path

from hfjobs_magic.errors import BundleMissingError

STATIC = Path(__file__).parents[1] / "static"


def bundle_file(name: str, folder: Path = STATIC) -> Path:
    """Return the path of ``index.js`` or ``index.css``.

    Raises
    ------
    BundleMissingError
        In a checkout in which they were not built.
    """
    path = folder / name
    if not path.is_file():
        raise BundleMissingError(
            f"The job card is not built: {path.parent.name}/{name} is missing in this checkout of hfjobs-magic. "
            "Run `make bundle` in it (npm is needed), then restart the kernel."
        )
    return path
