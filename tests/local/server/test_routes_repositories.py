"""What is not here says so, in the Hub's own way."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub.errors import BucketNotFoundError, HfHubHTTPError, RepositoryNotFoundError

from tests.local.serving import HUB, environment

pytestmark = pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.serving import Server


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
@pytest.mark.parametrize("name", ["org/name", "gpt2"])
def test_a_repository_is_not_found_whatever_is_asked_of_it(server: Server, kind: str, name: str, tmp_path: Path):
    api, of = server.api, {"repo_id": name, "repo_type": kind}
    assert not api.repo_exists(**of)
    asked: list[Callable[[], Any]] = [
        lambda: api.repo_info(**of),
        lambda: list(api.list_repo_tree(**of)),
        lambda: api.list_repo_refs(**of),
        lambda: api.delete_repo(**of),
        lambda: api.update_repo_settings(private=True, **of),
        lambda: api.create_branch(branch="b", **of),
        lambda: api.upload_file(path_or_fileobj=b"x", path_in_repo="x", **of),
        lambda: api.hf_hub_download(filename="x", cache_dir=tmp_path, **of),
        lambda: api.snapshot_download(cache_dir=tmp_path, **of),
    ]
    for ask in asked:
        with pytest.raises(RepositoryNotFoundError):
            ask()
    with pytest.raises(HfHubHTTPError, match="has buckets only, no models, datasets or Spaces"):
        api.create_repo(space_sdk="static" if kind == "space" else None, **of)


def test_a_404_of_a_repository_has_the_hubs_error_code(server: Server):
    for method, path in (
        ("GET", "/api/models/org/name"),
        ("GET", "/api/datasets/org/name/revision/main"),
        ("POST", "/api/models/org/name/commit/main"),
        ("HEAD", "/org/name/resolve/main/config.json"),
        ("GET", "/datasets/org/name/resolve/main/a/b.csv"),
        ("GET", "/gpt2/resolve/main/config.json"),
        ("GET", "/buckets/name/resolve/file.txt"),
        ("DELETE", "/api/repos/delete"),
        ("POST", "/api/repos/move"),
    ):
        answer = server.http(method, path)
        assert (answer.status_code, answer.headers.get("x-error-code")) == (404, "RepoNotFound"), path


def test_a_bucket_without_its_namespace_is_not_found_by_any_method(server: Server):
    server.api.create_bucket("implicit")
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("PATCH", ""),
        ("PATCH", "/settings"),
        ("GET", "/tree"),
        ("GET", "/tree/folder"),
        ("POST", "/batch"),
        ("POST", "/paths-info"),
        ("PUT", "/settings"),
        ("GET", "/xet-read-token"),
        ("GET", "/xet-write-token"),
    ):
        answer = server.http(method, f"/api/buckets/implicit{path}")
        assert (answer.status_code, answer.headers.get("x-error-code")) == (404, "RepoNotFound"), (method, path)
    with pytest.raises(BucketNotFoundError, match="did you mean local/implicit"):
        server.api.bucket_info("implicit")
    with pytest.raises(HfHubHTTPError, match="one namespace"):
        server.api.create_bucket("other/name")
    for name in ("local/implicit", "local/tree", "local/batch"):
        server.api.create_bucket(name, exist_ok=True)
        server.api.batch_bucket_files(name, add=[(b"x", "folder/file")])
        assert [file.path for file in server.api.list_bucket_tree(name, prefix="folder/")] == ["folder/file"]
        server.api.delete_bucket(name)


def test_a_new_bucket_is_public_unless_asked_otherwise(server: Server, tmp_path: Path):
    for name, options, private in (("open", {}, False), ("shut", {"private": True}, True)):
        server.api.delete_bucket(f"local/{name}", missing_ok=True)
        server.api.create_bucket(name, **options)
        assert server.api.bucket_info(f"local/{name}").private is private
    script = tmp_path / "script.py"
    script.write_text("print(1)\n")
    assert server.logs(server.api.run_uv_job(str(script), namespace="local").id) == ["1"]
    # The client itself asks for privacy here, since scripts are nobody else's business.
    assert server.api.bucket_info("local/jobs-artifacts").private is True


def test_sandboxes_say_that_they_are_not_here(server: Server, tmp_path: Path):
    for words in (["create", "python:3.12"], ["pool", "create", "python:3.12"]):
        variables = environment(HF_ENDPOINT=server.endpoint, HF_TOKEN=server.token, HF_HOME=str(tmp_path))
        done = subprocess.run(
            [HUB, "sandbox", *words], env=variables, capture_output=True, text=True, timeout=60, check=False
        )
        said = " ".join((done.stdout + done.stderr).split())
        assert done.returncode == 1, said
        assert "The local service has no sandboxes. Use the Hub's (unset HF_ENDPOINT), or run a job here." in said
    before = {job.id for job in server.api.list_jobs(namespace="local")}
    assert not any("hf-sandbox" in (server.inspect(job).labels or {}) for job in before)
