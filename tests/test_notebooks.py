"""The notebooks run, on a real kernel and a real local service, and give what is saved in them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_gives_what_it_was_saved_with(notebook: Path, fresh_service: Service):
    # A process of its own: nbval's kernels and plugins live by other rules than this suite.
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(ROOT)),
            *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=300", "-p", "no:cacheprovider"),
            *("--nbval-sanitize-with", str(ROOT / "notebooks" / "sanitize.cfg"), str(notebook)),
        ],
        env={**os.environ, "HFJOBS_LOCAL_DIR": str(fresh_service.data_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
