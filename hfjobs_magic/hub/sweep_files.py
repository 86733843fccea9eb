"""A file of the bucket for each sweep, ``hfjob-sweeps/ID.json``: all that another kernel needs to go on with it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import BucketFile
from huggingface_hub.errors import BucketNotFoundError, EntryNotFoundError

from hfjobs_magic.hub.bucket_privacy import BUCKET, check_private
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.run_folders import DELETED
from hfjobs_magic.hub.silence import silence

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from huggingface_hub import HfApi

FOLDER = "hfjob-sweeps"
"""Of `BUCKET`; beside it are the folders that huggingface_hub makes for jobs."""

YOUNG_S = 24 * 3600
"""Seconds for which a file is left alone: its first run may be about to be submitted."""


class SweepFiles:
    """Those of one namespace."""

    def __init__(self, api: HfApi, namespace: str) -> None:
        self._api = api
        self._namespace = namespace
        self._bucket = f"{namespace}/{BUCKET}"

    def write(self, sweep: str, text: str) -> None:
        """Keep what a sweep is; what was kept of it before is replaced.

        Raises
        ------
        OptionError
            When the bucket is public.
        HubError
            When the Hub refuses or does not answer.
        """
        with translate_errors(self._api.endpoint), silence():
            check_private(self._api, self._namespace)
            self._api.create_bucket(self._bucket, private=True, exist_ok=True)
            self._api.batch_bucket_files(self._bucket, add=[(text.encode(), _path(sweep))])

    def read(self, sweep: str) -> str | None:
        """Return what was kept of a sweep; None where nothing was.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        with translate_errors(self._api.endpoint), silence(), tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
            target = Path(folder) / "sweep.json"
            try:
                there = list(self._api.get_bucket_paths_info(self._bucket, [_path(sweep)]))
            except BucketNotFoundError:
                return None
            if not there:
                return None
            self._api.download_bucket_files(self._bucket, [(there[0], target)])
            return target.read_text(encoding="utf-8")

    def find_idle(self, sweeps: Collection[str]) -> list[str]:
        """Return ids of sweeps of which something was kept a day ago or more, and that are none of `sweeps`.

        Parameters
        ----------
        sweeps
            Ids of those that still have a job.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        old = time.time() - YOUNG_S
        with translate_errors(self._api.endpoint):
            try:
                tree = list(self._api.list_bucket_tree(self._bucket, prefix=FOLDER, recursive=True))
            except (BucketNotFoundError, EntryNotFoundError):
                return []
        files = [item for item in tree if isinstance(item, BucketFile) and item.path == _path(Path(item.path).stem)]
        ids = [Path(item.path).stem for item in files if item.uploaded_at and item.uploaded_at.timestamp() <= old]
        return [sweep for sweep in ids if sweep not in sweeps]

    def delete(self, sweeps: Sequence[str]) -> None:
        """Delete what was kept of some: nobody can take them up again.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        with translate_errors(self._api.endpoint):
            for at in range(0, len(sweeps), DELETED):
                self._api.batch_bucket_files(self._bucket, delete=[_path(one) for one in sweeps[at : at + DELETED]])


def _path(sweep: str) -> str:
    return f"{FOLDER}/{sweep}.json"
