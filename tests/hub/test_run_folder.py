"""What a cell has shown is fetched from its folder: few files one by one, many together, large ones not at all."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi

from hfjobs_magic.errors import HubUnreachableError
from hfjobs_magic.hub import run_folder
from hfjobs_magic.hub.run_folder import MAX_SINGLE, RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.local.daemon import Service


@pytest.fixture
def folder(local: Service) -> Callable[..., RunFolder]:
    api = HfApi(endpoint=local.endpoint, token=local.token)
    bucket = f"{local.namespace}/jobs-artifacts"
    api.create_bucket(bucket, private=True, exist_ok=True)

    def make(count: int, text: str = "text") -> RunFolder:
        path = f"test-{uuid.uuid4().hex}/run/1"
        output = {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}
        records = [{"version": 1, "number": number, "output": output} for number in range(1, count + 1)]
        files = [(json.dumps(record).encode(), f"{path}/outputs/{record['number']:06}.json") for record in records]
        wrong = [b"no JSON", b'{"a":' + b"[" * 200_000]
        files += [(content, f"{path}/outputs/{number:06}.json") for number, content in enumerate(wrong, 98)]
        api.batch_bucket_files(bucket, add=files)
        return RunFolder(api, f"{bucket}/{path}")

    return make


@pytest.mark.lowest
@pytest.mark.parametrize("count", [3, MAX_SINGLE + 1])
def test_outputs_are_read_as_far_as_they_are_there(folder: Callable[..., RunFolder], count: int):
    found = folder(count)
    records = found.outputs([*range(1, count), 98, 99])
    assert [record["number"] for record in records] == list(range(1, count))
    assert records == found.outputs([*range(1, count), 98, 99, *range(200, 300)])
    assert records == found.end(without=[count])[0][: count - 1]
    assert {record["folder"] for record in records} == {f"hf://buckets/{found.path}"}


def test_the_end_of_a_job_with_files_is_read_without_a_list_of_them(folder: Callable[..., RunFolder]):
    found = folder(2)
    bucket, path = "/".join(found.path.split("/")[:2]), found.path.split("/", 2)[2]
    reports = [(f"exit{end}.json", {"finished": at}) for at, end in enumerate(("", "-2"), 1)]
    added = [*((json.dumps(said).encode(), f"{path}/{name}") for name, said in reports), (b"x", f"{path}/files/a")]
    found.api.batch_bucket_files(bucket, add=added)
    past_files = replace(found, attempts=2, has_files=True)
    assert past_files.end() == found.end()
    assert past_files.end()[1] == past_files.read_report() == {"finished": 2}
    assert found.read_report() == {"finished": 1}
    assert replace(past_files, attempts=4).read_report() == {"finished": 2}
    assert replace(found, path=f"{found.path}0").read_report() is None
    assert not [item for item in past_files._look_past_files() if "/files/" in item.path]


@pytest.mark.parametrize("more", [(), tuple(range(200, 300))])
def test_what_is_too_large_is_a_record_without_its_output(
    folder: Callable[..., RunFolder], monkeypatch: pytest.MonkeyPatch, more: tuple[int, ...]
):
    found = folder(3, 500 * "x")
    size = len(json.dumps({"version": 1, "number": 1, "output": found.outputs([1])[0]["output"]}))
    records = found.outputs([1, 2, 3, *more], room=2 * size)
    assert ["output" in record for record in records] == [True, True, False]
    assert records[2]["large"] == {"bytes": size, "file": "outputs/000003.json"}
    monkeypatch.setattr(run_folder, "MAX_BYTES", size - 1)
    assert ["output" in record for record in found.outputs([1, 2, *more])] == [False, False]


def test_a_hub_that_does_not_answer_is_an_error_of_ours(folder: Callable[..., RunFolder]):
    gone = RunFolder(HfApi(endpoint="http://127.0.0.1:9", token="x"), folder(1).path)
    with pytest.raises(HubUnreachableError):
        gone.outputs([1])
    with pytest.raises(HubUnreachableError):
        gone.read_report()
