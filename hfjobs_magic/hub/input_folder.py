"""The folder of a bucket that holds the values which a notebook has sent: named by its content, so uploaded once.

``hfjob-inputs/DIGEST/SHA256``: a job mounts one ``DIGEST``, which has just its own values, for reading only. What is
there already, for a cell that is run again, is not sent again; what another such folder has is copied on the Hub.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub import BucketFile, Volume
from huggingface_hub.errors import EntryNotFoundError

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.bucket_privacy import BUCKET
from hfjobs_magic.hub.transfer import upload_files
from hfjobs_magic.options.option_values import INPUT_MOUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from huggingface_hub import HfApi

    from hfjobs_magic.script.names.inputs import SentInputs

FOLDER = "hfjob-inputs"
"""Of `BUCKET`; beside it are the folders that huggingface_hub makes for jobs."""

WORTH_COPYING = 1_000_000
"""Bytes from which it pays to look whether another folder has them."""


def send_inputs(api: HfApi, namespace: str, sent: SentInputs) -> Volume:
    """Bring values into their folder, and return what a job mounts.

    The bucket has been checked to be private (`hfjobs_magic.hub.bucket_privacy`).

    Raises
    ------
    OptionError
        When values that were sent with an earlier job are not there any more.
    """
    bucket, prefix = f"{namespace}/{BUCKET}", f"{FOLDER}/{sent.digest}"
    api.create_bucket(bucket, private=True, exist_ok=True)
    wanted = sent.files
    there = {
        info.path.removeprefix(f"{prefix}/"): info.size
        for info in api.get_bucket_paths_info(bucket, [f"{prefix}/{name}" for name in wanted])
    }
    missing = {name: size for name, size in wanted.items() if there.get(name) != size}
    if sum(missing.values()) >= WORTH_COPYING:
        copies = _find_copies(api, bucket, missing)
        if copies:
            api.batch_bucket_files(
                bucket, copy=[("bucket", bucket, copy, f"{prefix}/{name}") for name, copy in copies.items()]
            )
        missing = {name: size for name, size in missing.items() if name not in copies}
    if missing and sent.folder is None:
        raise OptionError(
            f"The values that were sent along with this job are not in {bucket}. Run its cell again, which sends them."
        )
    if missing and sent.folder is not None:
        files = [(sent.folder / name, f"{prefix}/{name}") for name in missing]
        upload_files(api, bucket, files, sum(missing.values()))
    return Volume(type="bucket", source=bucket, mount_path=INPUT_MOUNT, path=prefix, read_only=True)


def _find_copies(api: HfApi, bucket: str, wanted: Mapping[str, int]) -> dict[str, str]:
    """Return the Xet hash of files that another folder holds, by name."""
    try:
        tree = api.list_bucket_tree(bucket, prefix=FOLDER, recursive=True)
        return {
            item.path.rpartition("/")[2]: item.xet_hash
            for item in tree
            if isinstance(item, BucketFile) and wanted.get(item.path.rpartition("/")[2]) == item.size
        }
    except EntryNotFoundError:
        return {}
