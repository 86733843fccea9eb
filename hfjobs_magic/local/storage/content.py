"""The content of bucket files: plain files named by xet hash.

Clients move contents with hf_xet, which speaks Xet's HTTP API, see `server.routes_xet`. A client uploads *xorbs*, which
hold chunks of files, and *shards*, which say what files are made of (see `xet`), each of them to the store that its
token names: a client does not upload what it has uploaded to the same address before, so an address must keep what it
got, and no longer. The file is put together when the client adds it to a bucket, and its hash is computed again then,
from the client's own chunks, see `xet_hash`.
Downloads need no store: they are made from the plain file.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

import hf_xet

from hfjobs_magic.local.storage.data_dir import write_private
from hfjobs_magic.local.storage.xet import CHUNK, FRAME, PART, Xorb, frame_chunk, parse_shard
from hfjobs_magic.local.storage.xet_hash import FileHash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hfjobs_magic.local.storage.data_dir import DataDir

log = logging.getLogger(__name__)

EMPTY = "0" * 64
"""The xet hash of no bytes."""

TOKEN_LIFE = 3600
"""Seconds a token is valid for; huggingface_hub renews it by itself."""

STORE_LIFE = 2 * TOKEN_LIFE
"""Seconds without an upload after which a store is removed: no client has its token any more."""

BLOB_LIFE = 600.0
"""Seconds for which a content stays that no bucket holds any more: a client may be about to download it."""

_PIECE = 4 << 20
"""Bytes that are copied at once."""

_STORE = re.compile(r"[0-9a-f]{32}\Z")
"""Names of stores."""


class Content:
    """The blobs of one data directory, and what clients are uploading."""

    def __init__(self, directory: DataDir) -> None:
        self._blobs = directory.blobs
        self._stores = directory.cas
        self._lock = threading.Lock()
        """Held while uploads become blobs, which two requests may ask for at once."""
        self._unused: dict[str, float] = {}
        """Blobs that no bucket held, and since when, by the monotonic clock."""
        self._unused_lock = threading.Lock()
        self._users = 0
        """How many are between storing contents and adding them to a bucket."""
        for left in self._stores.iterdir():
            # Of an earlier version, or of a service that was killed.
            if not _STORE.match(left.name):
                shutil.rmtree(left, ignore_errors=True)
        self.sweep()

    def path(self, xet_hash: str) -> Path:
        """Return the blob of a hash; it exists once `ingest` has returned its size."""
        return self._blobs / xet_hash

    def size(self, xet_hash: str) -> int | None:
        """Return the bytes of a blob, None if it is not here."""
        try:
            return self.path(xet_hash).stat().st_size
        except FileNotFoundError:
            return 0 if xet_hash == EMPTY else None

    def make_store(self) -> str:
        """Return the name of a new store for one client to upload to."""
        self.sweep()
        return secrets.token_hex(16)

    def xorb(self, store: str, xorb: str) -> Path:
        """Return where a xorb of a store is to be written.

        Raises
        ------
        ValueError
            When there is no such store.
        """
        return self._open_store(store) / "xorbs" / xorb

    def add_shard(self, store: str, data: bytes) -> None:
        """Take note of the files that a shard describes.

        Raises
        ------
        ValueError
            When this is no shard, or there is no such store.
        """
        files = self._open_store(store) / "files"
        for xet_hash, segments in parse_shard(data).items():
            record = json.dumps([[segment.xorb, segment.start, segment.end] for segment in segments])
            write_private(files / xet_hash, record)

    def _open_store(self, name: str) -> Path:
        if not _STORE.match(name):
            raise ValueError("there is no such store")
        store = self._stores / name
        for folder in ("xorbs", "files"):
            (store / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        os.utime(store)
        return store

    def sweep(self) -> None:
        """Remove stores that no client uploads to any more."""
        for store, used in self._list_stores():
            if time.time() - used > STORE_LIFE:
                shutil.rmtree(store, ignore_errors=True)

    def _list_stores(self) -> list[tuple[Path, float]]:
        """Return every store with the time when it was last uploaded to, the latest first."""
        stores = []
        for path in self._stores.iterdir():
            if _STORE.match(path.name):
                with suppress(FileNotFoundError):
                    stores.append((path, path.stat().st_mtime))
        return sorted(stores, key=lambda store: store[1], reverse=True)

    def forget(self, kept: set[str]) -> None:
        """Remove what no bucket holds any more; only at the start of a service, when no upload is under way."""
        for path in self._blobs.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)

    @contextmanager
    def use(self) -> Iterator[None]:
        """Keep what is stored meanwhile, however long it takes until a bucket holds it."""
        with self._unused_lock:
            self._users += 1
        try:
            yield
        finally:
            with self._unused_lock:
                self._users -= 1

    def collect_garbage(self, kept: set[str], now: float) -> None:
        """Remove what no bucket has held for `BLOB_LIFE` seconds; to be called again and again.

        Parameters
        ----------
        kept
            The hashes of everything that buckets hold.
        now
            The monotonic clock, seconds.
        """
        names = {path.name for path in self._blobs.iterdir() if not path.name.startswith(".")}
        with self._unused_lock:
            if self._users:
                return
            self._unused = {name: self._unused.get(name, now) for name in names - kept}
            for name, since in list(self._unused.items()):
                if now - since >= BLOB_LIFE:
                    self.path(name).unlink(missing_ok=True)
                    del self._unused[name]

    def _use(self, xet_hash: str) -> bool:
        """Return whether there is such a blob, which somebody is about to add to a bucket."""
        with self._unused_lock:
            # It counts as used until the next look at what buckets hold.
            self._unused.pop(xet_hash, None)
            return self.path(xet_hash).exists()

    def ingest(self, hashes: Iterable[str]) -> dict[str, int]:
        """Put together contents that clients have uploaded; return the size in bytes of each one that is here now."""
        hashes = list(hashes)
        with self._lock:
            wanted = [xet_hash for xet_hash in hashes if not self._use(xet_hash)]
            if EMPTY in wanted:
                wanted.remove(EMPTY)
                self.path(EMPTY).touch(mode=0o600)
            if wanted:
                self._assemble(wanted)
        sizes = {xet_hash: self.size(xet_hash) for xet_hash in hashes}
        return {xet_hash: size for xet_hash, size in sizes.items() if size is not None}

    def _assemble(self, hashes: list[str]) -> None:
        """Make blobs of what was uploaded of these contents, and is what it claims to be."""
        folder = Path(tempfile.mkdtemp(dir=self._stores, prefix="new-"))
        try:
            stores = [path for path, _ in self._list_stores()]
            xorbs: dict[Path, Xorb] = {}
            for name in hashes:
                if any(_assemble(store, name, folder, xorbs) for store in stores):
                    (folder / name).chmod(0o600)
                    (folder / name).replace(self.path(name))
        finally:
            shutil.rmtree(folder)

    def read_part(self, xet_hash: str, part: int, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `end` of a part of a file, as a xorb; see `xet.measure_part`."""
        frame = CHUNK + FRAME.size
        with self.path(xet_hash).open("rb") as file:
            number = start // frame
            file.seek((part * PART + number) * CHUNK)
            at = number * frame
            while at < end:
                data = frame_chunk(file.read(CHUNK))
                yield data[max(0, start - at) : end - at]
                at += frame

    def keep(self, source: int) -> tuple[str, int]:
        """Store a file that a job wrote; return its hash and its size in bytes.

        Parameters
        ----------
        source
            The file, open for reading.
        """
        descriptor, partial = tempfile.mkstemp(dir=self._blobs, prefix=".")
        name = Path(partial)
        try:
            # Copied first, hashed afterwards: the copy no longer changes.
            try:
                _copy(source, descriptor)
            finally:
                os.close(descriptor)
            xet_hash = str(hf_xet.hash_files([partial])[0].hash)
            size = name.stat().st_size
            if not self._use(xet_hash):
                name.replace(self.path(xet_hash))
        finally:
            name.unlink(missing_ok=True)
        return xet_hash, size


