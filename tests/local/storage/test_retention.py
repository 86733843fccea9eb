from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.errors import LocalServiceError
from hfjobs_magic.local.storage.retention import DEFAULT_JOBS, Retention

if TYPE_CHECKING:
    from pathlib import Path

JOBS, DAYS = "HFJOBS_LOCAL_KEEP_JOBS", "HFJOBS_LOCAL_KEEP_DAYS"


@pytest.mark.parametrize(
    ("file", "environ", "expected"),
    [
        (None, {}, Retention(DEFAULT_JOBS, None)),
        ("", {}, Retention(DEFAULT_JOBS, None)),
        ("keep-jobs = 5\nkeep-days = 30\n", {}, Retention(5, 30)),
        ('keep-jobs = "all"\n', {}, Retention(None, None)),
        ("keep-jobs = 5\n", {JOBS: "7", DAYS: "2"}, Retention(7, 2)),
        ("keep-jobs = 5\n", {JOBS: "all"}, Retention(None, None)),
        ("keep-jobs = 5\n", {JOBS: ""}, Retention(5, None)),
    ],
)
def test_the_environment_overrules_the_file_and_the_file_the_default(
    tmp_path: Path, file: str | None, environ: dict[str, str], expected: Retention
):
    config = tmp_path / "config.toml"
    if file is not None:
        config.write_text(file)
    assert Retention.read(config, environ) == expected


@pytest.mark.parametrize(
    ("file", "environ", "said"),
    [
        ("", {JOBS: "0"}, f"{JOBS}: '0' is neither a whole number of at least 1 nor 'all'"),
        ("", {DAYS: "1.5"}, f"{DAYS}: '1.5' is neither"),
        ("", {DAYS: "-1"}, f"{DAYS}: '-1' is neither"),
        ("", {JOBS: "²"}, f"{JOBS}: '²' is neither"),
        ("", {JOBS: "9" * 400}, f"{JOBS}: '999"),
        ("keep-jobs = true", {}, r"config\.toml: keep-jobs: True is neither"),
        ("keep-jobs = [1]", {}, r"config\.toml: keep-jobs: \[1\] is neither"),
        ("keep-job = 1", {}, r"config\.toml: 'keep-job' is not a setting; there are keep-jobs and keep-days\."),
        ("keep-jobs = ", {}, r"config\.toml cannot be read"),
    ],
)
def test_what_is_not_understood_is_said_in_a_sentence(tmp_path: Path, file: str, environ: dict[str, str], said: str):
    config = tmp_path / "config.toml"
    config.write_text(file)
    with pytest.raises(LocalServiceError, match=said):
        Retention.read(config, environ)
