"""The variables of a job: the Hub's, those that uv and the network need, and its own; nothing else of the caller's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.local import tools
from hfjobs_magic.local.hardware import machine_variables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def build_environment(
    job_id: str, flavor: str, folder: Path, programs: Sequence[Path], own: dict[str, str]
) -> dict[str, str]:
    """Return the environment of a job, without its secrets and TMPDIR (see `temporary`).

    PYTHONUNBUFFERED is not set, as on the Hub: the lines of a script that does not flush come late there, too.

    Parameters
    ----------
    job_id, flavor
        Of the job.
    folder
        Its directory.
    programs
        Directories with uv and what else is ours, first on the PATH.
    own
        What the submission asked for; it takes precedence.
    """
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in tools.NETWORK_VARIABLES or name in {"LANG", "TZ", "CUDA_VISIBLE_DEVICES"} or name.startswith("LC_")
    }
    if any(name.lower().endswith("_proxy") for name in variables):
        # A job that is given the service's address must not look for it elsewhere.
        for name in ("NO_PROXY", "no_proxy"):
            variables[name] = ",".join(filter(None, [variables.get(name), "127.0.0.1", "localhost"]))
    variables.update(tools.uv_variables())
    variables.update(machine_variables(flavor))
    variables["PATH"] = os.pathsep.join([*map(str, programs), tools.find_machine_path()])
    # A pip of the machine installs for every notebook on it; that of an environment which the job makes may.
    variables["PIP_REQUIRE_VIRTUALENV"] = "1"
    variables["HOME"] = str(folder / "home")
    variables["JOB_ID"] = job_id
    variables.update(own)
    return variables
