"""The content of bucket files: plain files named by xet hash, exchanged with clients through hf_xet's own stores.

A client uploads with hf_xet, which keeps its whole content store in the directory named by the ``local://`` address of
a token. Three facts about hf_xet 1.8 shape this module:

* whoever has a store open locks it, and `huggingface_hub` still has it open while it calls ``/batch``; a second
  opener fails immediately. So **every token names a directory of its own**, and the service never opens that
  directory, only a copy of it (hard links: files in a store are written under another name and then renamed);
* reading an unknown hash gives an empty file and no error, so what was read is hashed again before it is trusted;
* `hash_files` computes the hash of a file without a store, so files that a job wrote need none.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import hf_xet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hfjobs_magic.local.storage.data_dir import DataDir

EMPTY = "0" * 64
"""The xet hash of no bytes."""
TOKEN_LIFE = 3600
"""Seconds a token is valid for; huggingface_hub renews it by itself."""

_STORE_LIFE = 24 * 3600
"""Seconds after which a store that a token named is removed: no upload takes longer."""

_DATABASE = "global_dedup_lookup.redb"
"""The file that hf_xet creates once a store holds something."""

_PIECE = 4 << 20
"""Bytes that are copied at once."""


class Content:
    """The blobs of one data directory, and the stores that its tokens name."""

    def __init__(self, directory: DataDir) -> None:
        self._blobs = directory.blobs
        self._stores = directory.cas
        # Every download store is a view of this one.
        self._shared = directory.cas / "all"
        # hf_xet refuses to open a store twice, also within one process.
        self._lock = threading.Lock()
        self._sweep()

    def path(self, xet_hash: str) -> Path:
        """Return the blob of a hash; it exists once `ingest` has returned its size."""
        return self._blobs / xet_hash

    def make_upload_store(self) -> str:
        """Return the address of a fresh store for one client to upload to."""
        return f"local://{self._make_store('up')}"

    def make_download_store(self, hashes: Iterable[str]) -> str:
        """Return the address of a fresh store that holds these contents, for one client to read.

        It consists of hard links to one store that grows, so its cost is what is new, not the size of the bucket.
        """
        store = self._make_store("down")
        with self._lock:
            self._complete(set(hashes) - {EMPTY})
            if (self._shared / "xet/xorbs" / _DATABASE).exists():
                _link_store(self._shared, store)
        return f"local://{store}"

    def _complete(self, hashes: set[str]) -> None:
        """Add contents to the store that download stores are made of."""
        listed = self._shared / "contents"
        known = set(listed.read_text().split()) if listed.exists() else set()
        missing = {xet_hash for xet_hash in hashes - known if self.path(xet_hash).exists()}
        if not missing:
            return
        self._shared.mkdir(mode=0o700, exist_ok=True)
        with hf_xet.XetSession().new_upload_commit(endpoint=f"local://{self._shared}") as commit:
            for xet_hash in missing:
                commit.start_upload_file(str(self.path(xet_hash)), sha256=hf_xet.SKIP_SHA256)
        # Last: after an interruption, contents are added again rather than missed.
        with listed.open("a") as file:
            file.write("".join(f"{xet_hash}\n" for xet_hash in sorted(missing)))

    def forget(self, kept: set[str]) -> None:
        """Remove what no bucket holds any more; only at the start of a service, when no upload is under way."""
        gone = [path for path in self._blobs.iterdir() if path.name not in kept]
        for path in gone:
            path.unlink(missing_ok=True)
        if gone:
            shutil.rmtree(self._shared, ignore_errors=True)

    def ingest(self, hashes: Iterable[str]) -> dict[str, int]:
        """Fetch contents that clients have uploaded; return the size in bytes of each one that is here now."""
        with self._lock:
            wanted = {xet_hash for xet_hash in hashes if not self.path(xet_hash).exists()}
            if EMPTY in wanted:
                self.path(EMPTY).touch(mode=0o600)
                wanted.discard(EMPTY)
            for store in self._find_upload_stores():
                if not wanted:
                    break
                wanted -= self._fetch(store, wanted)
        sizes = {}
        for xet_hash in hashes:
            with suppress(FileNotFoundError):
                sizes[xet_hash] = self.path(xet_hash).stat().st_size
        return sizes

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
            name.replace(self.path(xet_hash))
        finally:
            name.unlink(missing_ok=True)
        return xet_hash, size

    def _make_store(self, kind: str) -> Path:
        return Path(tempfile.mkdtemp(dir=self._stores, prefix=f"{kind}-"))

    def _find_upload_stores(self) -> Iterator[Path]:
        """Yield the stores that clients have uploaded to, the latest first."""
        found = [path for path in self._stores.glob("up-*") if (path / "xet/xorbs" / _DATABASE).exists()]
        yield from sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)

    def _fetch(self, store: Path, wanted: set[str]) -> set[str]:
        """Read those of `wanted` that a store has; return their hashes."""
        view = self._make_store("view")
        found = set()
        try:
            _link_store(store, view)
            targets = {xet_hash: view / xet_hash for xet_hash in wanted}
            with hf_xet.XetSession().new_file_download_group(endpoint=f"local://{view}") as group:
                for xet_hash, target in targets.items():
                    group.start_download_file(hf_xet.XetFileInfo(xet_hash), str(target))
            there = [path for path in targets.values() if path.exists() and path.stat().st_size]
            for path, info in zip(there, hf_xet.hash_files([str(path) for path in there]), strict=True):
                if info.hash == path.name:
                    path.chmod(0o600)
                    path.replace(self.path(path.name))
                    found.add(path.name)
        finally:
            shutil.rmtree(view, ignore_errors=True)
        return found

    def _sweep(self) -> None:
        """Remove stores that nobody uses any more."""
        for store in self._stores.iterdir():
            with suppress(OSError):
                old = time.time() - store.stat().st_mtime > _STORE_LIFE
                if store.name.startswith("view-") or (old and store != self._shared):
                    shutil.rmtree(store)


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


def _link_store(store: Path, view: Path) -> None:
    """Copy a store by hard links, so that it can be read while its owner has it open."""
    source, target = store / "xet/xorbs", view / "xet/xorbs"
    for folder in ("shards", "xorbs"):
        (target / folder).mkdir(parents=True)
        for path in sorted((source / folder).glob("[!.]*")):
            os.link(path, target / folder / path.name)
    shutil.copyfile(source / _DATABASE, target / _DATABASE)
