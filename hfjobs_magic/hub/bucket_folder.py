"""A folder of a bucket: its files listed, read and fetched."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggingface_hub import BucketFile, HfFileSystem
from huggingface_hub.errors import HfHubHTTPError

from hfjobs_magic.errors import ValueUnavailableError
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.hub.silence import silence
from hfjobs_magic.hub.transfer import download_files, ready_process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from subprocess import Popen

    from huggingface_hub import HfApi


@dataclass(frozen=True)
class BucketFolder:
    """Files below a path."""

    api: HfApi
    """Who fetches them."""
    path: str
    """``NAMESPACE/BUCKET/PATH``."""

    def tree(self, folder: str) -> dict[str, BucketFile]:
        """List the files of a folder below this one, by their path below that."""
        bucket, prefix = self._place
        lead = f"{prefix}/{folder}/"
        with translate_errors(self.api.endpoint):
            found = self.api.list_bucket_tree(bucket, prefix=f"{prefix}/{folder}", recursive=True)
            files = [item for item in found if isinstance(item, BucketFile) and item.path.startswith(lead)]
        return {item.path.removeprefix(lead): item for item in files}

    def fetch(
        self,
        files: Sequence[tuple[BucketFile, Path]],
        what: str = "a value",
        process: Popen[bytes] | None = None,
    ) -> dict[Path, str]:
        """Download files, each to a path of this machine; of large ones it is said how far it is, and of `what`.

        Of these the SHA-256 is returned. The `process` is one that is ready for them.
        """
        with translate_errors(self.api.endpoint), silence():
            return download_files(self.api, self._place[0], files, what, process)

    def download(self, folder: str, target: Path, sizes: Mapping[str, int]) -> dict[Path, str]:
        """Download files of a folder below this one to below `target`; return the SHA-256 of large ones.

        Parameters
        ----------
        folder
            Below this one.
        target
            Of this machine.
        sizes
            Bytes of each file that is wanted, by its path below `folder`.

        Raises
        ------
        ValueUnavailableError
            When a file is missing or has another size; a HubError when the bucket does not answer.
        """
        with ready_process(sum(sizes.values())) as process:
            there = self.tree(folder)
            for path, size in sizes.items():
                item = there.get(path)
                if item is None or item.size != size:
                    shown = SENT.mask(path, self.path.rpartition("/")[2])
                    raise ValueUnavailableError(
                        f"{shown} was deleted from its job's folder, or changed. Run the job again."
                    )
                (target / path).parent.mkdir(parents=True, exist_ok=True)
            return self.fetch([(there[path], target / path) for path in sizes], process=process)

    @cached_property
    def _files(self) -> HfFileSystem:
        """Reads a file in one request."""
        # The cache of fsspec would keep the token for as long as the kernel lives.
        return HfFileSystem(endpoint=self.api.endpoint, token=self.api.token, skip_instance_cache=True)

    def _read_beginning(self, path: str, size: int) -> bytes | None:
        """Read so many bytes of a file, in one request; None where it is not there."""
        try:
            with self._files.open(f"buckets/{path}", "rb", block_size=0) as file:
                return bytes(file.read(size))
        except FileNotFoundError:
            return None  # the bucket is gone
        except HfHubHTTPError as error:
            if error.response.status_code == 404:
                return None
            raise

    @property
    def _address(self) -> str:
        return f"hf://buckets/{self.path}"

    def _mask(self, record: dict[str, Any]) -> dict[str, Any]:
        masked: dict[str, Any] = SENT.mask(record, self.path.rpartition("/")[2])
        return masked

    @property
    def _place(self) -> tuple[str, str]:
        """The bucket's name with the namespace, and the folder in it."""
        namespace, bucket, prefix = self.path.split("/", 2)
        return f"{namespace}/{bucket}", prefix

    def _name(self, item: BucketFile) -> str:
        return item.path.removeprefix(f"{self._place[1]}/")

    def _read(
        self, items: Sequence[BucketFile], mask: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Fetch files of JSON; what is none, or is gone, is left out.

        Secrets in all of their texts are masked, or as `mask` does it: names of files and parts of values stay as they
        are.
        """
        if not items:
            return {}
        with tempfile.TemporaryDirectory(prefix="hfjob-") as folder:
            paths = {item.path: Path(folder) / f"{at:06}" for at, item in enumerate(items)}
            self.api.download_bucket_files(self._place[0], [(item, paths[item.path]) for item in items])
            read = {name: parse_record(path.read_bytes()) for name, path in paths.items() if path.exists()}
        return {name: (mask or self._mask)(record) for name, record in read.items() if record is not None}


def parse_record(content: bytes) -> dict[str, Any] | None:
    """Return a file of JSON that holds an object; None where it is something else."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):  # a job may write anything, also what is nested ten thousand times
        return None
    return found if isinstance(found, dict) else None
