"""What following needs of the world: the Hub, and a place for samples. Tests have fakes of both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.log.batch import LogBatch


class Lister(Protocol):
    """Whoever can say how jobs are: the Hub, and a `JobBook` that remembers what it said."""

    def inspect(self, job_id: str) -> JobFacts:
        """Ask how a job is."""

    def jobs(
        self, *, status: Collection[str] | None = None, labels: Mapping[str, str] | None = None
    ) -> Iterator[JobFacts]:
        """Ask how all jobs are that are in some stages and have some labels.

        They come newest first, and are read page by page as far as the caller goes.
        """


class RunFolder(Protocol):
    """What a cell's job has left in its bucket."""

    def outputs(self, numbers: Iterable[int], *, room: int) -> list[dict[str, Any]]:
        """Read files of what was shown, as far as they are there."""

    def end(self, *, without: Collection[int], room: int) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """Read all of them but for some numbers, and how the job ended where it could say so."""

    def read_report(self) -> dict[str, Any] | None:
        """Read how the job ended, where it could say so."""


class Client(Lister, Protocol):
    """The part of `JobsClient` that following needs."""

    local: bool

    @property
    def account(self) -> Hashable:
        """What those who may share their requests have in common: endpoint and token."""

    def cancel(self, job_id: str) -> None:
        """Ask a job to end."""

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Read log lines."""

    def read_log(self, job_id: str, *, follow: bool = False) -> Iterator[LogBatch]:
        """Read one connection to its log, from the first line and with times."""

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        """Read metrics samples."""

    def run_folder(self, facts: JobFacts) -> RunFolder | None:
        """Open the folder of a cell's job; None for every other job."""


class SampleHistory(Protocol):
    """Samples of a job that this follower did not see, and where those that it sees are kept."""

    def past(self) -> list[dict[str, Any]]:
        """Return the samples so far, oldest first, each with its ``time``."""

    def add(self, at: float, sample: dict[str, Any]) -> None:
        """Keep one."""
