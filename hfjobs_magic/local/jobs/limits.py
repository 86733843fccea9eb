"""What the Hub has and one machine has not: accepted, recorded, shown, and said in the job's status message."""

from __future__ import annotations

import platform
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.local.spec import JobSpec

# Images that bring uv and nothing else worth speaking of: the local service brings uv, too.
_UV_IMAGE = "ghcr.io/astral-sh/uv"
# What Docker calls the processors that the system calls otherwise.
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def note(spec: JobSpec) -> str | None:
    """Return one sentence on what the job asked for and does not get here; None when it gets everything."""
    absent = []
    if spec.docker_image and not _is_only_uv(spec):
        absent.append(f"no Docker image ({spec.docker_image})")
    if spec.space_id:
        absent.append(f"no image of a Space ({spec.space_id})")
    if spec.arch and spec.arch != _ARCHITECTURES.get(platform.machine().lower()):
        absent.append(f"no {spec.arch} processor")
    if spec.ssh:
        absent.append("no SSH")
    if spec.network:
        absent.append(f"no network group of its own ({spec.network['group']}): jobs meet at 127.0.0.1")
    if spec.resource_group:
        absent.append("no resource groups")
    return f"The local service runs the command on this machine as it is: {', '.join(absent)}." if absent else None


def _is_only_uv(spec: JobSpec) -> bool:
    name = (spec.docker_image or "").partition("@")[0].partition(":")[0]
    return name == _UV_IMAGE and PurePosixPath(spec.command[0]).name in {"uv", "uvx"}
