"""What a job that has ended used: on its handle, its card, the twin of that, and in `%hfjobs hardware --fits`."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.sweep_usage import SweepUsage
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.magics.commands.ls import VERBS
from hfjobs_magic.records.jobs import record_of
from hfjobs_magic.widgets.card import JobCard
from tests.fakes import FACTS, HARDWARE, FakeHub
from tests.runtimes import quick_runtime
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.api.runtime import Runtime

A10G = next(item for item in HARDWARE if item.flavor == "a10g-small")
USED = "Peak memory 2.00 of 14.0 GB (14 %), peak GPU memory 4.00 of 22.0 GB (18 %), GPU 25 % on average (sampled)"
CHEAPER = "t4-small $0.40, l4x1 $0.80; a10g-small is $1.00 an hour. Memory only; speed is not known."


class Measured(FakeHub):
    """A job on a GPU that ran for `ran_s`, a sample of every ten seconds of which is on record."""

    def __init__(self, ran_s: float = 400.0, *, local: bool = False, stage: str = "COMPLETED") -> None:
        super().__init__()
        self.local = local
        self.facts = replace(
            FACTS,
            id=f"{id(self):024x}",
            flavor="a10g-small",
            stage=stage,
            started_at=1_000.0,
            finished_at=1_000 + ran_s,
        )
        record = record_of(self.facts.id)
        for sample in [] if local else self.past_metrics(self.facts.id):
            record.add(sample["time"], sample)

    def past_metrics(self, job_id: str) -> list[dict[str, Any]]:
        gpu = {"utilization": 25, "memory_used_bytes": 4 * 2**30, "memory_total_bytes": 22 * 2**30}
        used = {"memory_used_bytes": 2**31, "memory_total_bytes": 14 * 2**30, "gpus": {"0": gpu}}
        return [{"time": 1_000.0 + second, "span": 10, **used} for second in range(0, 400, 10)]


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with quick_runtime() as made:
        yield made  # type: ignore[misc]


def open_card(hub: FakeHub, runtime: Runtime) -> JobCard:
    card = JobCard(Job(hub, hub.facts, hardware=A10G, runtime=runtime))  # type: ignore[arg-type]
    assert card._follower.done.wait(PATIENCE_S)
    wait_until(lambda: card.stream == "complete")
    return card


def close(card: JobCard) -> None:
    card.close()
    card._follower.log.close()


def test_a_card_says_what_would_have_been_enough(runtime: Runtime):
    hub = Measured()
    card = open_card(hub, runtime)
    wait_until(lambda: card.right_size == f"{USED}. Cheaper with memory for that: {CHEAPER}")
    assert ["Used", USED] in card.details
    assert ["Cheaper", CHEAPER] in card.details
    assert card.right_size in card.twin().html
    size = card._handle.right_size
    assert size is not None
    assert (size.advice, [item.flavor for item in size.cheaper]) == (card.right_size, ["t4-small", "l4x1"])
    close(card)


@pytest.mark.parametrize(
    ("hub", "used"),
    [
        # What another flavor would have needed by the end nobody knows.
        ({"stage": "ERROR"}, USED),
        ({"stage": "CANCELED"}, USED),
        ({"local": True}, USED),
        ({"ran_s": 700}, USED.replace("(sampled)", "(sampled for 6:40 of 11:40)")),
        ({"ran_s": 299}, None),
    ],
)
def test_where_nothing_can_be_claimed_nothing_is(hub: dict[str, Any], used: str | None, runtime: Runtime):
    card = open_card(Measured(**hub), runtime)
    wait_until(lambda: card.job["stage"] == hub.get("stage", "COMPLETED") and card._follower.is_whole)
    assert card.right_size == ""
    wait_until(lambda: dict(card.details).get("Used") == used)
    assert "Cheaper" not in dict(card.details)
    close(card)


def fits(hub: FakeHub, selector: str = "@latest") -> Any:
    verb = next(verb for verb in VERBS if "hardware" in verb.names)
    return verb.run(hub, Namespace(job_id=selector, gpu_memory=None))  # type: ignore[arg-type]


def test_flavors_that_have_the_memory_of_a_job_are_listed():
    answer = fits(Measured())
    assert answer.ids == ("t4-small", "l4x1", "a10g-small", "a10g-large", "t4x4", "l40sx1")
    assert answer.shown.note == (
        f"{USED.removesuffix(' (sampled)')}; sampled once a second, so a tenth is left to spare. "
        "Memory only; speed is not known."
    )
    assert fits(Measured(stage="ERROR")).shown.note.endswith("What did not complete may have needed more.")
    assert fits(Measured(local=True)).shown.note.endswith("elsewhere it may use another amount.")


def test_a_job_that_nobody_saw_is_not_guessed_at():
    with pytest.raises(OptionError, match=r"Nobody here saw what cell-1 used, and the Hub keeps no samples\."):
        fits(FakeHub())


def test_a_service_that_does_not_answer_is_not_taken_for_a_job_that_nobody_saw():
    class Silent(Measured):
        def past_metrics(self, job_id: str) -> list[dict[str, Any]]:
            raise HubError("The local service does not answer.")

    with pytest.raises(HubError, match="does not answer"):
        fits(Silent(local=True))


def test_a_sweep_says_what_its_runs_used_together_and_how_many_of_them_were_seen():
    hubs = [Measured(), Measured(), Measured(stage="RUNNING")]
    jobs = [*(Job(hub, hub.facts) for hub in hubs), None]  # type: ignore[arg-type]
    usage = SweepUsage(SimpleNamespace(client=hubs[0], hardware=A10G))  # type: ignore[arg-type]
    assert usage.right_size(jobs) is None
    assert usage.unread(jobs) == jobs[:2]
    for job in usage.unread(jobs):
        usage.read(job)
    assert not usage.unread(jobs)
    used = USED.replace("(sampled)", "(sampled in 2 of 4 runs)")
    assert str(usage.right_size(jobs)) == f"{used}. Cheaper with memory for that: {CHEAPER}"
    # Three that nobody saw, or that took no five minutes together, say nothing.
    short, unseen = Measured(ran_s=100.0), FakeHub()
    unseen.facts = replace(unseen.facts, stage="COMPLETED")
    few = [Job(hub, hub.facts) for hub in (short, unseen)]  # type: ignore[arg-type]
    for job in usage.unread(few):
        usage.read(job)
    assert usage.right_size(few) is None
