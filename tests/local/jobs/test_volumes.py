"""Volumes as jobs see them, with and without bubblewrap."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import Volume
from huggingface_hub.errors import HfHubHTTPError

from hfjobs_magic.local.jobs import sandbox
from hfjobs_magic.local.jobs.volumes import check_path
from tests.local.serving import Server, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOTH = ["bwrap", "none"] if sandbox.find_bwrap() else ["none"]


@pytest.fixture(scope="module", params=BOTH)
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(f"volumes-{request.param}")
    for path, text in (
        ("models/org/tiny/config.json", "{}"),
        ("models/org/tiny/sub/deep.txt", "deep"),
        ("models/org/tiny@v1/config.json", "old"),
        ("datasets/org/data/rows.csv", "1,2"),
        ("spaces/org/app/app.py", "app"),
    ):
        target = folder / "mirror" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    (folder / "mirror/models/org/tiny/out").symlink_to("/etc")
    made = Server(
        folder / "data",
        {
            "HFJOBS_LOCAL_SANDBOX": request.param,
            "HFJOBS_LOCAL_SLOTS": "4",
            "HFJOBS_LOCAL_MIRROR": str(folder / "mirror"),
        },
    )
    yield made
    made.stop()


def mount(source: str, at: str, *, kind: Any = "bucket", **options: Any) -> Volume:
    return Volume(type=kind, source=source, mount_path=at, **options)


def contents(server: Server, name: str, tmp_path: Path) -> dict[str, bytes]:
    paths = [entry.path for entry in server.api.list_bucket_tree(name, recursive=True)]
    server.api.download_bucket_files(name, [(path, tmp_path / path) for path in paths])
    return {path: (tmp_path / path).read_bytes() for path in paths}


def test_a_job_changes_adds_and_deletes_files_of_its_folder_only(either: Server, tmp_path: Path):
    name = either.make_bucket(
        "rw", {"top": b"top", "sub/old": b"old", "sub/gone": b"gone", "sub/same": b"same", "subway": b"way"}
    )
    script = "ls /out | sort; rm /out/gone; echo new > /out/old; mkdir -p /out/deep; echo x > /out/deep/made"
    job = either.run("sh", "-c", script, volumes=[mount(name, "/out", path="sub")])
    assert either.logs(job) == ["gone", "old", "same"]
    assert either.wait(job).status.stage == "COMPLETED"
    expected = {"top": b"top", "subway": b"way", "sub/same": b"same", "sub/old": b"new\n", "sub/deep/made": b"x\n"}
    assert contents(either, name, tmp_path) == expected
    # The copy that the job worked on is not kept twice.
    eventually(lambda: not (either.folder(job) / "volumes").exists())


def test_a_read_only_volume_cannot_be_written_by_any_means(either: Server, tmp_path: Path, request: Any):
    name = either.make_bucket("ro", {"file": b"kept", "sub/file": b"kept"})
    attempts = [
        "echo x > /in/file",
        "echo x > /in/new",
        "rm -f /in/sub/file",
        "chmod -R u+w /in && echo x > /in/sub/file",
        "mount -o remount,rw,bind /in && echo x > /in/file",
        "umount /in && echo x > /in/file",
    ]
    if either.variables["HFJOBS_LOCAL_SANDBOX"] == "none":
        # Nothing can be mounted: a copy is what the job may spoil, see the message.
        attempts = attempts[:3] if os.geteuid() else []
    script = "\n".join(f"({attempt}) 2>/dev/null && echo wrote: '{attempt}'" for attempt in attempts)
    job = either.run("sh", "-c", f"{script}\ncat /in/file", volumes=[mount(name, "/in", read_only=True)])
    message = either.inspect(job).status.message or ""
    assert either.logs(job) == ["kept"]
    assert either.wait(job).status.stage == "COMPLETED"
    assert contents(either, name, tmp_path) == {"file": b"kept", "sub/file": b"kept"}
    assert "root could still change" not in message or either.variables["HFJOBS_LOCAL_SANDBOX"] == "none"


def test_without_a_sandbox_a_spoiled_copy_changes_neither_bucket_nor_mirror(either: Server, tmp_path: Path):
    name = either.make_bucket("spoil", {"file": b"kept"})
    script = (
        "chmod -R u+w /in /model; echo x > /in/file; echo x > /model/config.json; echo waiting\n"
        "while ! [ -e go ]; do sleep 0.02; done"
    )
    volumes = [mount(name, "/in", read_only=True), mount("org/tiny", "/model", kind="model")]
    job = either.run("sh", "-c", script, volumes=volumes)
    either.saw(job, "waiting")
    told = either.inspect(job).status.message or ""
    assert ("which root could still change" in told) == (either.variables["HFJOBS_LOCAL_SANDBOX"] == "none")
    (either.folder(job) / "work" / "go").touch()
    either.wait(job)
    assert contents(either, name, tmp_path) == {"file": b"kept"}
    assert (either.data_dir.parent / "mirror/models/org/tiny/config.json").read_text() == "{}"


def test_models_datasets_and_spaces_come_from_the_mirror(either: Server):
    volumes = [
        mount("org/tiny", "/model", kind="model"),
        mount("org/tiny", "/old", kind="model", revision="v1"),
        mount("org/tiny", "/deep", kind="model", path="sub", revision="main"),
        mount("org/data", "/rows", kind="dataset"),
        mount("org/app", "/app", kind="space", read_only=False),
    ]
    script = "cat /model/config.json /old/config.json /deep/deep.txt /rows/rows.csv /app/app.py; echo"
    job = either.run("sh", "-c", script, volumes=volumes)
    assert either.logs(job) == ["{}olddeep1,2app"]
    shown = either.wait(job).volumes
    assert [(volume.type, volume.read_only) for volume in shown] == [
        ("model", True),
        ("model", True),
        ("model", True),
        ("dataset", True),
        ("space", True),
    ]


@pytest.mark.parametrize(
    ("volume", "sentence"),
    [
        (mount("org/none", "/m", kind="model"), r"no copy of the model org/none.*hf download org/none --local-dir"),
        (mount("org/tiny", "/m", kind="dataset"), r"no copy of the dataset org/tiny.*--repo-type dataset"),
        (mount("org/tiny", "/m", kind="model", revision="v2"), r"--revision v2 --local-dir .*org/tiny@v2"),
        (mount("org/tiny", "/m", kind="model", revision="a/../../b"), r"revision 'a/../../b'"),
        (mount("org/tiny", "/m", kind="model", path="nope"), r"has no folder 'nope'"),
        (mount("org/tiny", "/m", kind="model", path="out"), r"has no folder 'out'"),
        (mount("org/tiny", "/m", kind="model", path="sub/../.."), r"not a folder of a model"),
        (mount("../org", "/m", kind="model"), r"source 'namespace/name'"),
        (mount("local/none", "/m"), r"no bucket 'local/none'"),
        (mount("org/tiny", "/a/../b", kind="model"), r"not an absolute path"),
    ],
)
def test_what_cannot_be_mounted_is_refused_at_submission(either: Server, volume: Volume, sentence: str):
    with pytest.raises(HfHubHTTPError, match=sentence) as caught:
        either.run("true", volumes=[volume])
    assert caught.value.response.status_code == 422


def test_a_file_of_a_bucket_is_no_folder_to_mount(either: Server):
    name = either.make_bucket("file", {"a/b": b"file"})
    for path in ("a/b", "a//b"):
        with pytest.raises(HfHubHTTPError, match=rf"{path}' is (not a folder|a file) of"):
            either.run("true", volumes=[mount(name, "/in", path=path)])


def test_without_a_sandbox_the_message_says_where_mount_paths_are_volumes(either: Server, tmp_path: Path):
    name = either.make_bucket("script")
    place, script = tmp_path / "mounted", tmp_path / "script.py"
    place.mkdir()
    script.write_text(f"open('{place}/out', 'w').write('here')")
    job = either.run(sys.executable, str(script), volumes=[mount(name, str(place))])
    message = either.wait(job).status.message or ""
    is_said = "mount paths are replaced in the job's command and environment only" in message
    # Then the file is in the folder of this machine that the script has named.
    assert is_said == (place / "out").exists() == (either.variables["HFJOBS_LOCAL_SANDBOX"] == "none")


@pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")
def test_a_script_alone_is_told_of_its_mount_path_only_where_that_exists(either: Server, tmp_path: Path):
    (tmp_path / "script.py").write_text("print('hi')")
    job = either.api.run_uv_job(str(tmp_path / "script.py"), namespace="local").id
    info = either.wait(job)
    (volume,) = info.volumes
    is_here = os.path.lexists(volume.mount_path) and either.variables["HFJOBS_LOCAL_SANDBOX"] == "none"
    assert ("mount paths are replaced" in (info.status.message or "")) == is_here


def test_links_that_a_job_leaves_behind_lead_nowhere(either: Server, tmp_path: Path):
    name = either.make_bucket("links", {"real": b"real"})
    script = (
        "ln -s /etc/passwd /out/link; ln -s /etc /out/folder; ln -s .. /out/up; mkfifo /out/pipe; "
        "rm /out/real; ln -s /etc/hostname /out/real; echo fine > /out/fine"
    )
    job = either.run("sh", "-c", script, volumes=[mount(name, "/out")])
    assert either.wait(job).status.stage == "COMPLETED"
    assert contents(either, name, tmp_path) == {"fine": b"fine\n"}


def test_a_job_cannot_put_a_link_in_place_of_its_volume(either: Server, tmp_path: Path):
    name = either.make_bucket("swap", {"real": b"real"})
    job = either.run("sh", "-c", "rm -r /out; ln -sfn /etc /out; true", volumes=[mount(name, "/out")])
    info = either.wait(job)
    replaced = "replaced the folder of its volume" in (info.status.message or "")
    assert replaced == (either.variables["HFJOBS_LOCAL_SANDBOX"] == "none")
    assert "passwd" not in contents(either, name, tmp_path)


def test_a_file_that_is_also_a_folder_is_an_error_in_words(either: Server):
    name = either.make_bucket("clash", {"a": b"file", "a/b": b"below"})
    job = either.run("true", volumes=[mount(name, "/in")])
    info = either.wait(job)
    assert info.status.stage == "ERROR"
    assert "whose path needs a folder there" in info.status.message


def test_paths_of_buckets_are_plain_and_relative():
    assert check_path("a/b c/ü.txt") is None
    for path in ("", "/a", "a//b", "../a", "a/..", "a/./b", "a\0", "\ud800", "x" * 1025, "ü" * 200):
        assert check_path(path), path
