"""Ctrl-C while a job is waited for: one error for every way to wait, and the job goes on."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import traceback
import uuid
from typing import TYPE_CHECKING, Any

import pytest

import hfjobs_magic
from hfjobs_magic.api.connect import connect
from hfjobs_magic.errors import TransferInterruptedError, WaitInterruptedError
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.magics.hfjobs import HfJobsMagic
from tests.waiting import UNTIL_TOLD, ctrl_c, tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from hfjobs_magic.local.daemon import Service


FOLLOW = ("follow", "hfjobs_magic.follow.job_book")
"""In the middle of the beginning of following."""


def is_waiting() -> bool:
    """Whether the main thread waits for a job or a sweep."""
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    frames = traceback.extract_stack(frame)
    return any(
        one.filename.endswith(("api/job.py", "api/sweep_ends.py")) and one.name in {"wait", "iterate"}
        for one in frames[:-1]
    ) and frames[-1].filename.endswith("threading.py")


def interrupt(do: Callable[[], Any]) -> str:
    """Press Ctrl-C while something waits; return what is said."""
    with pytest.raises(WaitInterruptedError) as stopped, ctrl_c(is_waiting):
        do()
    return str(stopped.value)


def test_it_is_a_keyboard_interrupt_and_no_exception():
    for kind in (WaitInterruptedError, TransferInterruptedError):
        assert issubclass(kind, KeyboardInterrupt)
        assert not issubclass(kind, Exception)


def test_a_wait_says_what_goes_on_and_how_it_ends(local: Service):
    job = hfjobs_magic.run(f"{UNTIL_TOLD}acc = 1\n", local=True, outputs=["acc"], name="patient")
    waits = [job.wait, job.values["acc"].get, lambda: HfJobsMagic(None).hfjobs(f"wait {job.id} --local")]
    for wait in waits:
        said = interrupt(wait)
        assert said == f"Stopped waiting; job patient keeps running. `%hfjobs cancel {job.id} --local` ends it."
    assert not job.status.is_terminal
    shown = asyncio.run(cancel_await(job))
    assert "Stopped waiting; job patient keeps running." in shown
    tell(local, job.id)
    assert job.values["acc"].get(timeout=120) == 1


async def cancel_await(job: hfjobs_magic.Job) -> str:
    """Cancel an await; return what a notebook shows for what it raises, which stays what it was."""
    task = asyncio.ensure_future(job.values["acc"]._get_async())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as stopped:
        await task
    error: Any = stopped.value
    assert type(error) is asyncio.CancelledError
    return "".join(error._render_traceback_())


def test_a_run_that_waits_names_its_job(local: Service):
    name = f"anew-{uuid.uuid4().hex}"
    said = interrupt(lambda: hfjobs_magic.run(UNTIL_TOLD, local=True, wait=True, name=name))
    assert said.startswith(f"Stopped waiting; job {name} keeps running.")
    (found,) = connect(local=True).jobs(labels={"name": name})
    assert found.id in said
    again = hfjobs_magic.attach(found.id, local=True)

    def wait_in_a_block() -> None:
        with again:
            again.wait()

    assert interrupt(wait_in_a_block) == f"Stopped waiting; job {name} was cancelled."
    with pytest.raises(hfjobs_magic.JobFailedError, match="CANCELED"):
        again.wait(timeout=120)


def test_ctrl_c_while_following_begins_leaves_a_job_that_can_be_waited_for(local: Service):
    started = hfjobs_magic.run("acc = 1\n", local=True, outputs=["acc"], name="begun")
    facts = started.client.inspect(started.id)
    job = hfjobs_magic.Job(started.client, facts, runtime=FollowRuntime())
    pressed: list[str] = []

    def press(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and (frame.f_code.co_name, frame.f_globals["__name__"]) == FOLLOW and not pressed:
            pressed.append("once")
            signal.raise_signal(signal.SIGINT)

    sys.setprofile(press)
    try:
        with pytest.raises(KeyboardInterrupt):
            job.follow()
    finally:
        sys.setprofile(None)
    assert pressed
    assert job.wait(timeout=120).stage == "COMPLETED"


def test_a_sweep_says_it_too(local: Service):
    made = hfjobs_magic.sweep(UNTIL_TOLD, {"n": [1]}, local=True)
    for wait in (made.wait, lambda: list(made.as_completed())):
        said = interrupt(wait)
        assert said == f"Stopped waiting; sweep {made.id} goes on. `%hfjobs cancel @sweep={made.id} --local` ends it."
    made.cancel()
    assert made.wait(timeout=120).is_over
