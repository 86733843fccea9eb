"""``job.values``: what a job gives back, each a handle until the job has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.failure import failure_of
from hfjobs_magic.errors import JobFailedError, ValueUnavailableError
from hfjobs_magic.exchange.values import read_manifests
from hfjobs_magic.hub.value_keys import key_of
from hfjobs_magic.values import pickles
from hfjobs_magic.values.copies import hash_file
from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.table import read_value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.values import ValueManifest
    from hfjobs_magic.values.format import ValueFile

SMALL = 20_000_000
"""Bytes of values that come without a question and without a bar."""


class JobValue:
    """A value of a job: a handle, of which `get` makes the value."""

    def __init__(self, job: Job, name: str) -> None:
        self._job, self._name = job, name
        self._manifest: ValueManifest | None = None

    def __repr__(self) -> str:
        facts = self._job.facts
        if self._manifest is not None:
            return f"<{self._name} of job {facts.name}: {self._manifest.type}, {format_size(self._manifest.size)}>"
        return f"<{self._name} of job {facts.name}, last seen {facts.stage}>"

    def __getattr__(self, attribute: str) -> Any:
        """Say that it is a handle, in an AttributeError, as `hasattr` wants it."""
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        raise AttributeError(f"{attribute}: {_explain(self)}")

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def manifest(self) -> ValueManifest:
        """What the job says of it, asked for now.

        Raises
        ------
        ValueUnavailableError
            When it is not there, or could not come back.
        JobFailedError
            When the job failed before it gave one.
        """
        if self._manifest is None:
            self._manifest = self._find()
        return self._manifest

    @property
    def type(self) -> str:
        """Its type in the job, such as ``pandas.DataFrame``."""
        return self.manifest.type

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return self.manifest.size

    @property
    def path(self) -> Path:
        """Folder of this machine with its files, downloaded now where they are not there yet."""
        return self._download(self.manifest)

    def get(self, timeout: float | None = None) -> Any:
        """Wait for the job's end, and return the value; an interrupt stops the waiting, not the job.

        Raises
        ------
        JobFailedError
            When the job failed before it gave one.
        ValueUnavailableError
            When it gave none of that name, or could not send it.
        WaitTimedOutError
            When `timeout` seconds were not enough.
        """
        with suppress(JobFailedError):  # what was complete before is there
            self._job.wait(timeout)
        return self._read()

    def __await__(self) -> Generator[Any, None, Any]:
        """``await acc`` is ``acc.get()``, and leaves the event loop free."""
        return self._get_async().__await__()

    async def _get_async(self) -> Any:
        with suppress(JobFailedError):
            await self._job
        return await asyncio.to_thread(self._read)

    def _find(self) -> ValueManifest:
        folder = self._job.client.run_folder(self._job.facts)
        found = read_manifests(folder.values() if folder else ()).get(self._name)
        if found is not None and not found.refused:
            return found
        if found is not None:
            raise ValueUnavailableError(
                f"{self._name} {found.refused}. It stays in the job; the job's log says so, too."
            )
        facts = self._job.refresh()
        if not facts.is_terminal:
            raise ValueUnavailableError(
                f"{self._name} is a value of job {facts.name}, which is {facts.stage}. "
                f"`{self._name}.get()` or `await {self._name}` waits for it."
            )
        if facts.stage != "COMPLETED":
            raise failure_of(self._job)
        raise ValueUnavailableError(
            f"Job {facts.name} gave no value {self._name} back. Ask for it on the line, as in -o {self._name}."
        )

    def _read(self) -> Any:
        manifest = self.manifest
        folder = self._download(manifest)
        files = [file.path for file in manifest.files]
        try:
            if manifest.format == pickles.NAME:
                key = key_of(self._job.name)
                return pickles.load(key, manifest.name, folder, files, manifest.extra)
            return read_value(manifest.format, folder, files, manifest.extra)
        except RefusedError as error:
            raise ValueUnavailableError(f"{self._name} {error}. Its files are in {folder}.") from error

    def _download(self, manifest: ValueManifest) -> Path:
        """Return where its files are; those that are there already, and right, are not fetched again."""
        import platformdirs  # noqa: PLC0415 - off the load path

        cache = platformdirs.user_cache_path("hfjobs-magic") / "values"
        target = cache / "".join(filter(str.isalnum, self._job.id)) / manifest.attempt / manifest.name
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        missing = {file.path: file.size for file in manifest.files if not _is_there(target, file)}
        folder = self._job.client.run_folder(self._job.facts) if missing else None
        if folder is not None:
            source = f"values/{manifest.attempt}/{manifest.name}"
            folder.download(source, target, missing)
        if wrong := next((file.path for file in manifest.files if not _is_there(target, file)), None):
            raise ValueUnavailableError(
                f"{self._name} did not arrive whole: {wrong} is not what the job sent. Try again."
            )
        return target


def _explain(value: JobValue) -> str:
    return (
        f"{value.name} is a handle on a value of a job, not the value itself. "
        f"`{value.name}.get()` or `await {value.name}` gives it when the job has ended."
    )


def _too_early(name: str) -> Any:
    def refuse(self: JobValue, *_: Any, **__: Any) -> Any:
        raise ValueUnavailableError(_explain(self))

    refuse.__name__ = name
    return refuse


for _name in (
    "__getitem__", "__iter__", "__len__", "__contains__", "__call__", "__float__", "__int__", "__index__", "__bool__",
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__neg__",
    "__matmul__", "__rmatmul__", "__pow__", "__mod__", "__lt__", "__le__", "__gt__", "__ge__", "__format__",
):  # fmt: skip
    setattr(JobValue, _name, _too_early(_name))


class JobValues(Mapping[str, JobValue]):
    """The values of a job; those it has given so far, and those that were asked for."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __getitem__(self, name: str) -> JobValue:
        """Return the handle; one that was not asked for says so when it is used."""
        return JobValue(self._job, name)

    def __iter__(self) -> Iterator[str]:
        """Names."""
        wanted = self._job.options.values_back if self._job.options else ()
        return iter(dict.fromkeys([*(one.name for one in wanted), *self.manifests()]))

    def __len__(self) -> int:
        """Count them."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"JobValues({', '.join(self)})"

    def manifests(self) -> dict[str, ValueManifest]:
        """Return what the job says of each value that it has sent or refused, by name."""
        folder = self._job.client.run_folder(self._job.facts)
        return read_manifests(folder.values() if folder else ())


def _is_there(folder: Path, file: ValueFile) -> bool:
    path = folder / file.path
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return hash_file(path) == file.sha256


def format_size(size: int) -> str:
    """Return bytes as a person reads them.

    >>> format_size(1_250_000)
    '1.2 MB'
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} B"
