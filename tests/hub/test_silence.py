"""Silence is of one thread: what the notebook prints while another thread waits for the Hub is printed."""

from __future__ import annotations

import io
import sys
import threading
from contextlib import redirect_stdout

import pytest
from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

from hfjobs_magic.hub.silence import silence
from tests.waiting import PATIENCE_S


@pytest.fixture(autouse=True)
def bars():
    enable_progress_bars()
    yield
    disable_progress_bars()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


class Waiting(threading.Thread):
    """A thread that is silent until `release`, and prints meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.is_silent, self.may_end = threading.Event(), threading.Event()
        self.start()
        assert self.is_silent.wait(PATIENCE_S)

    def run(self) -> None:
        with silence():
            say("of a thread")
            self.is_silent.set()
            self.may_end.wait(PATIENCE_S)
            say("of a thread")

    def release(self) -> None:
        self.may_end.set()
        self.join()


def test_other_threads_print_on(capsys):
    before = sys.stdout
    first, second = Waiting(), Waiting()
    say("while both wait")
    # The one that came first goes first: what it found is not what the other leaves.
    first.release()
    say("while one waits")
    assert are_progress_bars_disabled()
    with silence():
        say("silent here, too")
        with silence():
            say("and within")
        say("and after")
    say("in between")
    second.release()
    say("at the end")
    assert sys.stdout is before
    assert not are_progress_bars_disabled()
    assert capsys.readouterr().out.splitlines() == [
        "while both wait",
        "while one waits",
        "in between",
        "at the end",
    ]


def test_a_stream_that_is_put_in_its_place_meanwhile_stays(capsys):
    waiting, captured = Waiting(), io.StringIO()
    with redirect_stdout(captured):
        say("captured")
        with silence():
            say("nothing")
        waiting.release()
        say("captured, too")
    say("shown")
    with silence():
        say("nothing")
    assert captured.getvalue() == "captured\ncaptured, too\n"
    assert capsys.readouterr().out == "shown\n"
