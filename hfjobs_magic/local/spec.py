"""The request that submits a job: checked once, here, and a plain value afterwards.

The rules are those of the Hub's OpenAPI document. As on the Hub, unknown fields are dropped rather than refused.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.hardware import HARDWARE, UNLISTED

DEFAULT_TIMEOUT = 1800
"""Seconds a job may run if its submission does not say; the Hub's default."""

MAX_LABEL = 100
"""Characters of a label's key or value; the Hub's limit."""

MAX_PORTS = 20
"""Ports of one job; the Hub's limit."""

VOLUME_TYPES = ("bucket", "model", "dataset", "space")
"""What a job can mount."""

MAX_GROUP = 46
"""Characters of a network group's name; the Hub's limit."""

MAX_ALIAS = 34
"""Characters of a job's alias in its network group; the Hub's limit."""

MAX_COUNT = 2**53 - 1
"""The largest integer of JavaScript, which the Hub's document gives as the limit of every count."""

_SYSTEM_MOUNTS = ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")
"""Mount points that would hide what every program needs."""

_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][_a-zA-Z0-9]+\Z")
"""Name of a variable. It differs from that of a secret in the Hub's document, odd as it looks."""

_SECRET_NAME = re.compile(r"[a-zA-Z][_a-zA-Z0-9]*\Z")
_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}\Z")
_GROUP = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z")
_LABEL_KEY = re.compile(r"[a-zA-Z0-9._-]+\Z")
_LABEL_VALUE = re.compile(r"[a-zA-Z0-9._-]*\Z")
_SOURCE = re.compile(r"\w[\w.-]*/\w[\w.-]*\Z")


@dataclass(frozen=True)
class VolumeSpec:
    """One bucket or repository, or a folder of it, at one place of the job's file system."""

    source: str
    """Its `namespace/name`."""
    mount_path: str
    """Absolute, normalised."""
    read_only: bool = False
    """Whether the job cannot write to it."""
    path: str = ""
    """A folder of it; empty for all of it."""
    revision: str | None = None
    """Revision of a repository. Buckets have none: there it is only recorded."""
    type: str = "bucket"
    """One of `VOLUME_TYPES`."""
    bucket: str = ""
    """Id of the bucket, which stays the same when it is renamed; filled in when a job is submitted."""

    def wire(self) -> dict[str, Any]:
        """Return it as the Hub's API writes it."""
        value: dict[str, Any] = {
            "type": self.type,
            "source": self.source,
            "mountPath": self.mount_path,
            "readOnly": self.read_only,
        }
        if self.path:
            value["path"] = self.path
        if self.revision:
            value["revision"] = self.revision
        return value


@dataclass(frozen=True)
class JobSpec:
    """What was asked for in a submission; secrets by name only."""

    command: list[str]
    """Program and its first arguments."""
    flavor: str
    """Hardware asked for; only recorded, since this machine is all there is."""
    arguments: list[str] = field(default_factory=list)
    """Further arguments."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of the job."""
    secrets: list[str] = field(default_factory=list)
    """Names of the secret variables."""
    docker_image: str | None = None
    """Only recorded: the command runs on this machine as it is."""
    space_id: str | None = None
    """Only recorded, like the image."""
    arch: str | None = None
    """Only recorded."""
    timeout: int | None = None
    """Seconds; None means `DEFAULT_TIMEOUT`."""
    attempts: int = 1
    """Number of times it is tried in all."""
    volumes: list[VolumeSpec] = field(default_factory=list)
    """What is mounted where."""
    expose: dict[str, list[int]] | None = None
    """Ports; on this machine they are reachable without doing anything."""
    network: dict[str, Any] | None = None
    """Only recorded: jobs of one machine share its network."""
    resource_group: str | None = None
    """Only recorded."""
    ssh: bool = False
    """Only recorded: there is no SSH into a job of this machine."""

    def record(self) -> dict[str, Any]:
        """Return it as JSON for the store."""
        return asdict(self)

    @classmethod
    def restore(cls, record: dict[str, Any]) -> JobSpec:
        """Return the job that `record` was made of."""
        volumes = [VolumeSpec(**volume) for volume in record["volumes"]]
        return cls(**{**record, "volumes": volumes})


