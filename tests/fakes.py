"""A real fake of the Hub behind the follower's `Client` protocol: a script of what it says, and switches."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.errors import HubUnreachableError
from hfjobs_magic.facts import Hardware, JobFacts, ScheduledFacts
from hfjobs_magic.hub.run_spec import read_spec
from hfjobs_magic.log.batch import LogBatch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hfjobs_magic.hub.run_spec import RunSpec

FACTS = JobFacts(
    id="687fb701029421ae5549d998",
    name="cell-1",
    url="https://hub.test/jobs/me/687fb701029421ae5549d998",
    namespace="me",
    stage="SCHEDULING",
    flavor="cpu-basic",
    created_at=100.0,
)


HARDWARE = (
    Hardware("cpu-basic", "2 vCPU · 16 GB", 0.000167, memory_gb=16),
    Hardware("cpu-upgrade", "8 vCPU · 32 GB", 0.0005, memory_gb=32),
    Hardware("t4-small", "4 vCPU · 15 GB · 1x T4 16 GB", 0.0067, 16, 15, "gpu", 1),
    Hardware("l4x1", "8 vCPU · 30 GB · 1x L4 24 GB", 0.0133, 24, 30, "gpu", 1),
    Hardware("a10g-small", "4 vCPU · 15 GB · 1x A10G 24 GB", 0.0167, 24, 15, "gpu", 1),
    Hardware("t4x4", "16 vCPU · 60 GB · 4x T4 64 GB", 0.0300, 64, 60, "gpu", 4),
    Hardware("a10g-large", "12 vCPU · 46 GB · 1x A10G 24 GB", 0.0250, 24, 46, "gpu", 1),
    Hardware("l40sx1", "8 vCPU · 62 GB · 1x L40S 48 GB", 0.0300, 48, 62, "gpu", 1),
    Hardware("inf2x6", "6 vCPU · 384 GB · Inferentia 192 GB", 0.0010, 192, 384, "neuron", 6),
)
"""Some flavors with the Hub's names."""


class FakeFolder:
    """What a cell has shown: files that the test puts there."""

    def __init__(self) -> None:
        self.files: dict[int, dict[str, Any]] = {}
        self.report: dict[str, Any] | None = None
        self.asked: list[str | list[int]] = []
        """What was asked for, in order: numbers, or "end"."""
        self.lists: list[dict[str, Any]] = []
        """Of files, one an attempt."""
        self.refusals = 0
        """Coming requests that fail."""

    def show(self, number: int, text: str = "", **more: Any) -> None:
        """Put a file there."""
        output = {"output_type": more.pop("kind", "display_data"), "data": {"text/plain": text}, "metadata": {}}
        self.files[number] = {"version": 1, "number": number, "output": output, "bytes": len(text), **more}

    def outputs(self, numbers: Iterable[int], *, room: int) -> list[dict[str, Any]]:
        wanted = list(numbers)
        self._ask(wanted)
        return [self.files[number] for number in wanted if number in self.files]

    def end(
        self, *, without: Collection[int] = (), room: int = 0
    ) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        self._ask("end")
        return [self.files[number] for number in sorted(self.files) if number not in without], self.report

    def read_report(self) -> dict[str, Any] | None:
        self._ask("report")
        return self.report

    def file_lists(self, known: str = "") -> tuple[str, list[dict[str, Any]] | None]:
        stamp = str(self.lists)
        self._ask("files")
        return stamp, None if stamp == known else self.lists

    def _ask(self, what: str | list[int]) -> None:
        self.asked.append(what)
        if self.refusals:
            self.refusals -= 1
            raise HubUnreachableError("Nothing answers at https://hub.test.")


