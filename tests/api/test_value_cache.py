"""Fetched values take so much of the disk and no more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hfjobs_magic.api.value_cache import place_value, prune

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_those_that_were_not_asked_for_longest_go_and_none_that_is_in_use(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folders = [place_value(f"a{number}", "1", "acc") for number in range(4)]
    for number, folder in enumerate(folders):
        (folder / "sub").mkdir()
        (folder / "sub" / "value.npy").write_bytes(bytes(100))
        os.utime(folder, (number, number))
    place_value("a1", "1", "acc")
    root = folders[0].parents[2]
    prune(root, {folders[0]}, most=400)
    assert all(folder.exists() for folder in folders)
    prune(root, {folders[0]}, most=299)
    assert [folder.exists() for folder in folders] == [True, True, False, False]
    assert sorted(path.name for path in root.iterdir()) == ["a0", "a1"], "no empty folder is left"


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path):
    prune(tmp_path / "none", ())
