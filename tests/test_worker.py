"""Tasks off the main thread: named, in order, bounded, and each alone with its faults."""

from __future__ import annotations

import contextvars
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.worker import Worker, defer_interrupt, start_thread
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    import logging


def alive(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def test_ctrl_c_waits_for_the_end_of_a_step():
    done, handler = list[str](), signal.getsignal(signal.SIGINT)

    def do_both() -> None:
        with defer_interrupt():
            with defer_interrupt():
                signal.raise_signal(signal.SIGINT)
                done.append("first")
            done.append("second")
        done.append("third")

    with pytest.raises(KeyboardInterrupt):
        do_both()
    assert done == ["first", "second"]
    assert signal.getsignal(signal.SIGINT) is handler


def test_tasks_are_done_in_order_and_one_that_waits_already_is_not_added_again():
    worker, go_on, done = Worker("line"), threading.Event(), list[str]()
    worker.do("first", lambda: (go_on.wait(PATIENCE_S), done.append("first"))[0])
    for name in ("second", "third", "second"):
        worker.do(name, lambda name=name: done.append(name))
    go_on.set()
    wait_until(lambda: worker.is_idle)
    assert done == ["first", "second", "third"]
    wait_until(lambda: alive("line") == 0)


def test_a_task_that_fails_is_logged_with_its_traceback_and_ends_no_other(errors_logged: list[logging.LogRecord]):
    worker, done = Worker("line"), list[str]()
    worker.do("fails", lambda: 1 // 0)
    worker.do("works", lambda: done.append("works"))
    wait_until(lambda: worker.is_idle)
    assert done == ["works"]
    assert [record.exc_info[0] for record in errors_logged] == [ZeroDivisionError]


def test_as_many_tasks_run_at_a_time_as_it_has_threads():
    worker, go_on, running, most = Worker("line", threads=2), threading.Event(), list[int](), list[int]()

    def task() -> None:
        running.append(1)
        most.append(len(running))
        go_on.wait(PATIENCE_S)
        running.pop()

    for name in "abcd":
        worker.do(name, task)
    wait_until(lambda: len(running) == 2)
    assert alive("line") == 2
    go_on.set()
    wait_until(lambda: worker.is_idle and len(most) == 4)
    assert max(most) == 2


def test_a_worker_that_is_stopped_finishes_what_has_begun_and_nothing_more():
    worker, begun, go_on, done = Worker("line"), threading.Event(), threading.Event(), list[str]()
    worker.do("first", lambda: (begun.set(), go_on.wait(PATIENCE_S), done.append("first"))[0])
    worker.do("second", lambda: done.append("second"))
    assert begun.wait(PATIENCE_S)
    worker.stop()
    worker.stop()
    worker.do("third", lambda: done.append("third"))
    go_on.set()
    wait_until(lambda: worker.is_idle)
    assert done == ["first"]


def test_a_task_runs_in_the_context_of_whoever_asked_for_it():
    variable, seen = contextvars.ContextVar[str]("variable"), list[str]()
    worker, go_on = Worker("line"), threading.Event()
    variable.set("first")
    worker.do("first", lambda: (go_on.wait(PATIENCE_S), seen.append(variable.get()))[0])
    variable.set("second")
    worker.do("second", lambda: seen.append(variable.get()))
    go_on.set()
    wait_until(lambda: worker.is_idle)
    assert seen == ["first", "second"]
    start_thread("single", lambda: seen.append(variable.get())).join(PATIENCE_S)
    assert seen[-1] == "second"
