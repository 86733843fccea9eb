"""The variables of a job: the Hub's, what uv and the network need, its own; nothing else of the caller's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.local import tools
from hfjobs_magic.local.hardware import machine_variables

if TYPE_CHECKING:
    from pathlib import Path

_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def job_environment(job_id: str, flavor: str, folder: Path, programs: Path, own: dict[str, str]) -> dict[str, str]:
    """Return the environment of a job, without its secrets.

    PYTHONUNBUFFERED is not set, as on the Hub: a script that does not flush shows its lines late there, too.

    Parameters
    ----------
    job_id, flavor
        Of the job.
    folder
        Its directory.
    programs
        The directory with uv, first on the PATH.
    own
        What the submission asked for; it wins over everything.
    """
    found = {
        name: value
        for name, value in os.environ.items()
        if name in tools.NETWORK_VARIABLES or name in {"LANG", "TZ", "CUDA_VISIBLE_DEVICES"} or name.startswith("LC_")
    }
    found.update(tools.uv_variables())
    found.update(machine_variables(flavor))
    found["PATH"] = os.pathsep.join([str(programs), os.environ.get("PATH") or _DEFAULT_PATH])
    found["HOME"] = str(folder / "home")
    found["TMPDIR"] = str(folder / "tmp")
    found["JOB_ID"] = job_id
    found.update(own)
    return found