def parse_spec(body: Any) -> tuple[JobSpec, dict[str, str], dict[str, str]]:
    """Check the body of a submission; return the job, its labels, and the values of its secrets.

    Raises
    ------
    ApiError
        422, with a sentence that names the field.
    """
    if not isinstance(body, dict):
        raise ApiError(422, "The body must be a JSON object.")
    secrets = _parse_strings(body, "secrets", _SECRET_NAME)
    timeout = body.get("timeoutSeconds")
    if timeout is not None and not _is_count(timeout):
        raise ApiError(422, "timeoutSeconds: expected a whole number of seconds above 0.")
    attempts = body.get("attempts", 1)
    if not _is_count(attempts):
        raise ApiError(422, "attempts: expected a whole number of at least 1.")
    command = _parse_list(body, "command")
    if not command or not all(command):
        raise ApiError(422, "command: expected at least one word, none of them empty.")
    spec = JobSpec(
        command=command,
        flavor=_parse_flavor(body.get("flavor")),
        arguments=_parse_list(body, "arguments"),
        environment=_parse_strings(body, "environment", _ENVIRONMENT_NAME),
        secrets=sorted(secrets),
        docker_image=_parse_string(body, "dockerImage"),
        space_id=_parse_string(body, "spaceId"),
        arch=_parse_arch(body),
        timeout=timeout,
        attempts=attempts,
        volumes=_parse_volumes(body.get("volumes")),
        expose=parse_expose(body["expose"]) if "expose" in body else None,
        network=_parse_network(body["network"]) if "network" in body else None,
        resource_group=_parse_resource_group(body),
        ssh=_parse_ssh(body),
    )
    return spec, parse_labels(body.get("labels", {})), secrets


def parse_labels(labels: Any) -> dict[str, str]:
    """Check labels against the Hub's rules."""
    if not isinstance(labels, dict):
        raise ApiError(422, "labels: expected an object of strings.")
    for key, value in labels.items():
        if not isinstance(value, str) or not _LABEL_VALUE.match(value) or not _LABEL_KEY.match(key):
            raise ApiError(422, f"labels: {key!r}: only letters, digits, '-', '_' and '.' are allowed.")
        if len(key) > MAX_LABEL or len(value) > MAX_LABEL:
            raise ApiError(422, f"labels: {key[:20]!r}: at most {MAX_LABEL} characters are allowed.")
    return labels


def parse_expose(expose: Any) -> dict[str, list[int]]:
    """Check the ports of a job."""
    if not isinstance(expose, dict) or "ports" not in expose:
        raise ApiError(422, "expose.ports: expected a list of port numbers.")
    wanted: dict[str, list[int]] = {}
    for name in ("ports", "portsPublic"):
        ports = expose.get(name, [])
        if not isinstance(ports, list) or not all(_is_count(port) and port < 65536 for port in ports):
            raise ApiError(422, f"expose.{name}: expected a list of port numbers.")
        if len(ports) > MAX_PORTS:
            raise ApiError(422, f"expose.{name}: at most {MAX_PORTS} ports are allowed.")
        wanted[name] = ports
    return wanted


