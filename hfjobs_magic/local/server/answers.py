"""Stored rows -> the JSON objects of the Hub's API."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.jobs.limits import note
from hfjobs_magic.local.jobs.log_file import stamp
from hfjobs_magic.local.jobs.losses import join_sentences
from hfjobs_magic.local.spec import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from hfjobs_magic.local.spec import JobSpec
    from hfjobs_magic.local.storage.scheduled import ScheduledRow
    from hfjobs_magic.local.storage.store import BucketRow, FileRow, JobRow

NAMESPACE = "local"
"""The only user of the service."""


def new_id() -> str:
    """Return 24 hexadecimal digits, as on the Hub: 8 of the time, 16 at random."""
    return f"{int(time.time()):08x}{os.urandom(8).hex()}"


@dataclass(frozen=True)
class Owner:
    """The user, who owns everything here."""

    id: str
    """24 hexadecimal digits, the same for as long as the data directory exists."""

    def wire(self) -> dict[str, Any]:
        """Return the owner of a job, who also started it."""
        return {"id": self.id, "name": NAMESPACE, "type": "user", "avatarUrl": ""}

    def whoami(self) -> dict[str, Any]:
        """Return the answer of `/api/whoami-v2`."""
        return {
            "type": "user",
            "id": self.id,
            "name": NAMESPACE,
            "fullname": "Local service of hfjobs-magic",
            "emailVerified": False,
            "canPay": False,
            "avatarUrl": "",
            "isPro": False,
            "orgs": [],
            "auth": {
                "type": "access_token",
                "accessToken": {
                    "displayName": "local",
                    "role": "write",
                    "createdAt": "2026-01-01T00:00:00.000Z",
                },
            },
        }


def job_view(job: JobRow, owner: Owner, now: float, place: str | None = None) -> dict[str, Any]:
    """Return a job as JSON; fields that do not apply yet are left out, as on the Hub.

    Parameters
    ----------
    job
        The job.
    owner
        The user.
    now
        Unix seconds, up to which its durations count while it is not over.
    place
        Its place in the queue, see `describe_queue`.
    """
    status: dict[str, Any] = {
        "stage": job.stage,
        "message": _make_message(job, place),
        "failureCount": job.failures,
    }
    if job.spec.expose and job.spec.expose["ports"] and not job.is_over:
        status["exposeUrls"] = [f"http://127.0.0.1:{port}" for port in job.spec.expose["ports"]]
    view: dict[str, Any] = {
        "type": "job",
        "id": job.id,
        "createdAt": stamp(job.created),
        "startedAt": stamp(job.started) if job.started else None,
        "finishedAt": stamp(job.finished) if job.finished and job.started else None,
        **_spec_view(job.spec, job.labels),
        "network": job.spec.network,
        "createdBy": {"id": owner.id, "name": NAMESPACE},
        "owner": owner.wire(),
        "initiator": job.initiator or owner.wire(),
        "status": status,
        "durations": _durations(job, now),
    }
    return {name: value for name, value in view.items() if value is not None}


def _make_message(job: JobRow, place: str | None) -> str | None:
    """Return why a job is in its stage, and what it has to do without here."""
    if job.message and (job.is_over or job.canceling):
        return job.message
    return join_sentences(place, job.message, note(job.spec))


def describe_queue(place: int, started: int, slots: int) -> str | None:
    """Return what a job waits for, such as '3rd in line, 2 running on this machine.'; None if it is about to start.

    Parameters
    ----------
    place
        How many jobs wait for a supervisor up to and including this one.
    started
        How many jobs have one.
    slots
        How many may have one.
    """
    # The first ones in the queue may be about to start in free slots.
    free = max(0, slots - started)
    if place <= free:
        return None
    line, running = place - free, max(started, slots)
    suffix = "th" if line % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(line % 10, "th")
    return f"{line}{suffix} in line, {running} running on this machine."


def scheduled_view(row: ScheduledRow, owner: Owner) -> dict[str, Any]:
    """Return a scheduled job as JSON."""
    last = {"id": row.last_job, "at": stamp(row.last_run)} if row.last_job and row.last_run else None
    spec = _spec_view(row.spec, row.labels)
    view: dict[str, Any] = {
        "type": "scheduled-job",
        "id": row.id,
        "createdAt": stamp(row.created),
        "schedule": row.schedule,
        "suspend": row.suspend,
        "suspendReason": row.suspend_reason,
        "concurrency": row.concurrency,
        "owner": owner.wire(),
        "initiator": owner.wire(),
        "status": {"lastJob": last, "nextJobRunAt": stamp(row.next_run)},
        "jobSpec": {name: value for name, value in spec.items() if value is not None},
    }
    return {name: value for name, value in view.items() if value is not None}


def usage_view(ran: list[JobRow], begin: float, now: float) -> dict[str, Any]:
    """Return what jobs used, in minutes, and what they cost from `begin` to `now`: nothing."""
    details = [
        {
            "jobId": job.id,
            "hardwareFlavor": job.spec.flavor,
            "totalMinutes": _minutes(job, now),
            "totalCostMicroUsd": 0,
            "startedAt": stamp(job.started or now),
            **({"completedAt": stamp(job.finished)} if job.finished else {}),
        }
        for job in ran
    ]
    usage = {
        "usedMicroUsd": 0,
        "totalMinutes": sum(_minutes(job, now) for job in ran),
        "periodStart": stamp(begin),
        "periodEnd": stamp(now),
        "jobDetails": details,
    }
    return {"usage": usage, "hasAccess": True}


def _minutes(job: JobRow, now: float) -> int:
    """Return the minutes begun, which is what the Hub charges for."""
    return math.ceil(max(0.0, (job.finished or now) - (job.started or now)) / 60)


def _spec_view(spec: JobSpec, labels: dict[str, str]) -> dict[str, Any]:
    """Return what jobs and scheduled jobs show of what was asked for; None for what does not apply."""
    return {
        "dockerImage": spec.docker_image,
        "spaceId": spec.space_id,
        "command": spec.command,
        "arguments": spec.arguments,
        "environment": spec.environment,
        "secrets": spec.secrets or None,
        "flavor": spec.flavor,
        "arch": spec.arch,
        "timeout": spec.timeout or DEFAULT_TIMEOUT,
        "retry": spec.attempts - 1,
        "labels": labels,
        "volumes": [volume.wire() for volume in spec.volumes] or None,
        "expose": spec.expose,
        "resourceGroupId": spec.resource_group,
    }


def _durations(job: JobRow, now: float) -> dict[str, int]:
    end = job.finished or now
    durations = {"totalSecs": int(end - job.created)}
    if job.started:
        durations["schedulingSecs"] = int(job.started - job.created)
        durations["runningSecs"] = int(end - job.started)
    return durations


def bucket_view(bucket: BucketRow) -> dict[str, Any]:
    """Return a bucket as JSON."""
    return {
        "id": bucket.name,
        "author": bucket.name.partition("/")[0],
        "private": bucket.private,
        "createdAt": stamp(bucket.created),
        "updatedAt": stamp(bucket.updated),
        "size": bucket.size,
        "totalFiles": bucket.files,
        "repoType": "bucket",
        "cdnRegions": [],
    }


def file_view(file: FileRow) -> dict[str, Any]:
    """Return a file of a bucket as JSON."""
    view: dict[str, Any] = {
        "type": "file",
        "path": file.path,
        "size": file.size,
        "xetHash": file.hash,
        "uploadedAt": stamp(file.uploaded),
    }
    if file.mtime is not None:
        view["mtime"] = stamp(file.mtime / 1000)
    return view
