"""``job.values``: what a job gives back, each a handle until the job has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.failure import failure_without
from hfjobs_magic.api.remains import is_emptied, read_report, say_cut_short, say_rerun, was_cut_short
from hfjobs_magic.api.value_cache import make_room, place_value
from hfjobs_magic.api.waiting import explain_interrupt, say_running
from hfjobs_magic.errors import HfJobsError, JobFailedError, ValueUnavailableError
from hfjobs_magic.exchange.values import read_manifests
from hfjobs_magic.hub.value_keys import key_of
from hfjobs_magic.values import pickles
from hfjobs_magic.values.copies import hash_file
from hfjobs_magic.values.format import RefusedError
from hfjobs_magic.values.memory import count_memory
from hfjobs_magic.values.pending import PendingValue
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.values.table import FORMATS, read_value

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.values import ValueManifest
    from hfjobs_magic.values.format import ValueFile

SMALL = 20_000_000
"""Bytes of values, of their files and in memory, that come without a question and without a bar."""


class JobValue(PendingValue):
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

    def describe_pending(self, name: str) -> str:
        """Return whose it is, and what brings it."""
        facts = self._job.facts
        if facts.is_terminal:
            way = f"`{name} = {name}.get()` brings it, or says why it cannot come"
        else:
            way = f"`{name} = {name}.get()` waits for it; then run this cell again"
        return f"a value of job {facts.name} ({facts.stage}) that is not here yet; {way}"

    def describe_part(self) -> str:
        """Return whose it is, and what to put into the container."""
        facts = self._job.facts
        return f"{self._name} of job {facts.name} ({facts.stage}), which is not here yet; put {self._name}.get() there"

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def has_ended(self) -> bool:
        """Whether its job has ended, as far as is known here."""
        return self._job.facts.is_terminal

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
    def memory_size(self) -> int:
        """Bytes that it takes once it is read, as its files say, downloaded now where they are not there yet."""
        manifest = self.manifest
        if manifest.format not in FORMATS:
            return manifest.size
        files = [file.path for file in manifest.files]
        return count_memory(FORMATS[manifest.format].NAME, self._download(manifest), files, manifest.extra)

    @property
    def path(self) -> Path:
        """Folder of this machine with its files, downloaded now where they are not there yet."""
        return self._download(self.manifest)

    def get(self, timeout: float | None = None) -> Any:
        """Wait for the job's end, and return the value.

        Raises
        ------
        JobFailedError
            When the job failed before it gave one.
        ValueUnavailableError
            When it gave none of that name, or could not send it.
        WaitTimedOutError
            When `timeout` seconds were not enough.
        WaitInterruptedError
            On Ctrl-C, which stops the waiting, not the job.
        TransferInterruptedError
            On Ctrl-C while the value is fetched.
        """
        with explain_interrupt(lambda: say_running([self._job])):
            if self._manifest is None:
                self._check_wanted()
            with suppress(JobFailedError):  # what was complete before is there
                self._job.wait(timeout)
            return self._read()

    def __await__(self) -> Generator[Any, None, Any]:
        """``await acc`` is ``acc.get()``, and leaves the event loop free."""
        return self._get_async().__await__()

    async def _get_async(self) -> Any:
        with explain_interrupt(lambda: say_running([self._job])):
            if self._manifest is None:
                await asyncio.to_thread(self._check_wanted)
            with suppress(JobFailedError):
                await self._job
            return await asyncio.to_thread(self._read)

    def _find(self) -> ValueManifest:
        job, name = self._job, self._name
        found = job.values.manifests().get(name)
        if found is not None and not found.refused:
            return found
        if found is not None:
            # What the job has refused is in its log, too.
            way = f" {say_rerun(job)}" if found.is_damaged else " It did not come back." if found.is_known else ""
            raise ValueUnavailableError(f"{name} {found.refused}.{way}")
        self._check_wanted()
        facts = job.refresh()
        if not facts.is_terminal:
            raise ValueUnavailableError(
                f"{name} is a value of job {facts.name}, which is {facts.stage}. "
                f"`{name}.get()` or `await {name}` waits for it."
            )
        if facts.stage != "COMPLETED":
            raise failure_without(job, name)
        report = read_report(job)
        if report is None:
            what = f"everything that job {facts.name} had left"
            raise ValueUnavailableError(f"{name} was deleted with {what}. {say_rerun(job)}")
        if was_cut_short(report):
            raise ValueUnavailableError(f"{name} did not come back. {say_cut_short(job, name)}")
        raise ValueUnavailableError(
            f"{name} is missing in the folder of job {facts.name}. Try again in a moment; "
            f"if it stays away, it was deleted. {say_rerun(job)}"
        )

    def _check_wanted(self) -> None:
        """Refuse a name that the job was not asked for: no waiting brings it."""
        wanted = self._job.values.wanted
        if self._name in wanted:
            return
        said = f"it gives back {', '.join(wanted)}" if wanted else "it gives nothing back"
        raise ValueUnavailableError(
            f"Job {self._job.name} was not asked for {self._name}: {said}. "
            f"Run the cell again with -o {self._name} on its line."
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
        target = place_value(self._job.id, manifest.attempt, manifest.name)
        missing = {file.path: file.size for file in manifest.files if not _is_there(target, file)}
        for path in missing:
            # Never written over: an array may be mapped from it.
            (target / path).unlink(missing_ok=True)
        folder = self._job.client.run_folder(self._job.facts) if missing else None
        hashes: dict[Path, str] = {}
        if folder is not None:
            source = f"values/{manifest.attempt}/{manifest.name}"
            try:
                hashes = folder.download(source, target, missing)
            except BaseException:
                for path in missing:
                    (target / path).unlink(missing_ok=True)
                raise
        came = [file for file in manifest.files if file.path in missing]
        if wrong := next((file.path for file in came if not _is_there(target, file, hashes)), None):
            raise ValueUnavailableError(
                f"{self._name} did not arrive whole: {wrong} is not what the job sent. Try again."
            )
        if came:
            make_room(target)
        return target


def _explain(value: JobValue) -> str:
    """Say that it is a handle, and what `get` would do."""
    what = f"{value.name} is a handle on a value of a job, not the value itself."
    way = f"`{value.name}.get()` or `await {value.name}`"
    if not value.has_ended:
        return f"{what} {way} gives it when the job has ended."
    try:
        _ = value.manifest
    except HfJobsError as error:
        return f"{what} {error}"
    return f"{what} {way} gives it."


def _too_early(name: str) -> Any:
    def refuse(self: JobValue, *_: Any, **__: Any) -> Any:
        raise ValueUnavailableError(_explain(self))

    refuse.__name__ = name
    return refuse


for _name in (
    "__getitem__", "__iter__", "__len__", "__contains__", "__call__", "__float__", "__int__", "__index__", "__bool__",
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__neg__",
    "__matmul__", "__rmatmul__", "__pow__", "__mod__", "__lt__", "__le__", "__gt__", "__ge__", "__format__",
    "__eq__", "__ne__", "__array__", "__floordiv__", "__rfloordiv__", "__abs__", "__setitem__", "__and__", "__or__",
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
        return iter(dict.fromkeys([*self.wanted, *self.manifests()]))

    def __len__(self) -> int:
        """Count them."""
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"JobValues({', '.join(self)})"

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names that were asked for with ``-o``; read from its folder where another kernel has started it."""
        if self._job.options is not None:
            return tuple(one.name for one in self._job.options.values_back)
        folder = self._job.client.run_folder(self._job.facts)
        return folder.read_wanted() if folder else ()

    def say_missing(self) -> str:
        """Say which values of a job that has ended are not there, and why; empty where all are."""
        job = self._job
        there = self.manifests()
        missing = [name for name in self.wanted if name not in there]
        if not missing or not job.refresh().is_terminal:
            return ""
        if job.facts.stage != "COMPLETED":
            gone = " All that it had left was deleted, or it was ended before it left any." if is_emptied(job) else ""
            return f"Job {job.name} ended in {job.facts.stage} before it sent {', '.join(missing)}.{gone}"
        report, names = read_report(job), ", ".join(missing)
        if report is None:
            what = f"Everything that job {job.name} had left was deleted"
            return f"{what}, its values too: {names}. {say_rerun(job)}"
        if was_cut_short(report):
            return f"Job {job.name} sent no {names}. {say_cut_short(job, names)}"
        return f"Missing in the folder of job {job.name}: {names}. {say_rerun(job)}"

    def manifests(self) -> dict[str, ValueManifest]:
        """Return what the job says of each value that it has sent or refused, by name."""
        folder = self._job.client.run_folder(self._job.facts)
        return read_manifests(folder.values() if folder else ())


def _is_there(folder: Path, file: ValueFile, hashes: Mapping[Path, str] = MappingProxyType({})) -> bool:
    """Return whether a file is what it should be; one whose hash is already found right is not read again."""
    path = folder / file.path
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    return hashes.get(path) == file.sha256 or hash_file(path) == file.sha256