def _parse_string(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if name in body and not isinstance(value, str):
        raise ApiError(422, f"{name}: expected a string.")
    return value


def _parse_arch(body: dict[str, Any]) -> str | None:
    arch = _parse_string(body, "arch")
    if arch not in {None, "amd64", "arm64"}:
        raise ApiError(422, f"arch: {arch!r} is neither 'amd64' nor 'arm64'.")
    return arch


def _parse_resource_group(body: dict[str, Any]) -> str | None:
    group = _parse_string(body, "resourceGroupId")
    if group is not None and not _OBJECT_ID.match(group):
        raise ApiError(422, "resourceGroupId: expected 24 hexadecimal digits.")
    return group


def _parse_ssh(body: dict[str, Any]) -> bool:
    ssh = body.get("ssh", {})
    enabled = ssh.get("enabled", False) if isinstance(ssh, dict) else None
    if not isinstance(enabled, bool):
        raise ApiError(422, "ssh.enabled: expected true or false.")
    return enabled


def _parse_network(network: Any) -> dict[str, Any]:
    group = network.get("group") if isinstance(network, dict) else None
    if not isinstance(group, str) or not _GROUP.match(group) or len(group) > MAX_GROUP:
        raise ApiError(422, f"network.group: expected at most {MAX_GROUP} lower-case letters, digits and '-'.")
    aliases = network.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and _GROUP.match(alias) for alias in aliases):
        raise ApiError(422, "network.aliases: expected a list of names made of lower-case letters, digits and '-'.")
    if any(len(alias) > MAX_ALIAS for alias in aliases):
        raise ApiError(422, f"network.aliases: at most {MAX_ALIAS} characters are allowed.")
    return {"group": group, "aliases": aliases} if aliases else {"group": group}


def _parse_flavor(flavor: Any) -> str:
    if isinstance(flavor, str) and (flavor in HARDWARE or flavor in UNLISTED):
        return flavor
    near = difflib.get_close_matches(str(flavor), HARDWARE, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(HARDWARE)}."
    raise ApiError(422, f"flavor: unknown flavor {flavor!r}. {hint}")


def _parse_volumes(volumes: Any) -> list[VolumeSpec]:
    if volumes is None:
        return []
    if volumes == []:
        raise ApiError(422, "volumes: expected at least one; leave the field out if there is none.")
    if not isinstance(volumes, list) or not all(isinstance(volume, dict) for volume in volumes):
        raise ApiError(422, "volumes: expected a list of objects.")
    parsed = [_parse_volume(volume) for volume in volumes]
    if len({volume.mount_path for volume in parsed}) != len(parsed):
        raise ApiError(422, "volumes: two of them have the same mountPath.")
    return parsed


def _parse_volume(volume: dict[str, Any]) -> VolumeSpec:
    kind, source, mount = (volume.get(name) for name in ("type", "source", "mountPath"))
    if kind not in VOLUME_TYPES or not isinstance(source, str) or not _SOURCE.match(source):
        raise ApiError(422, f"volumes: expected type to be one of {', '.join(VOLUME_TYPES)}, source 'namespace/name'.")
    if not isinstance(mount, str) or not mount.startswith("/") or "\0" in mount or ".." in mount.split("/"):
        raise ApiError(422, f"volumes: mountPath {mount!r} is not an absolute path.")
    mount = "/" + posixpath.normpath(mount).strip("/")
    if mount in _SYSTEM_MOUNTS or mount.startswith(("/proc/", "/dev/", "/sys/")):
        raise ApiError(422, f"volumes: nothing can be mounted at {mount}.")
    path = str(volume.get("path") or "").strip("/")
    if "\0" in path or (path and {"", ".", ".."} & set(path.split("/"))):
        raise ApiError(422, f"volumes: {path!r} is not a folder of a {kind}.")
    revision = volume.get("revision")
    if revision is not None and not isinstance(revision, str):
        raise ApiError(422, "volumes: revision: expected a string.")
    # Repositories are always read-only, on the Hub too.
    return VolumeSpec(source, mount, kind != "bucket" or bool(volume.get("readOnly", False)), path, revision, kind)


def _parse_strings(body: dict[str, Any], name: str, allowed: re.Pattern[str]) -> dict[str, str]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise ApiError(422, f"{name}: expected an object of strings.")
    for key, text in value.items():
        if not allowed.match(key):
            raise ApiError(422, f"{name}: {key!r} is not a variable name that the Hub accepts.")
        if not isinstance(text, str) or "\0" in text:
            raise ApiError(422, f"{name}: the value of {key} is not a string.")
    return value


def _parse_list(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and "\0" not in word for word in value):
        raise ApiError(422, f"{name}: expected a list of strings.")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_COUNT
