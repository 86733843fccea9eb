"""``job.files``: what a job has put into its ``--out-dir``, as a list that can be pulled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from hfjobs_magic.api.pull import Pulled, count_files, pull
from hfjobs_magic.api.remains import is_emptied, say_rerun
from hfjobs_magic.errors import FilesError
from hfjobs_magic.exchange.files import FileList, read_lists
from hfjobs_magic.exchange.versions import NEWER
from hfjobs_magic.records.folders import folder_record
from hfjobs_magic.values.sizes import format_size
from hfjobs_magic.views.life import moment
from hfjobs_magic.views.table import Table

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.exchange.files import JobFile

SHOWN = 50
"""Files that the list shows of itself; it has them all."""


class JobFiles(Sequence["JobFile"]):
    """The files of a job as they were when they were asked for; each has ``path``, ``size``, ``modified``, ``sha256``.

    Attributes
    ----------
    listed
        All that the job says of its folder.
    """

    def __init__(self, job: Job, listed: FileList) -> None:
        self._job = job
        self.listed = job.known_files = listed

    @classmethod
    def of(cls, job: Job) -> JobFiles:
        """Ask for them now.

        Raises
        ------
        HubError
            When the job's folder can't be read.
        """
        folder = job.client.run_folder(job.facts)
        lists = folder.file_lists()[1] if folder else None
        return cls(job, read_lists(lists or ()))

    @overload
    def __getitem__(self, at: int) -> JobFile: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[JobFile]: ...

    def __getitem__(self, at: int | slice) -> JobFile | Sequence[JobFile]:
        """Return one, or some."""
        return self.listed.files[at]

    def __len__(self) -> int:
        """Count them."""
        return len(self.listed.files)

    def __repr__(self) -> str:
        return repr(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    @property
    def size(self) -> int:
        """Bytes of all."""
        return self.listed.size

    @property
    def folder(self) -> str:
        """The folder's path, below the working directory of the job and of the kernel."""
        return self._job.facts.out_dir or self.listed.folder

    def table(self, most: int = SHOWN) -> Table:
        """Lay them out, `most` of them."""
        return Table(
            columns=("File", "Size", "Modified"),
            rows=tuple((one.path, format_size(one.size), moment(one.modified)) for one in self.listed.files[:most]),
            right=frozenset({"Size"}),
            empty="" if len(self) else self.say_empty(),
            note=" ".join(filter(None, (f"{self.summary(most)}." if len(self) else "", self.say_missing()))),
        )

    def summary(self, most: int) -> str:
        """Say how many there are, and how many of them are not among the first `most`; empty without any."""
        number = len(self)
        if not number:
            return ""
        more = f", {number - most:,} of them not shown" if number > most else ""
        return f"{count_files(number)}, {format_size(self.size)}{more}"

    def say_empty(self) -> str:
        """Say why there are none."""
        job = self._job
        if not self.folder:
            return f"Job {job.name} has no files. --out-dir DIR brings a folder of a cell back."
        if job.facts.is_terminal and not self.listed.folder and is_emptied(job):
            perhaps = "" if job.facts.stage == "COMPLETED" else ", or it was ended before it left any"
            return f"Everything that job {job.name} had left was deleted, its files too{perhaps}. {say_rerun(job)}"
        if damaged := self.say_damaged():
            return damaged
        return f"Job {job.name} has put no file into {self.folder}{'' if job.facts.is_terminal else ' yet'}."

    def say_damaged(self) -> str:
        """Say that the list of a job that has ended cannot be read, or not all of it; empty where it can."""
        job, number = self._job, self.listed.damaged
        # While the job runs, it may be half written.
        if not job.facts.is_terminal:
            return ""
        if self.listed.is_newer:
            return f"The list of files of job {job.name} {NEWER}."
        entries = f" ({number:,} entr{'y' if number == 1 else 'ies'} ignored)" if number else ""
        return f"The list of files of job {job.name} is damaged{entries}. {say_rerun(job)}" * self.listed.is_damaged

    def say_missing(self) -> str:
        """Say what the folder has and the list does not; empty where it has everything."""
        listed = self.listed
        # Of a list without any it is said in its place.
        said = [damaged] if len(self) and (damaged := self.say_damaged()) else []
        if listed.waiting_files and not self._job.facts.is_terminal:
            said.append(
                f"{listed.waiting_files:,} more ({format_size(listed.waiting_bytes)}) are still written or copied."
            )
        elif self._job.facts.is_terminal and listed.folder and not (listed.complete or listed.is_damaged):
            said.append("The job was ended before it could copy everything.")
        if listed.left:
            path, why = listed.left[0]
            said.append(f"{path} {why}{f', and {len(listed.left) - 1} more' if len(listed.left) > 1 else ''}.")
        return " ".join(said)

    def pull(
        self,
        target: str | os.PathLike[str] | None = None,
        *,
        only: Collection[str] | None = None,
        overwrite: bool = False,
    ) -> Pulled:
        """Download the files to a folder on this machine, ``./DIR`` by default, without those it has already.

        An interrupted download resumes when it is called again. A file that is here and differs is kept, unless an
        earlier job brought it and it is unchanged since.

        Parameters
        ----------
        target
            Where to.
        only
            Paths of the files that are wanted; all of them by default.
        overwrite
            Put the job's in the place of every file that differs.

        Returns
        -------
        Pulled
            What was ``fetched``, ``present``, ``kept`` and ``missing``, and the ``folder``.

        Raises
        ------
        FilesError
            When the job has no files, or they do not fit there.
        HubError
            When the job's folder can't be read.
        """
        source = self._job.client.run_folder(self._job.facts)
        if source is None or not self.folder:
            raise FilesError(f"Job {self._job.name} has no folder to bring back. Ask for one, as in --out-dir results.")
        if not len(self) and self._job.facts.is_terminal:
            raise FilesError(self.say_empty())
        place = Path(target if target is not None else self.folder).expanduser().resolve()
        record = folder_record(place)
        wanted = [file for file in self.listed.files if only is None or {file.path, file.place} & set(only)]
        done = pull(source, wanted, place, record.read(), overwrite=overwrite)
        hashes = {file.path: file.sha256 for file in wanted}
        record.add({path: hashes[path] for path in done.fetched})
        return done
