"""Buckets with the unmodified `HfApi`, the `hf` command line and the real hf_xet."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import HfFileSystem
from huggingface_hub.errors import BucketNotFoundError, HfHubHTTPError

from tests import hf as hf_command
from tests.local.serving import Server, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILES = {
    "a.txt": b"alpha",
    "logs/1.txt": b"one",
    "logs/deep/2.bin": os.urandom(300_000),
    "logs.json": b"{}",
    "zero": b"",
}


def paths(server: Server, bucket: str, **options: Any) -> list[str]:
    return [entry.path for entry in server.api.list_bucket_tree(bucket, **{"recursive": True, **options})]


def read(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hf(server: Server, *arguments: str) -> str:
    """What `hf` prints; it has to succeed."""
    variables = {"HF_ENDPOINT": server.endpoint, "HF_TOKEN": server.token, "HF_HOME": os.environ["HF_HOME"]}
    result = hf_command.run(*arguments, env=environment(**variables, NO_COLOR="1"))
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_a_bucket_is_created_once_found_renamed_and_deleted(server: Server):
    made = server.api.create_bucket("fresh", private=True)
    assert (made.bucket_id, made.endpoint) == ("local/fresh", server.endpoint)
    assert server.api.create_bucket("local/fresh", exist_ok=True).bucket_id == "local/fresh"
    with pytest.raises(HfHubHTTPError, match="already created"):
        server.api.create_bucket("local/fresh")
    info = server.api.bucket_info("local/fresh")
    assert (info.id, info.private, info.size, info.total_files) == ("local/fresh", True, 0, 0)
    server.api.update_bucket_settings("local/fresh", private=False)
    assert server.api.bucket_info("local/fresh").private is False
    assert [bucket.id for bucket in server.api.list_buckets(search="fres")] == ["local/fresh"]
    server.api.move_bucket("local/fresh", "local/other")
    assert "local/other" in {bucket.id for bucket in server.api.list_buckets("local")}
    server.api.delete_bucket("local/other")
    server.api.delete_bucket("local/other", missing_ok=True)
    with pytest.raises(BucketNotFoundError):
        server.api.bucket_info("local/other")
    with pytest.raises(BucketNotFoundError):
        server.api.delete_bucket("local/fresh")


@pytest.mark.lowest
def test_files_go_up_are_listed_and_come_down_byte_for_byte(server: Server, tmp_path: Path):
    bucket = server.make_bucket("contents", FILES)
    assert paths(server, bucket) == sorted(FILES)
    info = server.api.bucket_info(bucket)
    assert (info.total_files, info.size) == (len(FILES), sum(map(len, FILES.values())))
    found = list(server.api.get_bucket_paths_info(bucket, [*FILES, "missing", "../a.txt"]))
    assert {file.path: file.size for file in found} == {path: len(content) for path, content in FILES.items()}
    metadata = server.api.get_bucket_file_metadata(bucket, "logs/deep/2.bin")
    assert metadata.size == 300_000
    server.api.download_bucket_files(bucket, [(path, tmp_path / path) for path in FILES])
    assert read(tmp_path) == FILES
    # Later contents are in what the next token gives, next to the earlier ones.
    server.api.batch_bucket_files(bucket, add=[(b"more", "more")], delete=["logs/1.txt"])
    server.api.download_bucket_files(bucket, [("more", tmp_path / "more"), ("a.txt", tmp_path / "again")])
    assert (tmp_path / "more").read_bytes() + (tmp_path / "again").read_bytes() == b"morealpha"
    assert "logs/1.txt" not in paths(server, bucket)


def test_a_tree_is_listed_by_level_by_prefix_and_by_pages(server: Server):
    bucket = server.make_bucket("tree", FILES)
    assert paths(server, bucket, recursive=False) == ["a.txt", "logs.json", "logs", "zero"]
    # As on the Hub a prefix is text: "logs" finds what is in the folder, and what only begins alike.
    assert paths(server, bucket, prefix="logs", recursive=False) == ["logs.json", "logs/1.txt", "logs/deep"]
    assert paths(server, bucket, prefix="logs/", recursive=False) == ["logs/1.txt", "logs/deep"]
    assert paths(server, bucket, prefix="logs/") == ["logs/1.txt", "logs/deep/2.bin"]

    def pages(query: str) -> list[list[str]]:
        url, found = f"/api/buckets/{bucket}/tree?{query}", []
        while url:
            answer = server.http("GET", url)
            found.append([entry["path"] for entry in answer.json()])
            following = answer.headers.get("link", "")
            assert not following or following.endswith('>; rel="next"')
            url = following[1:].partition(">")[0].removeprefix(server.endpoint)
        return found

    assert pages("limit=2") == [["a.txt", "logs.json"], ["logs/1.txt", "logs/deep/2.bin"], ["zero"]]
    assert pages("limit=2&recursive=false") == [["a.txt", "logs.json"], ["logs", "zero"]]
    assert pages("limit=3&direction=desc") == [["zero", "logs/deep/2.bin", "logs/1.txt"], ["logs.json", "a.txt"]]
    server.api.batch_bucket_files(bucket, add=[(b"x", "a.txt")])
    assert pages("sort=uploadedAt&limit=1")[0] == ["a.txt"]
    for query in ("limit=0", "limit=5001", "limit=x", "sort=size", "direction=up", "recursive=maybe"):
        answer = server.http("GET", f"/api/buckets/{bucket}/tree?{query}")
        assert answer.status_code == 422, query
        assert query.partition("=")[0] in answer.json()["error"]


def test_files_are_copied_within_and_between_buckets(server: Server, tmp_path: Path):
    source = server.make_bucket("from", FILES)
    target = server.make_bucket("to", {"kept": b"kept"})
    server.api.copy_files(f"hf://buckets/{source}/logs/", f"hf://buckets/{target}/copied/")
    server.api.copy_files(f"hf://buckets/{source}/a.txt", f"hf://buckets/{source}/b.txt")
    assert paths(server, target) == ["copied/1.txt", "copied/deep/2.bin", "kept"]
    server.api.delete_bucket(source)
    server.api.download_bucket_files(target, [("copied/deep/2.bin", tmp_path / "2.bin")])
    assert (tmp_path / "2.bin").read_bytes() == FILES["logs/deep/2.bin"]


def test_a_batch_does_what_it_can_and_names_the_rest(server: Server):
    bucket = server.make_bucket("batch", {"known": b"known"})
    (known,) = server.api.get_bucket_paths_info(bucket, ["known"])

    def batch(*operations: Any) -> tuple[int, dict[str, Any]]:
        body = "\n".join(json.dumps(operation) for operation in operations)
        answer = server.http("POST", f"/api/buckets/{bucket}/batch", content=body)
        return answer.status_code, answer.json()

    good = {"type": "addFile", "path": "again", "xetHash": known.xet_hash, "mtime": 1e300}
    outside = {"type": "copyFile", "path": "x", "xetHash": known.xet_hash, "sourceRepoType": "bucket"}
    bad = [
        {**good, "path": "unknown", "xetHash": "ab" * 32},
        {**good, "path": "odd", "xetHash": "../../token"},
        {**outside, "sourceRepoId": "local/no"},
        {**outside, "sourceRepoId": "me/model", "sourceRepoType": "model"},
        {"type": "explode", "path": "x"},
        {"path": "x"},
        7,
        None,
    ]
    status, answer = batch(good, *bad)
    assert (status, answer["success"], answer["processed"], answer["succeeded"]) == (200, False, 9, 1)
    assert len(answer["failed"]) == len(bad)
    status, answer = batch(*bad)
    assert (status, answer["succeeded"]) == (422, 0)
    assert paths(server, bucket) == ["again", "known"]
    assert server.http("POST", f"/api/buckets/{bucket}/batch", content=b"{").status_code == 400
    assert server.http("POST", f"/api/buckets/{bucket}/batch", content=b"[" * 100_000).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["../up", "a/../../up", "/etc/passwd", "a//b", "./a", "a/.", "nul\0byte", "\ud800", "x" * 300, "", None, 5, ["a"]],
)
def test_no_path_leads_out_of_a_bucket(server: Server, path: Any):
    server.api.create_bucket("local/paths", exist_ok=True)
    server.api.batch_bucket_files("local/paths", add=[(b"known", "known")])
    (known,) = server.api.get_bucket_paths_info("local/paths", ["known"])
    operations = [
        {"type": "addFile", "path": path, "xetHash": known.xet_hash},
        {"type": "deleteFile", "path": path},
    ]
    body = "\n".join(json.dumps(operation) for operation in operations)
    answer = server.http("POST", "/api/buckets/local/paths/batch", content=body)
    assert answer.status_code == 422
    assert [failure["error"] for failure in answer.json()["failed"]] != []
    assert paths(server, "local/paths") == ["known"]
    answer = server.http("POST", "/api/buckets/local/paths/paths-info", content=json.dumps({"paths": [path]}))
    assert answer.status_code in {200, 400, 422}
    assert answer.status_code != 200 or answer.json() == []


def test_an_encoded_path_leads_nowhere_either(server: Server):
    server.api.create_bucket("local/encoded", exist_ok=True)
    for path in ("..%2f..%2ftoken", "%2e%2e/%2e%2e/token", "%2fetc%2fpasswd", "a%00b", "%ff", "../../../token"):
        answer = server.http("GET", f"/buckets/local/encoded/resolve/{path}")
        assert answer.status_code == 404, path
        assert server.token not in answer.text
    for name in ("..", "%2e%2e", ".hidden", "a%2fb", "a%00b", "x" * 97):
        assert server.http("POST", f"/api/buckets/local/{name}", json={}).status_code in {404, 405, 422}, name


def test_what_a_job_wrote_is_never_a_page_of_the_service(server: Server):
    bucket = server.make_bucket("html", {"page.html": b"<script>alert(1)</script>"})
    answer = server.http("GET", f"/buckets/{bucket}/resolve/page.html")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["content-disposition"] == "attachment"


def test_a_bucket_is_a_file_system_too(server: Server):
    bucket = server.make_bucket("fs", FILES)
    files = HfFileSystem(endpoint=server.endpoint, token=server.token, skip_instance_cache=True)
    root = f"buckets/{bucket}"
    assert sorted(files.ls(root, detail=False)) == [f"{root}/{name}" for name in ("a.txt", "logs", "logs.json", "zero")]
    assert files.cat(f"{root}/a.txt") == b"alpha"
    with files.open(f"{root}/logs/deep/2.bin", "rb") as file:
        file.seek(100_000)
        assert file.read(1000) == FILES["logs/deep/2.bin"][100_000:101_000]
    assert files.isdir(f"{root}/logs")
    assert not files.exists(f"{root}/missing")


def test_the_command_line_has_all_of_it(server: Server, tmp_path: Path):
    here, back = tmp_path / "here", tmp_path / "back"
    (here / "sub").mkdir(parents=True)
    for path, content in (("one.txt", b"one"), ("sub/two.bin", os.urandom(5000))):
        (here / path).write_bytes(content)
    hf(server, "buckets", "create", "local/cli", "--private")
    assert "local/cli" in hf(server, "buckets", "list")
    hf(server, "buckets", "sync", str(here), "hf://buckets/local/cli/data")
    assert "data/sub" in hf(server, "buckets", "list", "local/cli/data")
    listed = hf(server, "buckets", "list", "local/cli/data", "-R")
    assert "data/one.txt" in listed
    assert "data/sub/two.bin" in listed
    assert "local/cli" in hf(server, "buckets", "info", "local/cli")
    hf(server, "buckets", "sync", "hf://buckets/local/cli/data", str(back))
    assert read(back) == read(here)
    hf(server, "buckets", "cp", "hf://buckets/local/cli/data/one.txt", str(tmp_path / "copy"))
    assert (tmp_path / "copy").read_bytes() == b"one"
    hf(server, "buckets", "cp", str(tmp_path / "copy"), "hf://buckets/local/cli/copy")
    hf(server, "buckets", "rm", "local/cli/data/one.txt", "--yes")
    (here / "one.txt").unlink()
    hf(server, "buckets", "sync", "hf://buckets/local/cli/data", str(back), "--delete")
    assert read(back) == read(here)
    assert paths(server, "local/cli") == ["copy", "data/sub/two.bin"]
    hf(server, "buckets", "settings", "local/cli", "--public")
    assert server.api.bucket_info("local/cli").private is False
    hf(server, "buckets", "move", "local/cli", "local/moved")
    hf(server, "buckets", "delete", "local/moved", "--yes")
    assert "local/moved" not in hf(server, "buckets", "list")


@pytest.mark.lowest
def test_a_directory_goes_to_a_job_and_its_results_come_back(server: Server, tmp_path: Path):
    source, back = tmp_path / "inputs", tmp_path / "back"
    (source / "sub").mkdir(parents=True)
    (source / "sub" / "data.csv").write_bytes(b"1,2\n")
    inputs = server.api.sync_job_volume(source, "/inputs", namespace="local")
    (tmp_path / "outputs").mkdir()
    outputs = server.api.sync_job_volume(tmp_path / "outputs", "/outputs", namespace="local", read_only=False)
    job = server.run("sh", "-c", "cp -r /inputs/. /outputs && echo done", volumes=[inputs, outputs])
    assert server.logs(job) == ["done"]
    server.wait(job)
    server.api.sync_bucket(f"hf://buckets/local/jobs-artifacts/{outputs.path}", str(back))
    assert read(back) == {".keep": b"", "sub/data.csv": b"1,2\n"}


def test_contents_that_no_bucket_holds_are_gone_after_a_restart(make_server: Callable[..., Server], tmp_path: Path):
    server = make_server()
    bucket = server.make_bucket("kept", {"kept": b"kept", "dropped": os.urandom(1000)})
    server.api.batch_bucket_files(bucket, delete=["dropped"])
    server.kill()
    server.start()
    assert len(list((server.data_dir / "blobs").iterdir())) == 1
    server.api.download_bucket_files(bucket, [("kept", tmp_path / "kept")])
    assert (tmp_path / "kept").read_bytes() == b"kept"
