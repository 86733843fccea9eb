"""What kernel and page say to each other, as examples in tests/wire that js/test/kernel/wire.test.ts reads.

Traits and messages are those of real widgets on a fake Hub, with clocks that stand still. A field that is renamed here
changes an example and fails the test here until the files are written anew (``HFJOBS_WRITE_WIRE=1``), and then the
test of the page, which reads the old name; renamed there, it fails there.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.earlier import Earlier
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.scheduled_job import ScheduledJob
from hfjobs_magic.errors import JobMissingError
from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.exchange.outputs import Output
from hfjobs_magic.facts import Hardware, JobFacts
from hfjobs_magic.follow.job_list import JobQuery, JobRows
from hfjobs_magic.follow.list_watcher import ListWatcher
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.follow.state import LogState, with_ending
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.records.notebooks import Note
from hfjobs_magic.script.script import from_source
from hfjobs_magic.views.table import jobs_table
from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.scheduled import ScheduledCard
from hfjobs_magic.widgets.table import JobsTable
from hfjobs_magic.widgets.traits import write_failure, write_stream_note
from tests.conftest import ROOT
from tests.fakes import FACTS, SCHEDULED, FakeFolder, FakeHub
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pytest

FOLDER = ROOT / "tests" / "wire"
NOW = 1_000.0
ERROR = {"type": "ValueError", "message": "boom", "line": 12}
EARLIER = "e" * 24
HARDWARE = Hardware("a10g-small", "4 vCPU · 15 GB · A10G 24 GB", 0.0167)


class Heard(dict[str, Any]):
    """A message of the page that knows which of its fields were read."""

    def __init__(self, message: dict[str, Any]) -> None:
        super().__init__(message)
        self.read: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.read.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.read.add(key)
        return super().__getitem__(key)


class Example:
    """Traits and messages of one kind of widget, as they come together."""

    def __init__(self) -> None:
        self.traits: dict[str, list[Any]] = {}
        self.to_page: list[Any] = []
        self.to_kernel: list[Any] = []

    def see(self, widget: Any, *names: str) -> None:
        """Keep traits as they are sent now, each value once."""
        for name, value in widget.get_state(names).items():
            self.add(name, value)

    def add(self, name: str, value: Any) -> None:
        """Keep a value of a trait."""
        values = self.traits.setdefault(name, [])
        if value not in values:
            values.append(value)

    def say(self, widget: Any, **message: Any) -> None:
        """Let the page say something; the widget has to read all of it."""
        self.to_kernel.append(message)
        heard = Heard(message)
        widget._handle_custom_msg(heard, [])
        assert heard.read >= set(message), message

    def check(self, name: str) -> None:
        """Compare with what is in the file, or write it."""
        made = {"traits": dict(sorted(self.traits.items())), "to_page": self.to_page, "to_kernel": self.to_kernel}
        text = json.dumps(made, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        path = FOLDER / f"{name}.json"
        if os.environ.get("HFJOBS_WRITE_WIRE") == "1":
            FOLDER.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert json.loads(path.read_text(encoding="utf-8")) == json.loads(text), (
            "What the kernel says has changed: HFJOBS_WRITE_WIRE=1 writes tests/wire anew."
        )


def synced(kind: type[Any]) -> set[str]:
    """Names of the traits that a page gets of a widget, without those of anywidget and ipywidgets."""
    return {name for name in kind.class_own_traits(sync=True) if not name.startswith("_")}


class Card(JobCard):
    """A card that keeps what it sends to its pages."""

    def __init__(self, handle: Job) -> None:
        self.sent: list[Any] = []
        self.pulses: list[Any] = []
        super().__init__(handle)

    def send(self, content: Any, buffers: Any = None) -> None:
        (self.pulses if content["type"] == "pulse" else self.sent).append(content)


def make_card(hub: FakeHub) -> Card:
    hub.local = False
    hub.facts = replace(FACTS, flavor="a10g-small", out_dir="results", image="ghcr.io/astral-sh/uv:python3.12-bookworm")
    options = RunOptions(flavor="a10g-small", timeout="30m", secrets=("HF_TOKEN",))
    script, runtime = from_source("print(1)"), FollowRuntime(clock=lambda: NOW)
    job = Job(hub, hub.facts, script=script, options=options, hardware=HARDWARE, runtime=runtime)  # type: ignore[arg-type]
    before = replace(FACTS, id=EARLIER, name="train-0", stage="RUNNING", flavor="a10g-small", started_at=NOW - 66)
    other = Jobs()
    other.all = {EARLIER: before}
    note = Note(EARLIER, before.name, "", local=False, namespace=before.namespace)
    job.earlier = (Earlier(note, other, before),)  # type: ignore[arg-type]
    return Card(job)


def make_sample(replica: str, cpu: float) -> dict[str, Any]:
    gpu = {"utilization": 71, "memory_used_bytes": 19_000_000_000, "memory_total_bytes": 24_000_000_000}
    return {
        "cpu_usage_pct": cpu,
        "memory_used_bytes": 4_000_000_000,
        "memory_total_bytes": 16_000_000_000,
        "rx_bps": 1_000,
        "tx_bps": 2_000,
        "gpus": {"0": gpu},
        "replica": replica,
    }


FILES = {
    "version": 1,
    "folder": "results",
    "files": [{"path": "model.bin", "size": 3, "modified": 5.0, "sha256": "0" * 64}],
    "waiting": {"files": 2, "bytes": 7_000},
}
LOG = (
    "  0%|          | 0/20 [00:00<?, ?it/s]\r 25%|##5       | 5/20 [00:05<00:15,  1.00it/s]",
    "{'loss': 0.5, 'learning_rate': 5e-05, 'epoch': 0.25}",
    "{'loss': 0.4, 'learning_rate': 4e-05, 'epoch': 0.5}",
    "\x1b[31mERROR\x1b[0m one",
    "two",
)


def test_a_card_speaks_as_the_examples_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    # Where its samples are recorded; none of an earlier run of this test are there.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    example, hub = Example(), FakeHub()
    card = make_card(hub)
    example.see(card, *synced(JobCard))
    hub.samples = [make_sample(replica, cpu) for cpu in (10.0, 30.0) for replica in ("a", "b")]
    hub.seconds = {LOG[1]: 1_000}
    hub.say(*LOG, stage="RUNNING", message="Pulling the image")
    wait_until(lambda: card.log["total"] == len(LOG) and card.stream == "live")
    wait_until(lambda: card._follower.metrics.taken == len(hub.samples))
    example.see(card, "job", "stream", "log")
    log = LogState("reconnecting", retry_at=NOW + 10, missing=True)
    state = replace(card._follower.state, log=log, status=replace(card._follower.state.status, trouble="No answer."))
    example.add("stream_note", write_stream_note(state))
    failed = replace(state, status=with_ending(state.status, read_end({"error": ERROR}, None, [], "")))
    example.add("job", {**card.job, "failure": write_failure(failed, None)})
    card._follower.shown.lines[1] = 2
    card._follower.shown.outputs = (Output(1, "display_data", {"text/plain": "a table"}, revision=1),)
    card._follower.do(card._show)
    wait_until(lambda: len(card.outputs) == 1)
    example.see(card, "outputs")
    wait_until(lambda: len(card.sent) == 1)
    pushed = card.sent.pop()
    example.say(card, type="outputs", numbers=[1])
    wait_until(lambda: card.sent == [pushed])
    card.sent.clear()
    example.say(card, type="lines", first=1, count=2)
    wait_until(lambda: len(card.sent) == 1)
    assert card.sent[0] == {"type": "lines", "first": 1, "lines": list(LOG[1:3]), "times": [[1, 1_000]]}
    example.say(card, type="search", id=7, query="ERR", case=True, regex=False, **{"from": 0})
    wait_until(lambda: len(card.sent) == 2)
    assert card.sent[1]["lines"] == [3]
    example.say(card, type="search", id=8, query="(", case=False, regex=True, **{"from": 0})
    wait_until(lambda: len(card.sent) == 3)
    assert card.sent[2]["error"]
    example.say(card, type="page-link", id=9, job=FACTS.id)
    wait_until(lambda: len(card.sent) == 4)
    assert card.sent[3]["url"].startswith("https://hub.test/login?code=")
    example.say(card, type="rerun", id=10, change=None, send=False, anyway=False)
    wait_until(lambda: len(card.sent) == 5)
    assert card.sent[4]["change"] == {"flavor": "a10g-small", "timeout": "30m", "dependencies": ""}
    hub.folder = FakeFolder()
    hub.folder.lists = [FILES]
    example.say(card, type="files", has=None)
    wait_until(lambda: len(card.sent) == 6)
    assert card.sent[5]["files"] == [["model.bin", 3, 5.0]]
    hub.folder = None
    example.say(card, type="pull", path="model.bin")
    wait_until(lambda: len(card.sent) == 7)
    assert "no folder to bring back" in card.sent[6]["said"]
    wait_until(lambda: bool(card.pulses))
    example.to_page = [*card.sent, pushed, card.pulses[0]]
    example.say(card, type="here")
    example.say(card, type="announce", id=EARLIER)
    example.say(card, type="poll", seen=-1)
    wait_until(lambda: card.sent[-1]["type"] == "answer")
    example.to_page.append(card.sent[-1])
    card._earlier._worker.stop()  # how a card is made is none of this test's
    example.say(card, type="show-earlier", id=EARLIER)
    example.say(card, type="cancel-earlier", id=EARLIER)
    wait_until(lambda: card.earlier[0]["cancelling"])
    example.see(card, "earlier")
    example.say(card, type="keep")
    example.say(card, type="cancel")
    wait_until(lambda: hub.cancelled == [FACTS.id])
    assert card._follower.done.wait(PATIENCE_S)
    wait_until(lambda: card.stream == "complete")
    example.see(card, "job", "stream", "metrics", "training", "progress")
    example.add("notice", "The Hub is not reachable.")
    example.add("cancelling", True)
    example.add(
        "right_size", "Peak memory 3.73 of 14.9 GB (25 %) (sampled). Cheaper with memory for that: t4-small $0.40."
    )
    example.add("idle", {"since": 300.0, "until": 1500.0})
    example.add("again", [[FACTS.id, "anywidget:model"]])
    assert set(example.traits) == synced(JobCard)
    card._follower.log.close()
    card.close()
    example.check("card")


class Table(JobsTable):
    """A table that keeps what it sends to its pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[Any] = []
        self.pulses: list[Any] = []
        super().__init__(*args, **kwargs)

    def send(self, content: Any, buffers: Any = None) -> None:
        (self.pulses if content["type"] == "pulse" else self.sent).append(content)