class FakeHub:
    """One job whose log and stage the test moves on; each log connection replays from the start."""

    local = True
    endpoint = "https://hub.test"
    namespace = "me"

    def __init__(self) -> None:
        self.facts = FACTS
        self.lines: list[str] = []
        self.seconds: dict[str, int] = {}
        """When lines were printed, by their text."""
        self.samples: list[dict[str, Any]] = []
        self.cut_after: list[int] = []
        """For each coming log connection, after how many lines it breaks."""
        self.stall_after: list[int] = []
        """For each coming connection that follows, after how many lines it falls silent, until `released`."""
        self.released = False
        self.forgotten = 0
        """Oldest lines that a connection no longer gets."""
        self.close_early = False
        """End the followed stream before the last line, as huggingface_hub 2.4 can."""
        self.refuse_cancel = False
        self.cancelled: list[str] = []
        self.asked: list[str] = []
        """What was asked of it, in order: inspect, list, cancel, logs, metrics."""
        self.changed = threading.Condition()
        self.account = object()
        self.folder: FakeFolder | None = None
        """Set for the job of a cell."""

    def say(self, *lines: str, stage: str | None = None, message: str | None = None) -> None:
        """Print lines, and change the stage."""
        with self.changed:
            self.lines += lines
            if stage:
                self.facts = replace(self.facts, stage=stage, message=message, started_at=101.0)
            self.changed.notify_all()

    def inspect(self, job_id: str) -> JobFacts:
        self.asked.append("inspect")
        assert job_id == self.facts.id
        return self.facts

    def jobs(self, *, status: Collection[str] | None = None, labels: Any = None) -> Iterator[JobFacts]:
        self.asked.append("list")
        return iter([self.facts] if status is None or self.facts.stage in status else [])

    def cancel(self, job_id: str) -> None:
        self.asked.append("cancel")
        if self.refuse_cancel:
            raise HubUnreachableError("Nothing answers at https://hub.test.")
        self.cancelled.append(job_id)
        self.say(stage="CANCELED")

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        self.asked.append("logs" if tail is None else "tail")
        if tail is not None:
            with self.changed:
                yield from self.lines[max(self.forgotten, len(self.lines) - tail) :]
            return
        cut = self.cut_after.pop(0) if self.cut_after else None
        stall = self.stall_after.pop(0) if self.stall_after and follow else None
        sent = self.forgotten
        while True:
            with self.changed:
                end = len(self.lines) - (1 if self.close_early and follow else 0)
                if stall is not None and sent >= stall:
                    self.changed.wait_for(lambda: self.released)
                    return
                if sent >= end:
                    if not follow or self.facts.is_terminal:
                        return
                    self.changed.wait(1)
                    continue
                line = self.lines[sent]
            if sent == cut:
                raise HubUnreachableError("Nothing answers at https://hub.test.")
            yield line
            sent += 1

    def read_log(self, job_id: str, *, follow: bool = False) -> Iterator[LogBatch]:
        for line in self.logs(job_id, follow=follow):
            second = self.seconds.get(line)
            yield LogBatch([line], [] if second is None else [(0, second)], len(line))

    def run_folder(self, facts: JobFacts) -> FakeFolder | None:
        return self.folder

    def spec(self, job_id: str) -> RunSpec:
        """Say how the job was to run: a uv script."""
        owner = {"id": "5e9ecfc04957053f60648a3e", "name": self.facts.namespace, "type": "user"}
        status = {"stage": self.facts.stage, "message": None, "failureCount": 1}
        raw = {"id": job_id, "owner": owner, "status": status, "command": ["uv", "run", "train.py"], "timeout": 1800}
        return read_spec({**raw, "dockerImage": "python:3.12", "flavor": self.facts.flavor}, self.endpoint)

    def hardware(self) -> tuple[Hardware, ...]:
        return HARDWARE

    def last_hardware(self) -> tuple[Hardware, ...]:
        return tuple(self.hardware())

    def page_link(self, job_id: str) -> str:
        return f"https://hub.test/login?code=once&next=/jobs/me/{job_id}"

    def past_metrics(self, job_id: str) -> list[dict[str, Any]]:
        return []

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        self.asked.append("metrics")
        yield from self.samples
        with self.changed:
            self.changed.wait_for(lambda: self.facts.is_terminal, timeout=10)


SCHEDULED = ScheduledFacts(
    id="6923b1c7a1f0c2d4e5f60700",
    name="weekly-report",
    schedule="0 9 * * 1",
    suspended=False,
    namespace="me",
    flavor="a10g-small",
    url="https://hub.test/jobs/me",
)


def scheduled_facts(**changes: Any) -> ScheduledFacts:
    """A scheduled job as the Hub tells it."""
    return replace(SCHEDULED, **changes)


class ManyJobs(FakeHub):
    """A hundred jobs and more, each with a log of its own; counts what is asked."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.all = {f"{number:024x}": replace(FACTS, id=f"{number:024x}", stage="RUNNING") for number in range(count)}

    def end(self, *job_ids: str) -> None:
        """Let jobs end."""
        with self.changed:
            self.all.update({job_id: replace(self.all[job_id], stage="COMPLETED") for job_id in job_ids})
            self.changed.notify_all()

    def inspect(self, job_id: str) -> JobFacts:
        self.asked.append("inspect")
        return self.all[job_id]

    def jobs(self, *, status: Collection[str] | None = None, labels: Any = None) -> Iterator[JobFacts]:
        self.asked.append("list")
        return iter([facts for facts in self.all.values() if status is None or facts.stage in status])

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        self.asked.append("logs")
        yield f"first of {job_id}"
        if follow:
            self._wait_for_end(job_id)
        if self.all[job_id].is_terminal:
            yield f"last of {job_id}"

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        self.asked.append("metrics")
        self._wait_for_end(job_id)
        yield from ()

    def _wait_for_end(self, job_id: str) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.all[job_id].is_terminal)
