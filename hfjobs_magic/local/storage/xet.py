"""Xet's file formats, as far as a server needs them: what clients upload, and what they download. Pure.

Files are cut into *chunks* of 128 KiB at most. A *xorb* is a sequence of chunks, each behind a header of 8 bytes. A
*shard* says of which chunks of which xorbs a file consists. Source: the specification at
https://huggingface.co/docs/xet, and xet-core 1.6 (`metadata_shard`, `xorb_object`).
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lz4.frame import LZ4FrameDecompressor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from mmap import mmap

CHUNK = 128 << 10
"""Bytes of the largest chunk that clients take."""

PART = 128
"""Chunks of a file that are shown to clients as one xorb: 16 MiB, which they fetch at once and hold in memory."""

FRAME = struct.Struct("<B3sB3s")
"""Header of a chunk: version, compressed length, compression, length."""

_SHARD_TAG = b"HFRepoMetaData\0" + bytes(
    (85, 105, 103, 69, 106, 123, 129, 87, 131, 165, 189, 217, 92, 205, 209, 74, 169)
)
_SHARD_HEADER = 48
"""Bytes: the tag, and two numbers that do not matter here."""

_ENTRY = 48
"""Bytes of every entry of a shard."""

_FILE = struct.Struct("<4QIIQ")
"""A file: hash, flags, number of segments."""

_SEGMENT = struct.Struct("<4QIIII")
"""A segment: hash of the xorb, flags, bytes, first chunk and the one after the last."""

_END = (2**64 - 1,) * 4
"""In place of a hash: no file follows."""

_HAS_VERIFICATION, _HAS_METADATA = 1 << 31, 1 << 30
"""Flags of a file: as many entries again follow the segments, and one more."""


@dataclass(frozen=True)
class Segment:
    """Chunks of one xorb that are a part of a file."""

    xorb: str
    """Hash of the xorb, 64 hexadecimal digits."""
    start: int
    """Its first chunk."""
    end: int
    """The chunk after the last one."""


def _write_hash(numbers: tuple[int, ...]) -> str:
    """Return a hash as Xet writes it: four numbers, hexadecimal."""
    return "".join(f"{number:016x}" for number in numbers)


def parse_shard(data: bytes) -> dict[str, list[Segment]]:
    """Return the segments of every file in a shard.

    Raises
    ------
    ValueError
        When it is none.
    """
    if data[:32] != _SHARD_TAG:
        raise ValueError("this is no shard")
    files, at = {}, _SHARD_HEADER
    try:
        while (head := _FILE.unpack_from(data, at))[:4] != _END:
            flags, count = head[4], head[5]
            at += _ENTRY
            segments = []
            for number in range(min(count, (len(data) - at) // _ENTRY + 1)):
                entry = _SEGMENT.unpack_from(data, at + number * _ENTRY)
                segments.append(Segment(_write_hash(entry[:4]), entry[6], entry[7]))
            at += _ENTRY * (count * (2 if flags & _HAS_VERIFICATION else 1) + bool(flags & _HAS_METADATA))
            files[_write_hash(head[:4])] = segments
    except struct.error as error:
        raise ValueError("the shard ends early") from error
    return files


class Xorb:
    """The chunks of one xorb."""

    def __init__(self, data: bytes | mmap) -> None:
        """Find the chunks of `data`, which may have tables behind them.

        Raises
        ------
        ValueError
            When a chunk is none.
        """
        self._data = data
        self._places: list[tuple[int, int, int, int]] = []
        """Of each chunk: where its content begins and ends, its compression, and its bytes."""
        at = 0
        while at + FRAME.size <= len(data) and data[at] == 0:
            _, packed, scheme, full = FRAME.unpack_from(data, at)
            at += FRAME.size
            end, size = at + int.from_bytes(packed, "little"), int.from_bytes(full, "little")
            if size > CHUNK or end > len(data):
                raise ValueError("this is no xorb")
            self._places.append((at, end, scheme, size))
            at = end

    def unpack(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the content of some chunks.

        Parameters
        ----------
        start, end
            The first one, and the one after the last.

        Raises
        ------
        ValueError
            When there are no such chunks.
        """
        if not start < end <= len(self._places):
            raise ValueError("the xorb has no such chunks")
        for begin, stop, scheme, size in self._places[start:end]:
            decode = _DECODERS[min(scheme, len(_DECODERS) - 1)]
            chunk = decode(self._data[begin:stop], size)
            if len(chunk) != size:
                raise ValueError("a chunk is not as long as it says")
            yield chunk