class Jobs(FakeHub):
    """Five jobs that run, until one is cancelled or goes."""

    def __init__(self) -> None:
        super().__init__()
        self.namespace = "ada"
        self.all = {
            job.id: job
            for job in (
                replace(
                    FACTS,
                    id=f"{number:024x}",
                    name=f"train-{number}",
                    stage="RUNNING",
                    owner="ada",
                    labels={"name": f"train-{number}", "team": "nlp"},
                    started_at=101.0,
                )
                for number in range(5)
            )
        }

    def jobs(self, *, status: Sequence[str] | None = None, labels: object = None) -> Iterator[JobFacts]:
        return iter([job for job in self.all.values() if status is None or job.stage in status])

    def inspect(self, job_id: str) -> JobFacts:
        if job_id not in self.all:
            raise JobMissingError(f"There is no job {job_id}.")
        return self.all[job_id]

    def cancel(self, job_id: str) -> None:
        self.cancelled.append(job_id)

    def script_texts(self, job_id: str) -> None:
        """Return nothing: these jobs ran an image."""

    def hardware(self) -> list[Hardware]:
        return [HARDWARE]


def test_a_table_speaks_as_the_examples_say():
    example, hub = Example(), Jobs()
    first, second, third, *_ = hub.all
    reruns: list[str] = []

    def rerun(job: JobFacts) -> JobFacts:
        reruns.append(job.id)
        return replace(job, id="f" * 24)

    listed = JobRows(tuple(hub.all.values()), more=True)
    runtime = FollowRuntime(clock=lambda: NOW)
    watch = ListWatcher(runtime, hub, JobQuery(), listed, rerun=rerun, clock=lambda: NOW)  # type: ignore[arg-type]
    prices = {"cpu-basic": 0.000167, "h100": None}
    table = Table(watch, jobs_table(listed.jobs, empty="None."), empty="No jobs are running.", prices=prices)
    assert table.place["id"].startswith("table-")
    table.place = {**table.place, "id": "table-0123456789abcdef"}
    example.see(table, *synced(JobsTable))
    example.say(table, type="watch", view="a1b2c3", visible=True, seq=0)
    wait_until(lambda: table.status["watching"])
    hub.all[first] = replace(hub.all[first], stage="ERROR", message="exit code: 1", finished_at=130.0)
    del hub.all[second]
    wait_until(lambda: bool(table.sent) and {first, second} <= {*_ids(table.sent)})
    example.to_page = _joined(table.sent)
    example.say(table, type="page-link", id=9, job=third)
    # Rows may come after it: why a job failed is found out meanwhile.
    wait_until(lambda: any(one["type"] == "page-link" for one in table.sent))
    wait_until(lambda: bool(table.pulses))
    example.to_page += [next(one for one in table.sent if one["type"] == "page-link"), table.pulses[0]]
    example.say(table, type="here")
    example.say(table, type="cancel", ids=[third])
    wait_until(lambda: hub.cancelled == [third] and table.status["cancelling"] == [third])
    example.see(table, "status")
    hub.say("{'loss': 0.5, 'epoch': 0.5}", "{'loss': nan, 'epoch': 1.0}")
    example.say(table, type="compare", ids=[first])
    wait_until(lambda: table.sent[-1]["type"] == "curves")
    example.to_page.append(table.sent[-1])
    example.say(table, type="sweep", do="cancel")
    example.say(table, type="keep", id=third)
    example.say(table, type="rerun", id=first)
    wait_until(lambda: reruns == [first])
    example.say(table, type="card", id=third)
    wait_until(lambda: third in table.cards)
    assert table.cards[third].startswith("anywidget:")
    example.add("cards", {third: "anywidget:0123456789abcdef0123456789abcdef"})
    example.say(table, type="watch", view="a1b2c3", visible=False, seq=1)
    wait_until(lambda: not table.status["watching"])
    assert set(example.traits) == synced(JobsTable)
    card = table._open[third]
    table.close()
    card._follower.log.close()
    example.check("table")


