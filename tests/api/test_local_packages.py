"""Packages that a job is to install from a path: refused unless the job has that path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.api.local_files import check_local_files, describe_local_files
from hfjobs_magic.errors import CellError
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.script.packages.requirements import path_of
from hfjobs_magic.script.script import from_cell

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.script.script import Script

HEADER = "# /// script\n# dependencies = ['mylib @ file:///srv/mylib']\n# ///\nprint(1)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mylib").mkdir()
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist/my-1.0-py3-none-any.whl").touch()
    return tmp_path


def script_with(*dependencies: str, text: str = "print(1)\n") -> Script:
    return from_cell(text, magic_line="%%hfjob", dependencies=dependencies)


@pytest.mark.parametrize(
    ("requirement", "path"),
    [
        ("./mylib", "./mylib"),
        ("../mylib[extra]", "../mylib[extra]"),
        ("~/mylib", "~/mylib"),
        ("/code/mylib", "/code/mylib"),
        ("mylib @ ./mylib", "./mylib"),
        ("mylib[extra]@file:///code/mylib#egg=mylib", "/code/mylib"),
        ("file:mylib", "mylib"),
        ("file://localhost/code/mylib", "/code/mylib"),
        ("my-1.0-py3-none-any.whl", "my-1.0-py3-none-any.whl"),
        ("dist/my-1.0.tar.gz", "dist/my-1.0.tar.gz"),
        ("mylib @ dist/my-1.0.zip", "dist/my-1.0.zip"),
        ("torch>=2", ""),
        ("torch @ https://example.com/torch-2.0.whl", ""),
        ("https://example.com/torch-2.0.whl", ""),
        ("git+https://github.com/a/b.git@main", ""),
        ("b @ git+ssh://git@github.com/a/b.git", ""),
        ("zip.whl-tool", ""),
    ],
)
def test_a_path_is_told_from_a_name_and_an_address(requirement: str, path: str):
    assert path_of(requirement) == path


@pytest.mark.parametrize(
    ("requirement", "way"),
    [
        ("./mylib", "Add -v ./mylib:/code/mylib to the line, and write /code/mylib for ./mylib."),
        ("mylib @ file:./mylib", "Add -v ./mylib:/code/mylib to the line, and write /code/mylib for ./mylib."),
        (
            "dist/my-1.0-py3-none-any.whl",
            "Add -v ./dist:/code/dist to the line, and write /code/dist/my-1.0-py3-none-any.whl for dist/my-1.0-py3",
        ),
        ("./nowhere", "Mount its folder with --volume, and write the path that it has there."),
        ("/nowhere/my-1.0.whl", "Mount its folder with --volume, and write the path that it has there."),
    ],
)
def test_a_path_that_the_job_does_not_have_is_refused_with_what_to_write(requirement: str, way: str):
    with pytest.raises(CellError) as caught:
        check_local_files(script_with(requirement), RunOptions())
    said = f"The job is to install {requirement}, a path of this machine, which it will not have. {way}"
    assert str(caught.value).startswith(said)
    assert str(caught.value).endswith("Nothing was submitted.")


def test_what_a_header_or_a_pip_line_names_counts():
    for text in (HEADER, "!pip install my-1.0-py3-none-any.whl\nimport my\n"):
        with pytest.raises(CellError, match="The job is to install my"):
            check_local_files(script_with(text=text), RunOptions())


@pytest.mark.parametrize("mounted", ["./mylib:/code/mylib", ".:/code", "hf://buckets/me/b:/code/mylib/"])
def test_a_path_in_a_volume_is_the_jobs(mounted: str):
    check_local_files(script_with("/code/mylib"), RunOptions(volumes=(mounted,)))


def test_the_folder_of_another_volume_is_not():
    with pytest.raises(CellError, match="The job is to install /code/mylib2"):
        check_local_files(script_with("/code/mylib2"), RunOptions(volumes=("./mylib:/code/mylib",)))


def test_an_image_may_have_it_and_a_local_job_has_this_machines():
    asked = script_with("/srv/mylib")
    image = RunOptions(image="me/mine:1")
    check_local_files(asked, image)
    assert describe_local_files(asked, image)[0].startswith("The job is to install /srv/mylib, a path of this machine")
    check_local_files(asked, RunOptions(local=True))
    assert describe_local_files(asked, RunOptions(local=True)) == []
    with pytest.raises(CellError, match=r"The job is to install \./mylib"):
        check_local_files(script_with("./mylib"), RunOptions(local=True))
