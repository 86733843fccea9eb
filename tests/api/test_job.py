"""Job as Python uses it, on a real local service."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.errors import JobFailedError, OptionError
from tests.waiting import wait_until

if TYPE_CHECKING:
    from hfjobs_magic.local.daemon import Service


def test_a_job_can_be_awaited_while_the_loop_goes_on(local: Service):
    async def both() -> tuple[str, int]:
        turns = 0

        async def turn() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.01)

        other = asyncio.create_task(turn())
        job = await hfjobs_magic.run("import time; time.sleep(0.5)", local=True)
        other.cancel()
        return job.stage, turns

    stage, turns = asyncio.run(both())
    assert stage == "COMPLETED"
    assert turns > 10


def test_awaiting_a_job_that_fails_raises(local: Service):
    async def failing() -> None:
        await hfjobs_magic.run("1 / 0", local=True)

    with pytest.raises(JobFailedError, match="ZeroDivisionError"):
        asyncio.run(failing())


def test_a_block_that_raises_cancels_its_job(local: Service):
    with pytest.raises(ValueError, match="mine"), hfjobs_magic.run("import time; time.sleep(600)", local=True) as job:
        raise ValueError("mine")
    wait_until(lambda: job.stage == "CANCELED")
    with hfjobs_magic.run("print(1)", local=True) as good:
        good.wait(timeout=120)
    assert good.stage == "COMPLETED"


def test_a_job_pickles_to_its_id_and_knows_its_labels_and_cost(local: Service):
    job = hfjobs_magic.run("print('kept')", local=True, name="pickled", labels={"team": "nlp"}).wait(timeout=120)
    data = pickle.dumps(job)
    assert local.token.encode() not in data
    again = pickle.loads(data)  # noqa: S301 - our own
    assert again.id == job.id
    assert list(again.logs()) == ["kept"]
    assert again.labels["team"] == "nlp"
    assert again.cost == 0.0
    assert again.status.stage == "COMPLETED"


def test_a_rerun_takes_changes_where_the_script_is_known(local: Service):
    job = hfjobs_magic.run("import sys; print(sys.argv[1:])", local=True, script_args=["a"]).wait(timeout=120)
    changed = job.rerun(script_args=["b"], name="changed").wait(timeout=120)
    assert list(changed.logs()) == ["['b']"]
    assert changed.name == "changed"
    with pytest.raises(OptionError, match="is not known here"):
        hfjobs_magic.attach(job.id, local=True).rerun(name="other")


TRAINING = "for step in range(1, 4):\n    print({'loss': 1 / step, 'epoch': step / 4})\nprint('seed: 42')"


def test_training_metrics_are_read_from_the_log_whether_or_not_the_job_is_followed(local: Service):
    job = hfjobs_magic.run(TRAINING, local=True).wait(timeout=120)
    other = hfjobs_magic.run(TRAINING, local=True, no_log_metrics=True).wait(timeout=120)
    assert other.open_follower(other).training.trait() == {}
    for found in (job.training_metrics(), hfjobs_magic.attach(job.id, local=True).training_metrics()):
        assert [{**record, "time": 0} for record in found] == [
            {"time": 0, "epoch": step / 4, "loss": pytest.approx(1 / step)} for step in range(1, 4)
        ]
    assert list(job.training_metrics().to_pandas().columns) == ["time", "epoch", "loss"]
    # Who asks for them gets them, though the card shows none.
    assert len(other.training_metrics()) == 3
