"""The folder of a cell's job in its bucket: what it has shown, and how it ended."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.hub.submission import RUNNER, quiet
from hfjobs_magic.options.values import SCRIPT_MOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import HfApi

MAX_BYTES = 6_000_000
"""Largest file that is fetched unasked; the runner writes no larger output (`hfjobs_magic.runner.outputs`)."""


@dataclass(frozen=True)
class RunFolder:
    """Files of one run."""

    api: HfApi
    """Who fetches them."""
    bucket: str
    """Its name with the namespace."""
    prefix: str
    """Folder in the bucket."""
    job_id: str
    """24 hex digits."""

    def outputs(self) -> list[dict[str, Any]]:
        """Give the files of what was shown, in order, as `hfjobs_magic.exchange.outputs.collect` takes them."""
        return self._read(f"{self.prefix}/outputs/")

    def report(self) -> dict[str, Any] | None:
        """Give the newest ``exit.json``; None where the job has written none, or not yet."""
        found = self._read(f"{self.prefix}/exit")
        return max(found, key=lambda report: report.get("finished") or 0.0, default=None)

    def _read(self, beginning: str) -> list[dict[str, Any]]:
        with translate_errors(self.api.endpoint), quiet(), tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
            tree = self.api.list_bucket_tree(self.bucket, prefix=self.prefix, recursive=True)
            names = sorted(
                item.path
                for item in tree
                if item.path.startswith(beginning) and item.path.endswith(".json") and _size(item) <= MAX_BYTES
            )
            paths = [Path(folder) / f"{at:06}" for at, _ in enumerate(names)]
            if names:
                self.api.download_bucket_files(self.bucket, list(zip(names, paths, strict=True)))
            records = [record for path in paths if (record := _parse(path)) is not None]
        return [SENT.mask(record, self.job_id) for record in records]


def run_folder(api: HfApi, namespace: str, job_id: str) -> RunFolder | None:
    """Find the folder of a job through its volumes; None for a job that is no cell."""
    with translate_errors(api.endpoint, job_id):
        info = api.inspect_job(job_id=job_id, namespace=namespace)
    words: Iterable[str] = [*(info.command or ()), *(info.arguments or ())]
    mount = next((item for item in info.volumes or () if item.mount_path == SCRIPT_MOUNT), None)
    if mount is None or mount.type != "bucket" or f"{SCRIPT_MOUNT}/{RUNNER}" not in words:
        return None
    return RunFolder(api, mount.source, "/".join(filter(None, (mount.path, "run", job_id))), job_id)


def _size(item: Any) -> int:
    return int(getattr(item, "size", None) or 0)


def _parse(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
