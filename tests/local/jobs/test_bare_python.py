"""What a job has of the machine's Python: nothing, as in the Hub's image; and room for its sockets."""

from __future__ import annotations

import os
import sys
import venv
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.jobs import sandbox, temporary
from hfjobs_magic.local.jobs.bare_python import isolate
from tests.local.serving import Server, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UV = "ghcr.io/astral-sh/uv:python3.12-bookworm"
FLAGS = ["--isolated", "--no-project", "--no-config"]


@pytest.fixture(scope="module", params=["bwrap", "none"] if sandbox.find_bwrap() else ["none"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service whose files are below a home with a project and its environment, and far down."""
    home = tmp_path_factory.mktemp("home")
    venv.create(home / ".venv", with_pip=False, symlinks=True)
    for folder in (home / ".venv").glob("lib/python*/site-packages"):
        (folder / "planted.py").touch()
    (home / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\ndependencies = ['no-such-package-x']\n")
    (home / ".python-version").write_text("3.1\n")
    deep = home / ("d" * 60) / "e"
    deep.mkdir(parents=True)
    made = Server(deep / "data", {"HFJOBS_LOCAL_SANDBOX": request.param})
    yield made
    made.stop()


LOOK = "print([name for name in ('planted', 'IPython') if importlib.util.find_spec(name)], sys.version_info > (3, 8))"


def test_a_job_sees_no_package_that_it_did_not_ask_for(server: Server):
    command = ["uv", "run", "python", "-c", f"import importlib.util, sys\n{LOOK}"]
    job = server.api.run_job(image=UV, command=command, namespace="local")
    assert server.wait(job.id).status.stage == "COMPLETED", server.logs(job.id)
    assert server.logs(job.id) == ["[] True"]
    assert server.inspect(job.id).command == command


@pytest.mark.parametrize(
    ("argv", "image", "run"),
    [
        (["uv", "run", "x.py"], UV, ["uv", "run", *FLAGS, "x.py"]),
        (["uv", "run", "--isolated", "x.py"], UV, ["uv", "run", *FLAGS[1:], "--isolated", "x.py"]),
        (["uv", "run", "x.py"], "pytorch/pytorch", ["uv", "run", "x.py"]),
        (
            ["uv", "run", "-p", "/usr/bin/python3", "x.py"],
            UV,
            ["uv", "run", *FLAGS[1:], "-p", "/usr/bin/python3", "x.py"],
        ),
        (["uv", "run", "--python", "3.12", "x.py"], UV, ["uv", "run", *FLAGS, "--python", "3.12", "x.py"]),
        (["uv", "pip", "list"], UV, ["uv", "pip", "list"]),
        (["uv"], UV, ["uv"]),
        (["sh", "-c", "uv venv && uv run x.py"], UV, ["sh", "-c", "uv venv && uv run x.py"]),
        (["uv", "run", "x.py"], None, ["uv", "run", "x.py"]),
    ],
)
def test_which_commands_get_a_bare_python(argv: list[str], image: str | None, run: list[str]):
    assert isolate(argv, image) == run


def test_a_script_with_metadata_is_isolated_anyway(tmp_path: Path):
    (tmp_path / "with.py").write_text("# /// script\n# dependencies = []\n# ///\n")
    (tmp_path / "without.py").touch()
    mounts = [sandbox.Mount("/data", tmp_path)]
    assert isolate(["uv", "run", "--with", "six", "/data/with.py"], UV, mounts)[2:5] == [*FLAGS[1:], "--with"]
    for words in (["/data/without.py", "/data/with.py"], ["--env-file", "/data/with.py", "x.py"], ["/data/gone.py"]):
        assert isolate(["uv", "run", *words], UV, mounts)[2:5] == FLAGS


MANAGER = """
import multiprocessing, os, sys
if __name__ == "__main__":
    with multiprocessing.get_context("forkserver").Manager() as manager:
        print(manager.list([1, 2]), os.path.samefile(sys.argv[1], os.environ["TMPDIR"]))
    print(oct(os.stat(os.environ["TMPDIR"]).st_mode & 0o777))
"""


def test_sockets_have_room_for_their_paths(server: Server):
    job = server.run(
        "sh", "-c", 'cat > x.py <<"E"\n' + MANAGER + '\nE\n"$0" x.py "$TMPDIR" && echo "$TMPDIR"', sys.executable
    )
    assert server.wait(job).status.stage == "COMPLETED", server.logs(job)
    *lines, place = server.logs(job)
    assert lines == ["[1, 2] True", "0o700"]
    assert place in {temporary.MOUNT, f"/tmp/hfjob-{job}"}
    eventually(lambda: not (server.folder(job) / "tmp").exists(), "the end of its temporary files")


def test_a_link_is_made_removed_and_never_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(temporary, "_LINKS", tmp_path)
    monkeypatch.setattr(sandbox, "find_bwrap", lambda: None)
    folder = tmp_path / "tmp"
    link = tmp_path / "hfjob-1"
    assert [temporary.place("1", folder), temporary.place("1", folder)] == [str(link)] * 2
    temporary.forget("1", folder)
    assert not link.is_symlink()
    link.symlink_to("/elsewhere")
    assert temporary.place("1", folder) == str(folder)
    temporary.forget("1", folder)
    assert link.is_symlink()


def test_pip_reaches_no_python_of_this_machine(make_server, tmp_path: Path):
    kernel = tmp_path / "kernel"
    venv.create(kernel, with_pip=True)
    server = make_server(PATH=f"{kernel}/bin{os.pathsep}{os.environ['PATH']}", VIRTUAL_ENV=str(kernel))
    look = "echo $(command -v pip) $VIRTUAL_ENV; pip install cowsay; echo $?; python -m pip --version"
    job = server.api.run_job(image=UV, command=["uv", "run", "sh", "-c", look], namespace="local")
    where, said, code, *_, last = server.logs(job.id)
    assert str(kernel) not in where
    assert said == "pip: the job's environment does not have it. Name packages with --with, or add --with pip."
    assert code == "127"
    assert last.endswith("No module named pip")
    # An image may have a pip of its own; here that would be the machine's, or the kernel's.
    job_id = server.run("sh", "-c", f"{kernel}/bin/python -c 'import sys; print(sys.prefix)'; echo $PATH")
    prefix, path = server.logs(job_id)
    assert (prefix, f"{kernel}/bin" in path.split(os.pathsep)) == (str(kernel), False)
    base = getattr(sys, "_base_executable", sys.executable)
    said = "\n".join(server.logs(server.run("sh", "-c", f"{base} -m pip install cowsay || echo refused")))
    assert said.endswith("refused")
    assert "activated virtualenv" in said or "No module named pip" in said


def test_a_python_is_found_where_only_the_kernels_environment_has_one(make_server, tmp_path: Path):
    kernel = tmp_path / "kernel"
    venv.create(kernel, with_pip=False, symlinks=True)
    server = make_server(PATH=f"{kernel}/bin")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for command in ("python", name):
        job = server.run("/bin/sh", "-c", f"{command} -c 'import sys; print(sys.prefix == sys.base_prefix)'")
        assert server.logs(job) == ["True"]
