"""Stored rows -> the JSON objects of the Hub's API."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.logfile import stamp
from hfjobs_magic.local.spec import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from hfjobs_magic.local.store import BucketRow, FileRow, JobRow

NAMESPACE = "local"
"""The one user of the service."""


def new_id() -> str:
    """Return 24 hexadecimal digits, as the Hub's: 8 of the time, 16 at random."""
    return f"{int(time.time()):08x}{os.urandom(8).hex()}"


@dataclass(frozen=True)
class Owner:
    """The user, who owns everything."""

    id: str
    """24 hexadecimal digits, the same for the life of a data directory."""

    def wire(self) -> dict[str, Any]:
        """Return the owner of a job."""
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


def job_view(job: JobRow, owner: Owner, now: float) -> dict[str, Any]:
    """Return a job; fields that do not apply yet are left out, as the Hub does."""
    spec = job.spec
    status: dict[str, Any] = {"stage": job.stage, "message": job.message, "failureCount": job.failures}
    if spec.expose and job.stage == "RUNNING":
        status["exposeUrls"] = [f"http://127.0.0.1:{port}" for port in spec.expose["ports"]]
    view: dict[str, Any] = {
        "type": "job",
        "id": job.id,
        "createdAt": stamp(job.created),
        "startedAt": stamp(job.started) if job.started else None,
        "finishedAt": stamp(job.finished) if job.finished and job.started else None,
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
        "labels": job.labels,
        "volumes": [volume.wire() for volume in spec.volumes] or None,
        "expose": spec.expose,
        "network": spec.network,
        "resourceGroupId": spec.resource_group,
        "createdBy": {"id": owner.id, "name": NAMESPACE},
        "owner": owner.wire(),
        "initiator": job.initiator or {"type": "user", "id": owner.id, "name": NAMESPACE, "avatarUrl": ""},
        "status": status,
        "durations": _durations(job, now),
    }
    return {name: value for name, value in view.items() if value is not None}


def _durations(job: JobRow, now: float) -> dict[str, int]:
    end = job.finished or now
    durations = {"totalSecs": int(end - job.created)}
    if job.started:
        durations["schedulingSecs"] = int(job.started - job.created)
        durations["runningSecs"] = int(end - job.started)
    return durations


def bucket_view(bucket: BucketRow, files: list[FileRow]) -> dict[str, Any]:
    """Return a bucket."""
    return {
        "id": bucket.name,
        "author": bucket.name.partition("/")[0],
        "private": bucket.private,
        "createdAt": stamp(bucket.created),
        "updatedAt": stamp(bucket.updated),
        "size": sum(file.size for file in files),
        "totalFiles": len(files),
        "repoType": "bucket",
        "cdnRegions": [],
    }


def file_view(file: FileRow) -> dict[str, Any]:
    """Return a file of a bucket."""
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