def _ids(messages: list[Any]) -> Iterator[str]:
    for message in messages:
        yield from (row["id"] for row in message["changed"])
        yield from message["gone"]


def _joined(messages: list[Any]) -> list[Any]:
    """One message of several: what changed may be seen in one look or in two."""
    changed = [row for message in messages for row in message["changed"]]
    return [{**messages[0], "changed": changed, "gone": [one for message in messages for one in message["gone"]]}]


class Schedules(FakeHub):
    """A scheduled job that does what it is told; `scheduled` as the real client has it."""

    def __init__(self) -> None:
        super().__init__()
        self.local = False
        self.scheduled = self
        self.schedule = replace(SCHEDULED, last_job=FACTS.id, last_at=400.0, next_at=2_000.0, timeout_s=1_800.0)
        self.asked: list[str] = []

    def inspect(self, job_id: str) -> Any:
        return self.facts if job_id == self.facts.id else self.schedule

    def suspend(self, job_id: str) -> None:
        self._change("suspend", job_id, suspended=True)

    def resume(self, job_id: str) -> None:
        self._change("resume", job_id, suspended=False)

    def delete(self, job_id: str) -> None:
        self._change("delete", job_id)

    def _change(self, verb: str, job_id: str, **changes: Any) -> None:
        assert job_id == SCHEDULED.id
        self.asked.append(verb)
        self.schedule = replace(self.schedule, **changes)


