"""What the Hub has and this machine lacks: accepted, recorded, shown, and named in the job's status message."""

from __future__ import annotations

import platform
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.local.spec import JobSpec

_UV_IMAGE = "ghcr.io/astral-sh/uv"
"""An image that adds nothing but uv, which the local service adds, too."""

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
"""Docker's name of each processor, by the system's."""


def note(spec: JobSpec) -> str | None:
    """Return one sentence on what the job asks for and does not get here; None when it gets everything."""
    missing = []
    if spec.docker_image and not is_only_uv(spec.docker_image, spec.command[0]):
        missing.append(f"no Docker image ({spec.docker_image})")
    if spec.space_id:
        missing.append(f"no image of a Space ({spec.space_id})")
    if spec.arch and spec.arch != _ARCHITECTURES.get(platform.machine().lower()):
        missing.append(f"no {spec.arch} processor")
    if spec.ssh:
        missing.append("no SSH")
    if spec.network:
        missing.append(f"no network group of its own ({spec.network['group']}): jobs meet at 127.0.0.1")
    if spec.resource_group:
        missing.append("no resource groups")
    return f"The local service runs the command directly on this machine: {', '.join(missing)}." if missing else None


def is_only_uv(image: str | None, program: str) -> bool:
    """Return whether a Docker image has nothing that the job uses but uv, and a Python for it."""
    name = (image or "").partition("@")[0].partition(":")[0]
    return name == _UV_IMAGE and PurePosixPath(program).name in {"uv", "uvx"}
