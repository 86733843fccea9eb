"""Where volumes can be mounted, and where the service's files may be."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import Volume

from hfjobs_magic.local.jobs.sandbox import JobView, Mount, wrap
from tests.local.serving import Server
from tests.local.users import SANDBOXES, USERS, serve_as

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=[f"{user}-{kind}" for user in USERS for kind in SANDBOXES])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    user, kind = request.param.split("-")
    with serve_as(user, HFJOBS_LOCAL_SANDBOX=kind, HFJOBS_LOCAL_SLOTS="2") as made:
        yield made


@pytest.fixture(scope="module")
def sandboxed() -> Iterator[Server]:
    with serve_as("self", HFJOBS_LOCAL_SLOTS="2") as made:
        model = made.data_dir / "mirror/models/org/tiny"
        (model / "sub").mkdir(parents=True)
        (model / "config.json").write_text("{}")
        (model / "link").symlink_to("config.json")
        yield made


needs_sandbox = pytest.mark.skipif("bwrap" not in SANDBOXES, reason="bubblewrap does not work here")


def paths(server: Server, bucket: str) -> list[str]:
    return sorted(entry.path for entry in server.api.list_bucket_tree(bucket, recursive=True) if entry.type == "file")


def mount(bucket: str, at: object, **options: Any) -> Volume:
    return Volume(type=options.pop("kind", "bucket"), source=bucket, mount_path=str(at), **options)


def places(server: Server) -> dict[str, Path]:
    """Mount paths that are the data directory, above it, or above the programs that run jobs."""
    return {"itself": server.data_dir, "parent": server.data_dir.parent, "tmp": Path("/tmp"), "root": Path("/root")}


USES_EVERYTHING = (
    "set -e; cat {0}/old; echo new > {0}/new; mkdir {0}/deep; echo x > {0}/deep/file; "
    "echo work > scratch; cat scratch; echo home > $HOME/file; echo tmp > $TMPDIR/file; "
    "uv run --offline --no-project --script script.py {0}/made"
)


@pytest.mark.parametrize("place", ["itself", "parent", "tmp", "root"])
def test_a_volume_may_be_mounted_above_what_the_job_needs_itself(server: Server, place: str):
    name = server.make_bucket(f"above-{place}", {"old": b"old\n"})
    at = places(server)[place]
    script = 'printf \'import sys\\nopen(sys.argv[1], "w").write("uv")\\nprint("uv")\\n\' > script.py; '
    job = server.run("sh", "-c", script + USES_EVERYTHING.format(at), volumes=[mount(name, at)])
    lines = server.logs(job)
    assert server.wait(job).status.stage == "COMPLETED", lines
    assert lines[0] == "old"
    assert lines[-2:] == ["work", "uv"]
    assert paths(server, name) == ["deep/file", "made", "new", "old"]
    assert "kept" not in server.inspect(job).status.message


@needs_sandbox
def test_this_python_is_found_though_its_directory_is_covered(sandboxed: Server):
    name = sandboxed.make_bucket("python")
    program = f"{sys.base_prefix}/bin/python3"
    job = sandboxed.run(
        "sh", "-c", f"echo $PATH; {program} -c 'print(1)'", volumes=[mount(name, Path(sys.base_prefix).parent)]
    )
    path, printed = sandboxed.logs(job)
    assert path.endswith(f":{Path(program).parent}")
    assert printed == "1"


@pytest.mark.parametrize("place", ["itself", "parent", "tmp", "root"])
def test_so_may_a_volume_that_cannot_be_written(server: Server, place: str):
    name = server.make_bucket(f"read-{place}", {"old": b"old"})
    at = places(server)[place]
    script = f"cat {at}/old && echo && touch scratch $HOME/file $TMPDIR/file && (touch {at}/new || echo refused)"
    job = server.run("sh", "-c", script, volumes=[mount(name, at, read_only=True)])
    lines = server.logs(job)
    if server.variables["HFJOBS_LOCAL_SANDBOX"] == "bwrap":
        assert lines[-1] == "refused"
    assert lines[0] == "old"
    assert server.wait(job).status.stage == "COMPLETED", lines
    assert paths(server, name) == ["old"]


@needs_sandbox
@pytest.mark.parametrize("place", ["itself", "parent", "tmp", "root"])
def test_so_may_a_model(sandboxed: Server, place: str):
    at = places(sandboxed)[place]
    script = f"cat {at}/config.json {at}/link && touch scratch && (touch {at}/new || echo refused) && ls {at}/sub"
    job = sandboxed.run("sh", "-c", script, volumes=[mount("org/tiny", at, kind="model")])
    lines = sandboxed.logs(job)
    assert (lines[0], lines[-1]) == ("{}{}" + lines[0][4:], "refused")
    assert sandboxed.wait(job).status.stage == "COMPLETED", lines
    model = sandboxed.data_dir / "mirror/models/org/tiny"
    assert sorted(path.name for path in model.iterdir()) == ["config.json", "link", "sub"]


@needs_sandbox
def test_volumes_may_be_mounted_inside_others(sandboxed: Server):
    outer = sandboxed.make_bucket("outer", {"file": b"outer\n"})
    inner = sandboxed.make_bucket("inner", {"file": b"inner\n"})
    script = "cat $(find /v -type f); set -e; echo x > /v/deep/er/new; (echo x > /v/new) || echo refused"
    for volume in (mount(outer, "/v", read_only=True), mount("org/tiny", "/v", kind="model")):
        job = sandboxed.run("sh", "-c", script, volumes=[volume, mount(inner, "/v/deep/er")])
        lines = sandboxed.logs(job)
        assert lines[-1] == "refused", lines
        assert "inner" in "".join(lines)
        assert paths(sandboxed, inner) == ["file", "new"]
    job = sandboxed.run(
        "sh",
        "-c",
        "ls /v /v/sub; touch /v/new /v/sub/new || true",
        volumes=[
            mount(outer, "/v"),
            mount("org/tiny", "/v/sub", kind="model"),
        ],
    )
    assert [line for line in sandboxed.logs(job) if line and "/" not in line] == [
        "file",
        "sub",
        "config.json",
        "link",
        "sub",
    ]
    sandboxed.wait(job)
    assert paths(sandboxed, outer) == ["file", "new"]


@needs_sandbox
def test_a_file_in_the_way_is_said(sandboxed: Server):
    name = sandboxed.make_bucket("in-the-way", {"data": b"a file"})
    job = sandboxed.run("true", volumes=[mount(name, sandboxed.data_dir.parent)])
    info = sandboxed.wait(job)
    assert info.status.stage == "ERROR"
    assert f"the volume at {sandboxed.data_dir.parent} has a file 'data'" in info.status.message


@needs_sandbox
def test_a_mount_path_below_a_file_is_said(sandboxed: Server):
    name = sandboxed.make_bucket("below-a-file", {"data": b""})
    job = sandboxed.run("true", volumes=[mount(name, "/etc/passwd/deep")])
    info = sandboxed.wait(job)
    assert info.status.stage == "ERROR"
    assert "nothing can be mounted at /etc/passwd/deep: /etc/passwd is a file" in info.status.message


@needs_sandbox
def test_a_mount_path_below_a_directory_that_is_closed_to_the_user(server: Server):
    name = server.make_bucket("closed", {"old": b"old\n"})
    at = "/var/lib/private/hfjobs/deep" if Path("/var/lib/private").is_dir() else "/root/hfjobs/deep"
    job = server.run("sh", "-c", f"cat {at}/old; echo new > {at}/new", volumes=[mount(name, at)])
    assert server.logs(job) == ["old"]
    server.wait(job)
    assert paths(server, name) == ["new", "old"]
    assert not Path(at).parent.exists()


@needs_sandbox
def test_what_comes_and_goes_beside_a_mount_path_stops_no_job(tmp_path: Path):
    """In /tmp, links as well: a job could not start when one was gone between two looks at it."""
    over = threading.Event()

    def change() -> None:
        while not over.is_set():
            for n in range(20):
                (tmp_path / f"link{n}").symlink_to("nowhere")
            for n in range(20):
                (tmp_path / f"link{n}").unlink()

    thread = threading.Thread(target=change, daemon=True)
    thread.start()
    try:
        view = JobView([Mount(str(tmp_path / "out"), tmp_path)], hidden=tmp_path / "hidden", own=[], tools=[])
        for _ in range(200):
            assert wrap(["true"], tmp_path, view)[-1] == "true"
    finally:
        over.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("kind", SANDBOXES)
def test_the_data_directory_may_be_below_a_link(kind: str, tmp_path: Path):
    """A home directory that is a link, as on many clusters, absolute or not."""
    (tmp_path / "disk/user").mkdir(parents=True)
    (tmp_path / "home").mkdir()
    (tmp_path / "home/absolute").symlink_to(tmp_path / "disk/user")
    (tmp_path / "home/relative").symlink_to("../disk/user")
    (tmp_path / "home/twice").symlink_to(tmp_path / "home/absolute")
    for link in ("absolute", "relative", "twice"):
        home = tmp_path / "home" / link
        server = Server(home / f"data-{link}", {"HFJOBS_LOCAL_SANDBOX": kind, "HOME": str(home)})
        try:
            name = server.make_bucket("b", {"old": b"old\n"})
            for at in ("/out", home, home / "sub/folder", tmp_path / "disk"):
                script = f"cat {at}/old; echo {link} > {at}/new; touch scratch $HOME/file; pwd -P"
                job = server.run("sh", "-c", script, volumes=[mount(name, at)])
                lines = server.logs(job)
                status = server.wait(job).status
                assert status.stage == "COMPLETED", (at, status.message, lines)
                assert lines == ["old", str((server.folder(job) / "work").resolve())]
            assert paths(server, name) == ["new", "old"]
        finally:
            server.stop()
    assert sorted(path.name for path in (tmp_path / "disk/user").iterdir()) == sorted(
        ["service.err", "data-absolute", "data-relative", "data-twice"]
    )
