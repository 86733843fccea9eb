"""Xet's hashes, computed from the chunks in which a client has uploaded a file. Pure.

Clients need not cut a file at the same places: the hash of a file follows from the cuts, so two clients may give the
same content two hashes, and both are right. Source: https://huggingface.co/docs/xet/hashing.
"""

from __future__ import annotations

from itertools import islice

from blake3 import blake3

_CHUNK_KEY = bytes.fromhex("6697f5775b9550de3135cbaca597181c9de421109beb2b58b4d0b04b93adf229")
_NODE_KEY = bytes.fromhex("017ec5c7a5472996fd946666b48a02e65ddd536f37c76dd2f86352e64a53713f")
_FILE_KEY = bytes(32)

_FEWEST, _MOST, _MEAN = 3, 9, 4
"""Children of a node of the tree: a hash that `_MEAN` divides ends it, not before the third and not after the ninth."""


def write_hash(digest: bytes) -> str:
    """Return 32 bytes as Xet writes them: four little-endian numbers, hexadecimal."""
    return "".join(f"{int.from_bytes(digest[at : at + 8], 'little'):016x}" for at in range(0, 32, 8))


class FileHash:
    """The hash of a file whose chunks are added one after the other."""

    def __init__(self) -> None:
        """Begin with no bytes."""
        self._nodes: list[tuple[bytes, int]] = []
        """Digest and size in bytes of each chunk."""

    def add(self, chunk: bytes) -> None:
        """Add the next chunk."""
        self._nodes.append((blake3(chunk, key=_CHUNK_KEY).digest(), len(chunk)))

    def read(self) -> str:
        """Return the hash of everything that was added, 64 hexadecimal digits; all zeros for nothing."""
        nodes = self._nodes
        if not nodes:
            return "0" * 64
        while len(nodes) > 1:
            nodes = _merge(nodes)
        return write_hash(blake3(nodes[0][0], key=_FILE_KEY).digest())


def _merge(nodes: list[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
    """Return the next level of the tree."""
    merged, at = [], 0
    while at < len(nodes):
        children = list(islice(nodes, at, at + _count_children(nodes, at)))
        text = "".join(f"{write_hash(digest)} : {size}\n" for digest, size in children)
        merged.append((blake3(text.encode(), key=_NODE_KEY).digest(), sum(size for _, size in children)))
        at += len(children)
    return merged


def _count_children(nodes: list[tuple[bytes, int]], at: int) -> int:
    last = min(at + _MOST, len(nodes))
    for place in range(at + _FEWEST - 1, last):
        if int.from_bytes(nodes[place][0][24:], "little") % _MEAN == 0:
            return place + 1 - at
    return last - at
