"""What Tab can offer: kept answers, and names used before."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import HubUnreachableError
from hfjobs_magic.magics.completion.sources import AGAIN_S, PATIENCE_S, CachedAnswer, KernelSources
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.records.recent_jobs import RecentJobs
from tests.fakes import FACTS
from tests.waiting import PATIENCE_S as TEST_PATIENCE_S
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_kept_until_it_is_old():
    clock, answers = Clock(), iter([("first",), ("second",)])
    asked = CachedAnswer(lambda: next(answers), fresh_s=10, clock=clock)
    assert asked.get() == ("first",)
    clock.now = 9
    assert asked.get() == ("first",)
    clock.now = 11
    assert asked.get() == ("second",)


@pytest.mark.slow  # it waits
def test_a_slow_answer_is_not_waited_for_and_is_there_the_next_time():
    may_answer = threading.Event()

    def fetch() -> tuple[str, ...]:
        may_answer.wait(TEST_PATIENCE_S)
        return ("late",)

    asked = CachedAnswer(fetch, fresh_s=10)
    before = time.monotonic()
    assert asked.get() == ()
    assert time.monotonic() - before < PATIENCE_S + 1
    may_answer.set()
    wait_until(lambda: asked.get() == ("late",))


@pytest.mark.parametrize("error", [HubUnreachableError("Nothing answers."), OSError("no socket")])
def test_offline_the_last_answer_stays_and_the_hub_is_left_alone_for_a_while(error: Exception):
    clock, calls = Clock(), []

    def fetch() -> tuple[str, ...]:
        calls.append(clock.now)
        if len(calls) > 1:
            raise error
        return ("known",)

    asked = CachedAnswer(fetch, fresh_s=10, clock=clock)
    asked.get()
    clock.now = 20
    assert asked.get() == ("known",)
    clock.now += AGAIN_S / 2
    assert asked.get() == ("known",)
    assert len(calls) == 2
    clock.now += AGAIN_S
    asked.get()
    assert len(calls) == 3


def test_names_used_before_are_offered_once_each():
    recent = RecentJobs()
    for labels in (("team=nlp", "draft"), ("team=cv",)):
        recent.add(FACTS, RunOptions(image="python:3.12", labels=labels))
    known = KernelSources(recent)
    assert [item.text for item in known.values("labels", typed="", local=False)] == ["team=", "draft="]
    assert [item.text for item in known.values("image", typed="", local=False)] == ["python:3.12"]
    assert [item.text for item in known.values("namespace", typed="", local=False)] == ["me"]
    assert list(known.values("name", typed="", local=False)) == []


def test_files_are_those_of_the_folder_that_is_typed(tmp_path: Path):
    (tmp_path / "vars").write_text("")
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "more").mkdir()
    known = KernelSources()

    def offered(typed: str) -> list[str]:
        found = known.values("env_file", typed=f"{tmp_path}/{typed}", local=False)
        return [item.text.removeprefix(f"{tmp_path}/") for item in found]

    assert offered("") == ["more/", "vars"]
    assert offered("v") == ["vars"]
    assert offered(".h") == [".hidden"]
    assert offered("nowhere/") == []


def test_volumes_begin_with_an_address_of_the_hub_or_a_folder():
    known = KernelSources()
    offered = [item.text for item in known.values("volumes", typed="hf:", local=False)]
    assert offered == ["hf://buckets/", "hf://datasets/", "hf://models/", "hf://spaces/"]
