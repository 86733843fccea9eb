"""``--reuse``: the same script with the same configuration is the same job."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.hub.request import SweepRun
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.names.inputs import SentInputs
    from hfjobs_magic.script.script import Script

LABEL = "hfjobs-hash"
"""Label that holds the hash; on every job, so that a later ``--reuse`` finds it."""

_REUSABLE = ("RUNNING", "SCHEDULING", "COMPLETED")


def job_hash(
    script: Script, options: RunOptions, env: Mapping[str, str], sent: SentInputs, run: SweepRun | None = None
) -> str:
    """Sixteen hex digits of all that makes a job's result; of secrets only the names, of values the content.

    The magic line in the script's first line is left out: another ``--timeout`` makes no other result.
    """
    code = script.text.partition("\n")[2] if script.text.startswith("# %%hfjob") else script.text
    parts = [
        code,
        script.notebook,
        sorted(script.extra),
        options.flavor,
        options.image,
        options.python,
        sorted(env.items()),
        sorted(options.secrets),
        sorted(options.volumes),
        list(options.script_args),
        list(options.outputs),
        *([sent.as_json()] if sent.items else []),
        *filter(None, [options.folder_back]),
        # The same values are the same result, whatever sweep they are of.
        *([sorted((name, repr(value)) for name, value in run.values.items())] if run else []),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def find_reusable(jobs: Iterable[JobFacts], digest: str) -> JobFacts | None:
    """Find the newest job of that hash that runs or has completed."""
    same = [job for job in jobs if job.labels.get(LABEL) == digest and job.stage in _REUSABLE]
    return max(same, key=lambda job: job.created_at or 0.0, default=None)
