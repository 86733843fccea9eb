"""The request that submits a job: checked here, once, and a plain value afterwards.

The rules are those of the Hub's OpenAPI document. As there, unknown fields are dropped rather than refused.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.hardware import HARDWARE, UNLISTED

# Seconds; the Hub's default.
DEFAULT_TIMEOUT = 1800
# Characters of a label's key or value; the Hub's bound.
MAX_LABEL = 100
# Ports of one job; the Hub's bound.
MAX_PORTS = 20
VOLUME_TYPES = ("bucket", "model", "dataset", "space")
# Characters of the name of a network group, and of an alias in it; the Hub's bounds.
MAX_GROUP = 46
MAX_ALIAS = 34
# The largest whole number of JavaScript, which the Hub's document gives as the bound of every count.
MAX_COUNT = 2**53 - 1
# Mount points that would take away what every program needs.
_SYSTEM_MOUNTS = ("/", "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr")

# Not the same for both, and as odd as it looks: that is how the Hub's document has it.
_ENVIRONMENT_NAME = re.compile(r"[a-zA-Z][_a-zA-Z0-9]+\Z")
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
    """Folder of it; empty for all of it."""
    revision: str | None = None
    """Of a repository; buckets have none, there it is recorded only."""
    type: str = "bucket"
    """One of `VOLUME_TYPES`."""

    def wire(self) -> dict[str, Any]:
        """Return it as the Hub sends it."""
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
    """What a job was asked to be; secrets by name only."""

    command: list[str]
    """Program and its first arguments."""
    flavor: str
    """Hardware asked for; recorded, since there is but this machine."""
    arguments: list[str] = field(default_factory=list)
    """Further arguments."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables of the job."""
    secrets: list[str] = field(default_factory=list)
    """Names of the secret variables."""
    docker_image: str | None = None
    """Recorded; the command runs on this machine as it is."""
    space_id: str | None = None
    """Recorded, as the image."""
    arch: str | None = None
    """Recorded."""
    timeout: int | None = None
    """Seconds; None means `DEFAULT_TIMEOUT`."""
    attempts: int = 1
    """How often it is tried in all."""
    volumes: list[VolumeSpec] = field(default_factory=list)
    """What is mounted where."""
    expose: dict[str, list[int]] | None = None
    """Ports: on this machine they are reachable as they are."""
    network: dict[str, Any] | None = None
    """Recorded; jobs of one machine share its network as it is."""
    resource_group: str | None = None
    """Recorded."""
    ssh: bool = False
    """Recorded; nobody can log in to a job of this machine."""

    def record(self) -> dict[str, Any]:
        """Return it as JSON for the store."""
        return asdict(self)

    @classmethod
    def restore(cls, record: dict[str, Any]) -> JobSpec:
        """Make it again from `record`."""
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
    secrets = _strings(body, "secrets", _SECRET_NAME)
    timeout = body.get("timeoutSeconds")
    if timeout is not None and not _is_count(timeout):
        raise ApiError(422, "timeoutSeconds: a whole number of seconds above 0 is expected.")
    attempts = body.get("attempts", 1)
    if not _is_count(attempts):
        raise ApiError(422, "attempts: a whole number of at least 1 is expected.")
    command = _list(body, "command")
    if not command or not all(command):
        raise ApiError(422, "command: at least one word is expected, and no empty one.")
    spec = JobSpec(
        command=command,
        flavor=_flavor(body.get("flavor")),
        arguments=_list(body, "arguments"),
        environment=_strings(body, "environment", _ENVIRONMENT_NAME),
        secrets=sorted(secrets),
        docker_image=_text(body, "dockerImage"),
        space_id=_text(body, "spaceId"),
        arch=_arch(body),
        timeout=timeout,
        attempts=attempts,
        volumes=_volumes(body.get("volumes")),
        expose=parse_expose(body["expose"]) if "expose" in body else None,
        network=_network(body["network"]) if "network" in body else None,
        resource_group=_resource_group(body),
        ssh=_ssh(body),
    )
    return spec, parse_labels(body.get("labels", {})), secrets


def parse_labels(labels: Any) -> dict[str, str]:
    """Check labels against the Hub's rules."""
    if not isinstance(labels, dict):
        raise ApiError(422, "labels: an object of texts is expected.")
    for key, value in labels.items():
        if not isinstance(value, str) or not _LABEL_VALUE.match(value) or not _LABEL_KEY.match(key):
            raise ApiError(422, f"labels: {key!r}: only letters, digits, '-', '_' and '.' are allowed.")
        if len(key) > MAX_LABEL or len(value) > MAX_LABEL:
            raise ApiError(422, f"labels: {key[:20]!r}: at most {MAX_LABEL} characters are allowed.")
    return labels