def _assemble(store: Path, xet_hash: str, folder: Path, xorbs: dict[Path, Xorb]) -> bool:
    """Put a file together in `folder`; return whether the store has all of it, and it is what it claims to be.

    Parameters
    ----------
    store
        Where it may have been uploaded to.
    xet_hash
        Its hash, and its name in `folder`.
    folder
        Where it is wanted.
    xorbs
        What was read before; many small files are in one xorb.
    """
    computed = FileHash()
    try:
        segments = json.loads((store / "files" / xet_hash).read_text())
        with (folder / xet_hash).open("wb") as file:
            for xorb, start, end in segments:
                path = store / "xorbs" / xorb
                if path not in xorbs:
                    with path.open("rb") as source:
                        xorbs[path] = Xorb(mmap(source.fileno(), 0, access=ACCESS_READ))
                for chunk in xorbs[path].unpack(start, end):
                    computed.add(chunk)
                    file.write(chunk)
    except FileNotFoundError:
        return False
    except ValueError:
        log.warning("the upload of %s is damaged", xet_hash, exc_info=True)
        return False
    return computed.read() == xet_hash


def _copy(source: int, target: int) -> None:
    """Copy a file as large as it is now; what is a hole in it stays one, so that it takes no more room than before."""
    size = os.fstat(source).st_size
    os.ftruncate(target, size)
    start = 0
    while start < size:
        try:
            start = os.lseek(source, start, os.SEEK_DATA)
            end = min(size, os.lseek(source, start, os.SEEK_HOLE))
        except OSError as error:
            if error.errno == errno.ENXIO:
                return  # nothing but a hole is left
            end = size
        while start < end:
            data = os.pread(source, min(_PIECE, end - start), start)
            if not data:
                return
            start += os.pwrite(target, data, start)
