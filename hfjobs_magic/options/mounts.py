"""``--volume``: what is mounted into a job, and where."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.identifiers import shorten

MAX_PATH = 4096
"""Bytes of a path on Linux (``PATH_MAX``); a part of it has 255 (``NAME_MAX``)."""


@dataclass(frozen=True)
class Mount:
    """A volume as written on the line."""

    source: str
    """``hf://…`` or a local directory."""
    path: str
    """Where the job sees it; absolute."""
    read_only: bool | None
    """None leaves it to the kind of source."""


def parse_mount(text: str) -> Mount:
    """Split ``SOURCE:/PATH[:ro|:rw]``."""
    rest = text
    read_only: bool | None = None
    if rest.endswith((":ro", ":rw")):
        read_only = rest.endswith(":ro")
        rest = rest[:-3]
    scheme = "hf://" if rest.startswith("hf://") else ""
    source, found, path = rest[len(scheme) :].rpartition(":/")
    if not found or not source or not path.strip("/"):
        raise OptionError(
            f"--volume {text} is not a mount. Write hf://buckets/ORG/NAME:/PATH, "
            "hf://datasets/ORG/NAME:/PATH or LOCAL_DIR:/PATH, followed by :ro or :rw if you like."
        )
    mount = Mount(scheme + source, "/" + path, read_only)
    _check_mount(text, mount)
    return mount


_MOUNT_PATH = re.compile(r"[^\s:\\'\"`$;&|<>*?\x00-\x1f\x7f\uff01-\uff5e\u200b-\u200f\ufeff]+")
"""Paths that need no quotation marks in a shell; Kubernetes refuses a colon, too. Nor are there signs in them that
look like others: a wide colon is none."""

_KINDS = ("buckets", "datasets", "models", "spaces")
_ONE_OF = {kind.removesuffix("s"): kind for kind in _KINDS}
"""By a word that is easily written for it; without a kind it would name a model of that user."""
_REPO_PART = re.compile(r"[\w-][\w.-]{0,95}", re.ASCII)
"""Half of a repository's id; huggingface_hub allows 96 characters (``validate_repo_id``)."""


def _check_mount(text: str, mount: Mount) -> None:
    parts = mount.path.split("/")
    if {".", ".."} & set(parts):
        raise OptionError(f"--volume {text}: the path in the job must not contain . or .. as a part.")
    if not _MOUNT_PATH.fullmatch(mount.path):
        nearest = re.sub(r"[^\w./-]+", "-", unicodedata.normalize("NFKC", mount.path))
        raise OptionError(
            f"--volume {shorten(text)}: the path in the job has a space or another character that programs trip over. "
            f"Write one such as {shorten(nearest)}."
        )
    if len(mount.path.encode()) > MAX_PATH or any(len(part.encode()) > 255 for part in parts):
        raise OptionError(f"--volume {shorten(text)}: the path in the job is too long. Write one such as /data/train.")
    if not mount.source.startswith("hf://"):
        if "://" in mount.source:
            raise OptionError(
                f"--volume {shorten(text)}: {shorten(mount.source)} is neither a folder of this machine nor an address "
                "that can be mounted. Write hf://buckets/ORG/NAME or hf://datasets/ORG/NAME."
            )
        return
    kind, *rest = mount.source[len("hf://") :].split("/")
    if kind in _ONE_OF:
        raise OptionError(f"--volume {shorten(text)}: write hf://{_ONE_OF[kind]}/{shorten('/'.join(rest))}.")
    if kind != "buckets" and mount.read_only is False:
        raise OptionError(
            f"--volume {shorten(text)}: only a bucket can be written to; a repository is always read-only. Remove :rw."
        )
    parts = rest if kind in _KINDS else [kind, *rest]
    repo, inside = parts[:2], parts[2:]
    names = [part.partition("@")[0] for part in repo]
    if len(repo) < 2 or not all(map(_REPO_PART.fullmatch, names)) or {".", ".."} & set(inside):
        raise OptionError(
            f"--volume {text}: {mount.source} is not an address on the Hub. Write hf://buckets/ORG/NAME, "
            "hf://datasets/ORG/NAME, hf://models/ORG/NAME or hf://spaces/ORG/NAME."
        )
