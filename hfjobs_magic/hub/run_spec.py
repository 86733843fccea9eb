"""How a job was asked to run, as the Hub has it: enough to run it once more with something changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from huggingface_hub import JobInfo

from hfjobs_magic.cost import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPACE = "https://huggingface.co/spaces/"
"""What huggingface_hub takes for the image of a Space begins with this."""

_UV_RUN = ["uv", "run"]


@dataclass(frozen=True)
class RunSpec:
    """A job as the Hub has it, with what huggingface_hub leaves out of its JobInfo."""

    info: JobInfo
    """The rest."""
    timeout_s: float | None = None
    """Longest time that an attempt may run, in seconds; None where the Hub does not say."""
    failures: int | None = None
    """Attempts that have failed; None where the Hub does not say."""
    resource_group: str | None = None
    """Id of the organisation's resource group."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of its secrets; the Hub tells no values."""
        return tuple(self.info.secrets or ())

    @property
    def takes_packages(self) -> bool:
        """Whether uv runs it, which installs what is asked for on its command line."""
        return list(self.info.command or ())[:2] == _UV_RUN


def describe(spec: RunSpec) -> dict[str, str]:
    """Return what a job was asked to be as text, by option: what is shown of one that was submitted elsewhere."""
    info = spec.info
    found = {
        "timeout": "" if spec.timeout_s is None else format_duration(spec.timeout_s),
        "attempts": str((info.retry or 0) + 1),
        "env": ", ".join(f"{name}={value}" for name, value in (info.environment or {}).items()),
        "secrets": ", ".join(spec.secrets),
        "volumes": ", ".join(volume.to_uri() for volume in info.volumes or ()),
        "expose": ", ".join(map(str, info.expose or ())),
        "expose_public": ", ".join(map(str, info.expose_public or ())),
        "network_group": info.network.group if info.network else "",
        "resource_group_id": spec.resource_group or "",
    }
    return {name: value for name, value in found.items() if value}


def read_spec(raw: Mapping[str, Any], endpoint: str) -> RunSpec:
    """Read the Hub's answer about a job."""
    timeout, failures = raw.get("timeout"), (raw.get("status") or {}).get("failureCount")
    return RunSpec(
        JobInfo(**raw, endpoint=endpoint),
        timeout_s=float(timeout) if isinstance(timeout, int | float) else None,
        failures=failures if isinstance(failures, int) else None,
        resource_group=raw.get("resourceGroupId"),
    )


def repeat_arguments(
    spec: RunSpec,
    *,
    flavor: str,
    timeout_s: float | None,
    labels: Mapping[str, str],
    packages: Sequence[str],
    secrets: Mapping[str, str],
) -> dict[str, Any]:
    """Return the arguments of ``HfApi.run_job`` that run a job again.

    Its script and files are read from where they are. Whether it could be reached over SSH the Hub does not say of a
    job that has ended.
    """
    info = spec.info
    command = [*(info.command or ()), *(info.arguments or ())]
    if packages:
        words = [word for name in packages for word in ("--with", name)]
        command[len(_UV_RUN) : len(_UV_RUN)] = words
    reach = {
        "expose": info.expose,
        "expose_public": info.expose_public,
        "network_group": info.network.group if info.network else None,
        "network_aliases": info.network.aliases if info.network else None,
        "resource_group_id": spec.resource_group,
        "attempts": info.retry + 1 if info.retry else None,
    }
    return {
        "image": info.docker_image or f"{SPACE}{info.space_id}",
        "command": command,
        "env": dict(info.environment or {}),
        "secrets": dict(secrets) or None,
        "flavor": flavor,
        "timeout": timeout_s,
        "labels": dict(labels) or None,
        "volumes": info.volumes,
        **{name: value for name, value in reach.items() if value},
    }
