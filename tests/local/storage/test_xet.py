"""Xet's formats: what hf_xet itself writes, and what only somebody hostile would."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lz4.frame import compress

from hfjobs_magic.local.storage import xet
from hfjobs_magic.local.storage.xet import CHUNK, FRAME, PART, Xorb, describe_file, frame_chunk, measure_part
from tests.local.storage.making import make_shard

HASH = "0123456789abcdef" * 4
ONE, TWO, THREE, FOUR = (f"{number:016x}" * 4 for number in (1, 2, 3, 4))


def pack(content: bytes, scheme: int, size: int | None = None) -> bytes:
    length = len(content) if size is None else size
    return FRAME.pack(0, len(content).to_bytes(3, "little"), scheme, length.to_bytes(3, "little")) + content


def group(content: bytes) -> bytes:
    return b"".join(content[first::4] for first in range(4))


@given(st.binary(max_size=5000))
def test_every_compression_is_undone(content: bytes):
    xorb = Xorb(
        pack(content, 0) + pack(compress(content), 1, len(content)) + pack(compress(group(content)), 2, len(content))
    )
    assert list(xorb.unpack(0, 3)) == [content] * 3
    assert list(xorb.unpack(1, 2)) == [content]


def test_tables_behind_the_chunks_are_no_chunks():
    assert list(Xorb(pack(b"one", 0) + b"XETBLOB" + bytes(100)).unpack(0, 1)) == [b"one"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (pack(b"one", 0, 4), "not as long"),
        (pack(b"one", 9), "unknown way"),
        (pack(b"nothing of the kind", 1), "damaged"),
        # 100 MB in 400 kB, which claim to be ten bytes.
        (pack(compress(bytes(100_000_000)), 1, 10), "not as long"),
        (b"", "no such chunks"),
    ],
)
def test_a_chunk_that_lies_is_refused_before_it_grows(data: bytes, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        list(Xorb(data).unpack(0, 1))


@pytest.mark.parametrize("data", [pack(b"one", 0)[:-1], pack(b"", 0, CHUNK + 1)])
def test_a_xorb_that_ends_early_or_is_too_large_is_none(data: bytes):
    with pytest.raises(ValueError, match="this is no xorb"):
        Xorb(data)


@pytest.mark.parametrize("chunks", [(0, 0), (1, 0), (0, 2), (5, 6)])
def test_chunks_that_are_not_there(chunks: tuple[int, int]):
    with pytest.raises(ValueError, match="no such chunks"):
        list(Xorb(pack(b"one", 0)).unpack(*chunks))


@pytest.mark.parametrize("flags", [0, 1 << 31, 1 << 30, 3 << 30])
def test_a_shard_says_what_files_are_made_of(flags: int):
    shard = make_shard((ONE, [(TWO, 0, 3), (THREE, 5, 6)]), (FOUR, [(TWO, 0, 1)]), flags=flags)
    files = xet.parse_shard(shard)
    assert {key: [(s.xorb, s.start, s.end) for s in value] for key, value in files.items()} == {
        ONE: [(TWO, 0, 3), (THREE, 5, 6)],
        FOUR: [(TWO, 0, 1)],
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(200),
        make_shard((ONE, [(TWO, 0, 3)]))[:120],
        # A count that would take gigabytes to believe.
        xet._SHARD_TAG + bytes(16) + struct.pack("<4QIIQ", 1, 1, 1, 1, 0, 2**32 - 1, 0) + bytes(480),
    ],
)
def test_what_is_no_shard_is_refused(data: bytes):
    with pytest.raises(ValueError, match="shard"):
        xet.parse_shard(data)


@given(st.binary(max_size=1000))
def test_nothing_but_a_value_error_comes_of_noise(data: bytes):
    for parse in (xet.parse_shard, Xorb):
        try:
            parse(xet._SHARD_TAG + data if parse is xet.parse_shard else data)
        except ValueError:
            continue


SIZES = [1, CHUNK - 1, CHUNK, CHUNK + 1, PART * CHUNK - 1, PART * CHUNK, PART * CHUNK + 1, 3 * PART * CHUNK + 5]


@pytest.mark.parametrize("size", SIZES)
def test_every_range_of_a_file_can_be_put_together(size: int):
    draw = random.Random(size)
    ranges = [(0, size), (size - 1, size), (0, 1)]
    ranges += [tuple(sorted((draw.randrange(size), draw.randrange(1, size + 1)))) for _ in range(20)]
    for start, end in ranges:
        if start == end:
            continue
        answer = describe_file(HASH, size, start, end, str)
        at = start - answer["offset_into_first_range"]
        for term in answer["terms"]:
            (place,) = answer["fetch_info"][term["hash"]]
            part, chunks, stored = int(place["url"]), term["range"], place["url_range"]
            assert place["range"] == chunks
            assert (part * PART + chunks["start"]) * CHUNK == at
            count = chunks["end"] - chunks["start"]
            assert stored["start"] == chunks["start"] * (CHUNK + FRAME.size)
            assert stored["end"] + 1 - stored["start"] == term["unpacked_length"] + count * FRAME.size
            assert stored["end"] < measure_part(size, part)
            at += term["unpacked_length"]
        assert at >= end
        assert at - end < CHUNK
        assert 0 <= answer["offset_into_first_range"] < CHUNK


@pytest.mark.parametrize("size", SIZES)
def test_the_parts_of_a_file_are_all_of_it(size: int):
    parts = []
    while length := measure_part(size, len(parts)):
        parts.append(length)
    assert sum(parts) == size + -(-size // CHUNK) * FRAME.size
    assert measure_part(0, 0) == 0


def test_a_framed_chunk_is_one_of_a_xorb():
    assert list(Xorb(frame_chunk(b"one") + frame_chunk(bytes(CHUNK))).unpack(0, 2)) == [b"one", bytes(CHUNK)]
