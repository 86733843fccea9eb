"""Values that notebooks have sent along with jobs and no job needs any more, and how they are deleted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggingface_hub import BucketFile
from huggingface_hub.errors import BucketNotFoundError, EntryNotFoundError

from hfjobs_magic.facts import NOT_ENDED
from hfjobs_magic.hub.bucket_privacy import BUCKET
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.input_folder import FOLDER
from hfjobs_magic.hub.run_folders import DELETED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from huggingface_hub import HfApi, Volume

YOUNG_S = 24 * 3600
"""Seconds for which a folder is left alone: a job may be on its way, and a sweep may still have runs to start."""


@dataclass(frozen=True)
class InputFolder:
    """The values of one ``-i``, or of several that were sent together."""

    path: str
    """``hfjob-inputs/DIGEST``."""
    paths: tuple[str, ...]
    """Files, by their path in the bucket."""
    size: int
    """Bytes of all."""


class InputFolders:
    """Those of one namespace."""

    def __init__(self, api: HfApi, namespace: str) -> None:
        self._api, self._namespace = api, namespace
        self._bucket = f"{namespace}/{BUCKET}"

    def find_idle(self) -> list[InputFolder]:
        """Return folders that are a day old and that no job mounts which has not ended, and no schedule."""
        found: dict[str, list[BucketFile]] = {}
        with translate_errors(self._api.endpoint):
            try:
                for item in self._api.list_bucket_tree(self._bucket, prefix=FOLDER, recursive=True):
                    if isinstance(item, BucketFile) and item.path.startswith(f"{FOLDER}/"):
                        found.setdefault("/".join(item.path.split("/")[:2]), []).append(item)
            except (BucketNotFoundError, EntryNotFoundError):
                return []
            old = {path: files for path, files in found.items() if not any(map(_is_young, files))}
            used = {volume.path for volume in self._mounts()} if old else set()
        return [
            InputFolder(path, tuple(item.path for item in files), sum(item.size for item in files))
            for path, files in old.items()
            if path not in used
        ]

    def delete(self, folders: Iterable[InputFolder]) -> None:
        """Delete them; a job that is run again then says that its cell has to be."""
        paths = [path for one in folders for path in one.paths]
        with translate_errors(self._api.endpoint):
            for at in range(0, len(paths), DELETED):
                self._api.batch_bucket_files(self._bucket, delete=paths[at : at + DELETED])

    def _mounts(self) -> Iterator[Volume]:
        """Give what jobs mount that may still read it. A list may leave volumes out, so each is asked for."""
        for job in self._api.list_jobs(namespace=self._namespace, status=sorted(NOT_ENDED)):
            yield from self._api.inspect_job(job_id=job.id, namespace=self._namespace).volumes or ()
        for scheduled in self._api.list_scheduled_jobs(namespace=self._namespace):
            info = self._api.inspect_scheduled_job(scheduled_job_id=scheduled.id, namespace=self._namespace)
            yield from info.job_spec.volumes or ()


def _is_young(item: BucketFile) -> bool:
    return item.uploaded_at is None or time.time() - item.uploaded_at.timestamp() < YOUNG_S