def _decode_plain(data: bytes, _: int) -> bytes:
    return data


def _decode_lz4(data: bytes, size: int) -> bytes:
    try:
        # One byte more than there may be: a few bytes can stand for gigabytes.
        return bytes(LZ4FrameDecompressor().decompress(data, max_length=size + 1))
    except RuntimeError as error:
        raise ValueError("a chunk is damaged") from error


def _decode_grouped(data: bytes, size: int) -> bytes:
    """Undo a grouping by every fourth byte, by which numbers shrink better."""
    grouped = _decode_lz4(data, size)
    chunk = bytearray(len(grouped))
    at = 0
    for first in range(4):
        length = len(range(first, len(grouped), 4))
        chunk[first::4] = grouped[at : at + length]
        at += length
    return bytes(chunk)


def _decode_unknown(_: bytes, __: int) -> bytes:
    raise ValueError("a chunk is compressed in an unknown way")


_DECODERS: tuple[Callable[[bytes, int], bytes], ...] = (_decode_plain, _decode_lz4, _decode_grouped, _decode_unknown)
"""By the number of the compression."""


# Downloads: a file is shown as xorbs of `PART` chunks, uncompressed, which nobody ever stores.


def describe_file(xet_hash: str, size: int, start: int, end: int, locate: Callable[[int], str]) -> dict[str, Any]:
    """Return how a client puts a range of a file together: Xet's response to `GET /v1/reconstructions/{hash}`.

    Parameters
    ----------
    xet_hash
        Of the file.
    size
        Its bytes.
    start, end
        The range, bytes; `start` is within the file.
    locate
        Returns the address of a part of the file.
    """
    terms: list[dict[str, Any]] = []
    places: dict[str, list[dict[str, Any]]] = {}
    first, last = start // CHUNK, -(-min(end, size) // CHUNK)
    at = first
    while at < last:
        part = at // PART
        stop = min(last, (part + 1) * PART)
        chunks = {"start": at - part * PART, "end": stop - part * PART}
        length = min(size, stop * CHUNK) - at * CHUNK
        xorb = hashlib.sha256(f"{xet_hash}/{part}".encode()).hexdigest()
        terms.append({"hash": xorb, "unpacked_length": length, "range": chunks})
        begin = chunks["start"] * (CHUNK + FRAME.size)
        stored = length + (stop - at) * FRAME.size
        place = {"range": chunks, "url": locate(part), "url_range": {"start": begin, "end": begin + stored - 1}}
        places[xorb] = [place]
        at = stop
    return {"offset_into_first_range": start - first * CHUNK, "terms": terms, "fetch_info": places}


def measure_part(size: int, part: int) -> int:
    """Return the bytes of a part of a file as a xorb; 0 when there is no such part.

    Parameters
    ----------
    size
        Bytes of the file.
    part
        Its number.
    """
    content = min(size, (part + 1) * PART * CHUNK) - part * PART * CHUNK
    return content + -(-content // CHUNK) * FRAME.size if content > 0 else 0


def frame_chunk(content: bytes) -> bytes:
    """Return a chunk as it stands in a xorb, uncompressed."""
    length = len(content).to_bytes(3, "little")
    return FRAME.pack(0, length, 0, length) + content
