"""``runner.pyz CELL [NAMES] [VALUES SENT] [--out-dir=DIR] [-- ARGUMENTS…]``: run a cell, what was sent first."""

from __future__ import annotations

import sys

from .job import job_of
from .parent import main


def start() -> None:
    """Run the cell that the command line names; does not return."""
    sys.exit(main(job_of(sys.argv[1:])))


if __name__ == "__main__":
    start()
