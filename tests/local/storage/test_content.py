"""Contents of bucket files on disk: copies with their holes, and what is removed when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.local.storage.content import BLOB_LIFE, EMPTY, Content
from hfjobs_magic.local.storage.data_dir import DataDir

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def content(tmp_path: Path) -> Content:
    directory = DataDir(tmp_path / "data")
    directory.create()
    return Content(directory)


def keep(content: Content, path: Path) -> str:
    with path.open("rb") as file:
        xet_hash, size = content.keep(file.fileno())
    assert size == path.stat().st_size
    assert content.path(xet_hash).read_bytes() == path.read_bytes()
    return xet_hash


@pytest.mark.slow
def test_a_copy_takes_no_more_room_than_the_file(content: Content, tmp_path: Path):
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(50_000_000)
        file.write(b"middle")
        file.truncate(100_000_000)
    assert content.path(keep(content, path)).stat().st_blocks <= path.stat().st_blocks
    path.write_bytes(b"")
    assert keep(content, path) == EMPTY


def test_what_takes_long_to_be_added_to_a_bucket_is_not_removed_meanwhile(content: Content, tmp_path: Path):
    (tmp_path / "file").write_bytes(b"first of many")
    with content.use():
        name = keep(content, tmp_path / "file")
        for number in range(3):
            content.collect_garbage(set(), BLOB_LIFE * number)
        assert content.size(name) == 13
    content.collect_garbage(set(), BLOB_LIFE * 3)
    content.collect_garbage(set(), BLOB_LIFE * 4)
    assert content.size(name) is None


def test_what_no_bucket_holds_is_removed_after_a_while(content: Content, tmp_path: Path):
    names = []
    for number in range(3):
        (tmp_path / "file").write_bytes(b"%d" % number)
        names.append(keep(content, tmp_path / "file"))
    used, unused, again = names
    content.collect_garbage({used}, 0)
    content.collect_garbage({used}, BLOB_LIFE - 1)
    assert all(content.size(name) == 1 for name in names)
    # Stored again, and about to be in a bucket that `kept` does not know yet.
    (tmp_path / "file").write_bytes(b"2")
    assert keep(content, tmp_path / "file") == again
    content.collect_garbage({used}, BLOB_LIFE + 1)
    assert [content.size(name) for name in names] == [1, None, 1]
    # One that a bucket held meanwhile counts from the beginning.
    content.collect_garbage({used, again}, BLOB_LIFE * 2)
    content.collect_garbage({used}, BLOB_LIFE * 3)
    content.collect_garbage({used}, BLOB_LIFE * 4 - 1)
    assert content.size(again) == 1
    assert content.ingest([again, unused]) == {again: 1}
    content.collect_garbage({used}, BLOB_LIFE * 4)
    assert content.size(again) == 1
    assert list((tmp_path / "data/cas").iterdir()) == []
