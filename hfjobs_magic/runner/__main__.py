"""``runner.pyz CELL [NAMES] [VALUES SENT] [-- ARGUMENTS…]``: run a cell's file, what its notebook sent first."""

from __future__ import annotations

import sys

from .job import job_of
from .parent import main


def start() -> None:
    """Run the cell that the command line names; does not return."""
    sys.exit(main(job_of(sys.argv[1:])))


if __name__ == "__main__":
    start()
