"""``--cancel-if-idle``: a job that does nothing is cancelled by the kernel that started it, which says so before."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.idle import check_idle
from hfjobs_magic.api.job import Job
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import JobFailedError, OptionError
from hfjobs_magic.facts import Hardware
from hfjobs_magic.metrics.idle import IdleRule
from hfjobs_magic.options import quantities
from hfjobs_magic.options.run_options import from_keywords
from hfjobs_magic.widgets.card import JobCard
from tests.fakes import FACTS, HARDWARE, FakeHub
from tests.runtimes import quick_runtime
from tests.waiting import tell, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hfjobs_magic.api.runtime import Runtime
    from hfjobs_magic.local.daemon import Service

NOTHING = {"cpu_usage_pct": 0.0, "cpu_millicores": 2000, "memory_used_bytes": 2**30, "gpus": {}}
ENDING = "It had been idle for 0:20, so it was cancelled (--cancel-if-idle)."


class Sleeper(FakeHub):
    """A job of which a sample comes whenever the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = replace(FACTS, stage="RUNNING", started_at=1.0)
        self.clock = 1_000.0

    def metrics(self, job_id: str) -> Iterator[dict[str, Any]]:
        while not self.facts.is_terminal:
            with self.changed:
                self.changed.wait_for(lambda: self.samples or self.facts.is_terminal)
                found, self.samples = self.samples, []
            for sample in found:
                self.clock = sample["at"]
                yield sample

    def see(self, *seconds: float, **changes: Any) -> None:
        """Let samples come at these moments."""
        with self.changed:
            self.samples += [{**NOTHING, "at": 1_000.0 + at, **changes} for at in seconds]
            self.changed.notify_all()


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    with quick_runtime() as made:
        yield made  # type: ignore[misc]


@pytest.fixture
def hub() -> Sleeper:
    return Sleeper()


@pytest.fixture
def card(hub: Sleeper, runtime: Runtime) -> Iterator[JobCard]:
    job = Job(hub, hub.facts, runtime=runtime)  # type: ignore[arg-type]
    card = JobCard(job)
    follower = card._follower
    follower._streams.metrics._clock = lambda: hub.clock
    follower.idle.start(IdleRule(20, has_own_network=False))
    yield card
    hub.say(stage="CANCELED")
    card.close()
    follower.log.close()


def test_a_card_says_when_and_then_why(hub: Sleeper, card: JobCard):
    hub.see(0, 5, 10)
    wait_until(lambda: card._follower.metrics.taken == 3)
    assert card.idle is None
    hub.see(15)
    wait_until(lambda: card.idle == {"since": 1_000.0, "until": 1_020.0})
    assert "It does nothing, and will be cancelled at 1970-01-01 00:17:00 UTC" in card.twin().html
    assert hub.cancelled == []
    hub.see(16, cpu_usage_pct=50)
    wait_until(lambda: card.idle is None)
    hub.see(21, 26, 31, 36)
    wait_until(lambda: hub.cancelled == [FACTS.id])
    wait_until(lambda: card.job["stage"] == "CANCELED" and card.notice == ENDING)
    assert ENDING in card.twin().html


def test_who_says_keep_keeps_it(hub: Sleeper, card: JobCard):
    hub.see(0, 16)
    wait_until(lambda: card.idle is not None)
    card._handle_custom_msg({"type": "keep"}, [])
    wait_until(lambda: card.idle is None)
    hub.see(20, 40, 60)
    wait_until(lambda: card._follower.metrics.taken == 5)
    assert (card.idle, hub.cancelled) == (None, [])


def test_a_cancel_that_is_refused_is_sent_again_later(hub: Sleeper, card: JobCard):
    hub.refuse_cancel = True
    hub.see(0, 16, 22)
    wait_until(lambda: "Cancel did not work" in card.notice)
    hub.refuse_cancel = False
    hub.see(30, 50)
    wait_until(lambda: card._follower.metrics.taken == 5)
    assert hub.cancelled == []
    hub.see(70, 95)
    wait_until(lambda: hub.cancelled == [FACTS.id])


def test_nobody_judges_what_no_sample_shows():
    options = from_keywords({"cancel_if_idle": "20m"})
    tpu = Hardware("inf2x6", "", 0.001, 192, 384, "neuron", 6)
    with pytest.raises(OptionError, match="does not say how busy the accelerator of inf2x6 is"):
        check_idle(options, tpu)
    for hardware in (None, *HARDWARE[:5]):
        check_idle(options, hardware)
    check_idle(from_keywords({"cancel_if_idle": "20m", "local": True}), tpu)
    with pytest.raises(OptionError, match=r"--cancel-if-idle soon is not a time. Write 90,"):
        from_keywords({"cancel_if_idle": "soon"})
    for text in ("5s", "59"):
        with pytest.raises(
            OptionError, match=rf"^--cancel-if-idle {text} is less than a minute, .* --cancel-if-idle 1m\.$"
        ):
            from_keywords({"cancel_if_idle": text})
    from_keywords({"cancel_if_idle": "1m"})
    with pytest.raises(OptionError, match="--cancel-if-idle and --schedule do not go together: this kernel watches"):
        from_keywords({"cancel_if_idle": "20m", "schedule": "@daily"})


def test_a_job_that_sleeps_is_cancelled_and_one_that_works_is_not(local: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quantities, "SHORTEST_IDLE_S", 1)
    sleeps = "import time\nfor _ in range(6000):\n    time.sleep(0.1)\n"
    works = "import os\nwhile not os.path.exists('go'):\n    pass\n"
    options = {"local": True, "script": True, "cancel_if_idle": "8s", "timeout": "5m"}
    busy = hfjobs_magic.run(works, **options)
    idle = hfjobs_magic.run(sleeps, **options)
    said = rf"idle for 0:\d+: will be cancelled at .*{idle.id}.*lets it run"
    with pytest.warns(UserWarning, match=said), pytest.raises(JobFailedError):
        idle.wait(timeout=240)
    assert idle.stage == "CANCELED"
    follower = RUNTIME.follower(busy.client, busy.facts)
    wait_until(lambda: follower.metrics.taken >= 3)
    assert not busy.facts.is_terminal
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tell(local, busy.id)
        busy.wait(timeout=240)
