"""Whether the bucket that jobs exchange files with may be used: what a cell says and shows is private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggingface_hub.errors import BucketNotFoundError

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

BUCKET = "jobs-artifacts"
"""Where huggingface_hub puts the files of jobs (`HF_JOBS_ARTIFACTS_BUCKET_NAME`, which has no public home)."""


def check_private(api: HfApi, namespace: str) -> None:
    """Refuse a public bucket, before anything is uploaded; where there is none yet, huggingface_hub makes it private.

    Raises
    ------
    OptionError
        With the command that makes it private.
    """
    name = f"{namespace}/{BUCKET}"
    try:
        info = api.bucket_info(name)
    except BucketNotFoundError:
        return
    if not info.private:
        raise OptionError(
            f"The bucket {name}, where scripts of jobs and their outputs are kept, is public. "
            f"Nothing was submitted. `hf buckets settings {name} --private` makes it private."
        )
