"""Xet's hashes, held against hf_xet's own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import hf_xet

from hfjobs_magic.local.storage.xet_hash import FileHash

if TYPE_CHECKING:
    from pathlib import Path


def hash_chunks(*chunks: bytes) -> str:
    computed = FileHash()
    for chunk in chunks:
        computed.add(chunk)
    return computed.read()


def test_a_file_of_one_chunk_has_the_hash_that_hf_xet_gives_it(tmp_path: Path):
    draw = random.Random(1)
    files = [tmp_path / str(number) for number in range(50)]
    for number, file in enumerate(files):
        file.write_bytes(draw.randbytes(number * 100))
    theirs = [info.hash for info in hf_xet.hash_files(list(map(str, files)))]
    assert [hash_chunks(file.read_bytes()) if file.stat().st_size else hash_chunks() for file in files] == theirs


def test_the_hash_follows_from_the_chunks_and_their_order():
    seen = {hash_chunks(b"ab", b"c"), hash_chunks(b"a", b"bc"), hash_chunks(b"abc"), hash_chunks(b"c", b"ab")}
    assert len(seen) == 4
