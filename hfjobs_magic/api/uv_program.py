"""uv on this machine, run with a limit of time."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_uv() -> str | None:
    """Return the path of uv, the one installed beside this Python or the one on the PATH; None without any."""
    try:
        import uv  # noqa: PLC0415 - an extra

        return str(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        return shutil.which("uv")


def run_uv(
    uv: str,
    *arguments: str,
    patience_s: float,
    folder: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run uv and return what it printed.

    Parameters
    ----------
    uv
        Its path.
    *arguments
        What it is asked.
    patience_s
        Seconds that it may take.
    folder
        Where it runs: projects and settings of the notebook's folder are not the job's.
    environment
        Variables on top of the kernel's.

    Raises
    ------
    subprocess.TimeoutExpired
        When it takes longer; it is ended then.
    OSError
        When it cannot be started.
    """
    return subprocess.run(
        [uv, *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **(environment or {})},
        capture_output=True,
        text=True,
        check=False,
        timeout=max(0.0, patience_s),
    )
