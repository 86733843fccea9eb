"""All that cells' jobs of a namespace have left in its bucket, a folder a job, and how it is deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggingface_hub import BucketFile
from huggingface_hub.errors import BucketNotFoundError

from hfjobs_magic.hub.bucket_privacy import BUCKET
from hfjobs_magic.hub.error_translation import translate_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from huggingface_hub import HfApi

_RUN = re.compile(r"(?P<folder>[^/]+/run/(?P<job>[0-9a-f]{24}))/(?P<part>[^/]+)")

DELETED = 1_000
"""Files that one request deletes."""


@dataclass(frozen=True)
class RunContents:
    """What one job has left."""

    job_id: str
    """24 hex digits."""
    paths: tuple[str, ...]
    """Files, by their path in the bucket."""
    sizes: dict[str, int]
    """Bytes of its ``files``, ``values`` and ``outputs``, and of the rest under ``""``."""

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(self.sizes.values())


class RunFolders:
    """The bucket of one namespace."""

    def __init__(self, api: HfApi, namespace: str) -> None:
        self._api = api
        self._bucket = f"{namespace}/{BUCKET}"

    def contents(self, folders: Iterable[str] | None = None) -> list[RunContents]:
        """Return what there is, by job.

        Parameters
        ----------
        folders
            ``NAMESPACE/BUCKET/PATH`` of the jobs that are meant; all of them by default, in one list.
        """
        lead = f"{self._bucket}/"
        prefixes = [None] if folders is None else [item.removeprefix(lead) for item in folders if item.startswith(lead)]
        found: dict[str, tuple[list[str], dict[str, int]]] = {}
        with translate_errors(self._api.endpoint):
            for prefix in prefixes:
                try:
                    for item in self._api.list_bucket_tree(self._bucket, prefix=prefix, recursive=True):
                        _add(found, item, prefix)
                except BucketNotFoundError:
                    return []
        return [RunContents(job_id, tuple(paths), sizes) for job_id, (paths, sizes) in found.items()]

    def delete(self, contents: Iterable[RunContents]) -> None:
        """Delete all that these jobs have left; their scripts stay, so that they can be run again."""
        paths = [path for one in contents for path in one.paths]
        with translate_errors(self._api.endpoint):
            for at in range(0, len(paths), DELETED):
                self._api.batch_bucket_files(self._bucket, delete=paths[at : at + DELETED])


def _add(found: dict[str, tuple[list[str], dict[str, int]]], item: object, prefix: str | None) -> None:
    where = _RUN.match(item.path) if isinstance(item, BucketFile) else None
    # A prefix is text: the beginning of another job's name, too.
    if not isinstance(item, BucketFile) or where is None or prefix not in {None, where["folder"]}:
        return
    paths, sizes = found.setdefault(where["job"], ([], {}))
    paths.append(item.path)
    part = where["part"] if where["part"] in {"files", "values", "outputs"} else ""
    sizes[part] = sizes.get(part, 0) + item.size