class Schedule(ScheduledJob):
    """One whose trigger starts no job; what it costs and who may is tested elsewhere."""

    def trigger(self) -> Job:
        self.client.asked.append("trigger")  # type: ignore[attr-defined]
        return Job(self.client, replace(FACTS, created_at=500.0))


def test_the_card_of_a_schedule_speaks_as_the_examples_say():
    example, hub = Example(), Schedules()
    handle = Schedule(hub, hub.schedule, hardware=HARDWARE)  # type: ignore[arg-type]
    card = ScheduledCard(handle, clock=lambda: NOW)
    busy: list[str] = []
    card.observe(lambda change: busy.append(change["new"]), names="busy")
    example.see(card, *synced(ScheduledCard))
    example.say(card, type="here")
    example.say(card, type="refresh")
    wait_until(lambda: bool(card.last))
    example.see(card, "last")
    example.say(card, type="page-link", id=9, job=FACTS.id)
    for verb in ("suspend", "resume", "trigger", "delete"):
        example.say(card, type=verb)
        wait_until(lambda: card._worker.is_idle)
        assert hub.asked[-1] == verb
        example.see(card, "job", "last")
    assert busy == ["suspend", "", "resume", "", "trigger", "", "delete", ""]
    for verb in busy:
        example.add("busy", verb)
    example.add("notice", "The Hub is not reachable.")
    assert card.job["deleted"]
    wait_until(lambda: card._page_links._worker.is_idle)
    assert set(example.traits) == synced(ScheduledCard)
    card.close()
    example.check("scheduled")


def test_no_example_holds_what_changes_by_run():
    texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.json"))]
    assert len(texts) == 3
    for text in texts:
        assert str(ROOT) not in text
