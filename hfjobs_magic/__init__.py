"""Run notebook cells on Hugging Face Jobs, with a live card under them.

``%load_ext hfjobs_magic`` gives ``%%hfjob`` and ``%hfjobs``; from Python, `run` makes a `Job`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.attach import attach, jobs
    from hfjobs_magic.api.job import Job
    from hfjobs_magic.api.run import run, schedule
    from hfjobs_magic.api.run_sweep import sweep
    from hfjobs_magic.api.scheduled_job import ScheduledJob, scheduled_jobs
    from hfjobs_magic.api.sweep import Sweep
    from hfjobs_magic.api.sweep_attach import attach_sweep
    from hfjobs_magic.errors import (
        BudgetError,
        BundleMissingError,
        CellError,
        FilesError,
        HfJobsError,
        HubError,
        HubUnreachableError,
        JobFailedError,
        JobMissingError,
        NotLoggedInError,
        OptionError,
        RemoteError,
        TransferInterruptedError,
        ValueUnavailableError,
        WaitInterruptedError,
        WaitTimedOutError,
    )

__version__ = "0.1.0"
__all__ = [
    "BudgetError",
    "BundleMissingError",
    "CellError",
    "FilesError",
    "HfJobsError",
    "HubError",
    "HubUnreachableError",
    "Job",
    "JobFailedError",
    "JobMissingError",
    "NotLoggedInError",
    "OptionError",
    "RemoteError",
    "ScheduledJob",
    "Sweep",
    "TransferInterruptedError",
    "ValueUnavailableError",
    "WaitInterruptedError",
    "WaitTimedOutError",
    "__version__",
    "attach",
    "attach_sweep",
    "jobs",
    "load_ipython_extension",
    "run",
    "schedule",
    "scheduled_jobs",
    "sweep",
    "unload_ipython_extension",
]

_LAZY = {
    **{name: "hfjobs_magic.errors" for name in __all__ if name.endswith("Error")},
    "Job": "hfjobs_magic.api.job",
    "attach": "hfjobs_magic.api.attach",
    "jobs": "hfjobs_magic.api.attach",
    "run": "hfjobs_magic.api.run",
    "ScheduledJob": "hfjobs_magic.api.scheduled_job",
    "Sweep": "hfjobs_magic.api.sweep",
    "schedule": "hfjobs_magic.api.run",
    "scheduled_jobs": "hfjobs_magic.api.scheduled_job",
    "attach_sweep": "hfjobs_magic.api.sweep_attach",
    "sweep": "hfjobs_magic.api.run_sweep",
}
"""Public names whose modules are imported when they are first used."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - lazy on purpose

    return getattr(import_module(_LAZY[name]), name)


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Register the magics: ``%load_ext hfjobs_magic``."""
    from hfjobs_magic.magics.loading import load  # noqa: PLC0415 - it imports IPython

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away and stop following jobs; the jobs go on."""
    from hfjobs_magic.api.runtime import RUNTIME  # noqa: PLC0415 - see above
    from hfjobs_magic.magics.loading import unload  # noqa: PLC0415 - see above

    RUNTIME.stop()
    unload(shell)