def parse_expose(expose: Any) -> dict[str, list[int]]:
    """Check the ports of a job."""
    if not isinstance(expose, dict) or "ports" not in expose:
        raise ApiError(422, "expose.ports: a list of port numbers is expected.")
    wanted: dict[str, list[int]] = {}
    for name in ("ports", "portsPublic"):
        ports = expose.get(name, [])
        if not isinstance(ports, list) or not all(_is_count(port) and port < 65536 for port in ports):
            raise ApiError(422, f"expose.{name}: a list of port numbers is expected.")
        if len(ports) > MAX_PORTS:
            raise ApiError(422, f"expose.{name}: at most {MAX_PORTS} ports are allowed.")
        wanted[name] = ports
    return wanted


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if name in body and not isinstance(value, str):
        raise ApiError(422, f"{name}: a text is expected.")
    return value


def _arch(body: dict[str, Any]) -> str | None:
    arch = _text(body, "arch")
    if arch not in {None, "amd64", "arm64"}:
        raise ApiError(422, f"arch: {arch!r} is neither 'amd64' nor 'arm64'.")
    return arch


def _resource_group(body: dict[str, Any]) -> str | None:
    group = _text(body, "resourceGroupId")
    if group is not None and not _OBJECT_ID.match(group):
        raise ApiError(422, "resourceGroupId: 24 hexadecimal digits are expected.")
    return group


def _ssh(body: dict[str, Any]) -> bool:
    ssh = body.get("ssh", {})
    enabled = ssh.get("enabled", False) if isinstance(ssh, dict) else None
    if not isinstance(enabled, bool):
        raise ApiError(422, "ssh.enabled: true or false is expected.")
    return enabled


def _network(network: Any) -> dict[str, Any]:
    group = network.get("group") if isinstance(network, dict) else None
    if not isinstance(group, str) or not _GROUP.match(group) or len(group) > MAX_GROUP:
        raise ApiError(422, f"network.group: at most {MAX_GROUP} lower-case letters, digits and '-' are expected.")
    aliases = network.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(alias, str) and _GROUP.match(alias) for alias in aliases):
        raise ApiError(422, "network.aliases: a list of names of lower-case letters, digits and '-' is expected.")
    if any(len(alias) > MAX_ALIAS for alias in aliases):
        raise ApiError(422, f"network.aliases: at most {MAX_ALIAS} characters are allowed.")
    return {"group": group, "aliases": aliases} if aliases else {"group": group}


def _flavor(flavor: Any) -> str:
    if isinstance(flavor, str) and (flavor in HARDWARE or flavor in UNLISTED):
        return flavor
    near = difflib.get_close_matches(str(flavor), HARDWARE, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(HARDWARE)}."
    raise ApiError(422, f"flavor: unknown flavor {flavor!r}. {hint}")


def _volumes(volumes: Any) -> list[VolumeSpec]:
    if volumes is None:
        return []
    if volumes == []:
        raise ApiError(422, "volumes: at least one is expected, or no such field at all.")
    if not isinstance(volumes, list) or not all(isinstance(volume, dict) for volume in volumes):
        raise ApiError(422, "volumes: a list of objects is expected.")
    parsed = [_volume(volume) for volume in volumes]
    if len({volume.mount_path for volume in parsed}) != len(parsed):
        raise ApiError(422, "volumes: two of them have the same mountPath.")
    return parsed


def _volume(volume: dict[str, Any]) -> VolumeSpec:
    kind, source, mount = (volume.get(name) for name in ("type", "source", "mountPath"))
    if kind not in VOLUME_TYPES or not isinstance(source, str) or not _SOURCE.match(source):
        raise ApiError(422, f"volumes: type must be one of {', '.join(VOLUME_TYPES)}, and source 'namespace/name'.")
    if not isinstance(mount, str) or not mount.startswith("/") or "\0" in mount or ".." in mount.split("/"):
        raise ApiError(422, f"volumes: mountPath {mount!r} is not an absolute path.")
    mount = "/" + posixpath.normpath(mount).strip("/")
    if mount in _SYSTEM_MOUNTS or mount.startswith(("/proc/", "/dev/", "/sys/")):
        raise ApiError(422, f"volumes: nothing can be mounted at {mount}.")
    path = str(volume.get("path") or "").strip("/")
    if "\0" in path or {".", ".."} & set(path.split("/")):
        raise ApiError(422, f"volumes: {path!r} is not a folder of a {kind}.")
    revision = volume.get("revision")
    if revision is not None and not isinstance(revision, str):
        raise ApiError(422, "volumes: revision: a text is expected.")
    # Repositories are always read-only, on the Hub too.
    return VolumeSpec(source, mount, kind != "bucket" or bool(volume.get("readOnly", False)), path, revision, kind)


def _strings(body: dict[str, Any], name: str, allowed: re.Pattern[str]) -> dict[str, str]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise ApiError(422, f"{name}: an object of texts is expected.")
    for key, text in value.items():
        if not allowed.match(key):
            raise ApiError(422, f"{name}: {key!r} is not a name of a variable that the Hub takes.")
        if not isinstance(text, str) or "\0" in text:
            raise ApiError(422, f"{name}: the value of {key} is not a text.")
    return value


def _list(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) and "\0" not in word for word in value):
        raise ApiError(422, f"{name}: a list of texts is expected.")
    return value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_COUNT
