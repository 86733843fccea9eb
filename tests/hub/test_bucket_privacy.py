"""Nothing is uploaded to a bucket that everybody can read."""

from __future__ import annotations

import pytest
from huggingface_hub import HfApi

import hfjobs_magic
from hfjobs_magic.api.connect import connect
from hfjobs_magic.errors import OptionError


@pytest.mark.parametrize("script", [False, True])
def test_a_public_bucket_is_refused_before_anything_is_uploaded(local, script: bool):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    name = f"{local.namespace}/jobs-artifacts"
    api.create_bucket(name, private=True, exist_ok=True)
    before = [item.path for item in api.list_bucket_tree(name, recursive=True)]
    jobs = len(list(connect(local=True).jobs()))
    api.update_bucket_settings(name, private=False)
    try:
        with pytest.raises(OptionError, match=f"hf buckets settings {name} --private"):
            hfjobs_magic.run("print(1)", local=True, script=script)
        with pytest.raises(OptionError, match="is public"):
            hfjobs_magic.schedule("print(1)", "@yearly", local=True, script=script)
    finally:
        api.update_bucket_settings(name, private=True)
    assert [item.path for item in api.list_bucket_tree(name, recursive=True)] == before
    assert len(list(connect(local=True).jobs())) == jobs
