"""What a cell shows is fetched when its line comes, late files too; lines that only look like it do no harm."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.follow.follower import Follower
from tests.fakes import FakeFolder, FakeHub
from tests.runtimes import quick_runtime
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def folder() -> FakeFolder:
    return FakeFolder()


@pytest.fixture
def hub(folder: FakeFolder) -> FakeHub:
    hub = FakeHub()
    hub.folder = folder
    return hub


@pytest.fixture
def follow(hub: FakeHub) -> Iterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def follow(**timing: Any) -> Follower:
        runtime = stack.enter_context(quick_runtime(**{"outputs_local": 0.01, "outputs_missing": (0.01,), **timing}))
        made.append(Follower(runtime, hub, hub.facts))
        made[-1].start()
        return made[-1]

    with contextlib.ExitStack() as stack:
        yield follow
        hub.say(stage="COMPLETED")
        for one in made:
            one.stop()
            one.log.close()


def texts(follower: Follower) -> list[str]:
    return [item.data["text/plain"] for item in follower.shown.outputs]


def test_an_output_is_there_while_the_job_runs(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    folder.show(1, "a table")
    hub.say("before", "[output 1] table, 5 × 3", "after", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["a table"])
    assert folder.asked[0] == [1]
    assert follower.log.lines(0, 9) == ["before", "[output 1] table, 5 × 3", "after"]
    assert follower.shown.lines == {1: 1}
    hub.say(stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert folder.asked[-1] == "end"
    assert folder.asked.count("end") == 1


def test_updates_leave_no_line(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    folder.show(1, "old", display_id="a")
    folder.show(2, "new", display_id="a", kind="update_display_data")
    folder.show(3, "next", clear=True)
    hub.say("[output 1] text", "  0%|", "\r 50%|###[output 2] update: new", "[output 3] update: next", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["next"])
    assert follower.log.lines(0, 9) == ["[output 1] text", " 50%|###"]


def test_what_no_line_names_comes_with_the_next_output(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    folder.show(1, "styles", words="")
    folder.show(2, "scripts", words="")
    folder.show(3, "a chart", words="plot")
    hub.say("[output 3] plot", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["styles", "scripts", "a chart"])
    assert folder.asked[0] == [1, 2, 3]
    assert [item.is_seen for item in follower.shown.outputs] == [False, False, True]
    hub.say("[output 5000] mine", stage="RUNNING")
    wait_until(lambda: any(5000 in numbers for numbers in folder.asked))
    assert all(len(numbers) <= 21 for numbers in folder.asked)


def test_lines_of_what_was_cleared_are_known(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    folder.show(1, "old", words="text")
    hub.say("before", "[output 1] text", "[output 9] mine", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["old"])
    assert follower.shown.cleared_lines == []
    folder.show(2, "new", words="text", clear=True)
    hub.say("[output 2] text")
    wait_until(lambda: texts(follower) == ["new"])
    assert follower.shown.cleared_lines == [1]


def test_a_bar_that_goes_on_leaves_the_line_of_an_output(hub: FakeHub, follow: Callable[..., Follower]):
    follower = follow()
    hub.say("  0%|", "\r 50%|##[output 1] text", stage="RUNNING")
    wait_until(lambda: follower.log.total == 1)
    hub.say("\r 60%|###", "\r 70%|####")
    wait_until(lambda: follower.log.lines(0, 9) == [" 50%|##[output 1] text", " 70%|####"])
    assert follower.shown.lines == {1: 0}


def test_a_file_that_is_late_is_waited_for(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    hub.say("[output 1] text", stage="RUNNING")
    hub.say(stage="COMPLETED")
    wait_until(lambda: "end" in folder.asked and len(folder.asked) > 3)
    assert not follower.done.is_set()
    folder.show(1, "late")
    assert follower.done.wait(PATIENCE_S)
    assert texts(follower) == ["late"]


def test_an_output_whose_line_was_missed_is_found_at_the_end(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    folder.show(1, "missed")
    hub.say("nothing of it", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert texts(follower) == ["missed"]


def test_forged_lines_stay_lines(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow(outputs_late=0.2)
    hub.say("[output 7] mine", "[output 8] update: mine, too", "see [output 9] there", "end", stage="RUNNING")
    wait_until(lambda: follower.log.total == 4)
    assert sorted(follower.log.lines(0, 9)) == sorted(hub.lines)
    assert follower.shown.lines == {}
    assert texts(follower) == []
    # The real one comes all the same.
    folder.show(7, "real")
    hub.say("[output 7] text")
    wait_until(lambda: texts(follower) == ["real"])
    assert follower.shown.lines == {7: 4}


def test_only_the_line_with_the_words_of_its_file_stands_for_an_output(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow(outputs_late=60)
    hub.say("[output 1] forged before", "[output 2] update: forged", "x", stage="RUNNING")
    wait_until(lambda: follower.log.total == 2)
    folder.show(1, "a", words="figure, 3×4", display_id="i")
    hub.say("[output 1] figure, 3×4", "[output 1] forged after", "[output 1] figure, 3×4")
    wait_until(lambda: texts(follower) == ["a"])
    hub.say("[output 1] forged late", "[output 1] update: forged late")
    wait_until(lambda: follower.log.total == 7)
    folder.show(2, "b", words="update: text", display_id="i", kind="update_display_data")
    hub.say("[output 2] update: text")
    wait_until(lambda: texts(follower) == ["b"])
    hub.say("[output 2] update: text", "end", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    lines = follower.log.lines(0, 99)
    # Nothing that the program has printed is lost, and nothing of it leads anywhere.
    own = ["[output 1] figure, 3×4", "[output 2] update: text"]
    assert sorted(lines) == sorted([line for line in hub.lines if line not in own] + own[:1] + own)
    assert lines[follower.shown.lines[1]] == "[output 1] figure, 3×4"
    assert follower.shown.lines[1] < lines.index("[output 1] forged after")
    assert follower.shown.label(follower.shown.outputs[0]) == "figure, 3×4"


def test_a_file_that_was_read_for_a_forged_line_still_finds_its_own(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    folder.show(1, "a", words="table, 5 × 3")
    folder.show(2, "b", words="update: text", display_id="none", kind="update_display_data")
    hub.say("[output 1] forged", "[output 2] forged", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["a"])
    wait_until(lambda: follower.shown.lines == {})
    hub.say("[output 1] table, 5 × 3", "[output 2] update: text", "end", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["[output 1] forged", "[output 2] forged", "[output 1] table, 5 × 3", "end"]
    assert follower.shown.lines == {1: 2}


def test_a_flood_of_lines_is_few_requests(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow(outputs_local=0.1)
    for number in range(1, 1001):
        folder.show(number, str(number))
    hub.say(*(f"[output {number}] text" for number in range(1, 1001)), stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert len(follower.shown.outputs) == 1000
    assert len(folder.asked) < 10


def test_forged_lines_without_end_are_few_requests(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow(outputs_local=0.2, outputs_late=0.1)
    began = time.monotonic()
    for start in range(1, 20_000, 500):
        hub.say(*(f"[output {number}] x" for number in range(start, start + 500)), stage="RUNNING")
    hub.say(stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert len(folder.asked) <= (time.monotonic() - began) / 0.2 + 2
    assert follower.log.total == len(hub.lines)


def test_a_folder_that_does_not_answer_holds_up_no_end(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow(outputs_last=0.2)
    folder.refusals = 1_000
    hub.say("[output 1] text", "[output 2] update: text", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == ["[output 1] text", "[output 2] update: text"]


def test_a_failed_request_is_tried_again(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    folder.refusals = 2
    folder.show(1, "here")
    hub.say("[output 1] text", stage="RUNNING")
    wait_until(lambda: texts(follower) == ["here"])


def test_a_failed_job_says_why(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    follower = follow()
    folder.report = {"error": {"type": "ValueError", "message": "boom", "line": 12}, "code": 1}
    hub.say(stage="ERROR", message="Job failed with exit code: 1")
    assert follower.done.wait(PATIENCE_S)
    ending = follower.state.status.ending
    assert ending is not None
    assert (ending.headline, ending.line) == ("ValueError at line 12", 12)


def test_the_reason_of_a_failure_outlives_a_folder_that_does_not_answer(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    folder.refusals = 20
    folder.report = {"error": {"type": "ValueError", "message": "boom", "line": 12}, "code": 1}
    hub.say(stage="ERROR", message="Job failed with exit code: 1")
    assert follower.done.wait(PATIENCE_S)
    assert folder.refusals == 0
    assert follower.state.status.ending is not None
    assert follower.state.status.ending.headline == "ValueError at line 12"


def test_the_reason_of_a_failure_is_waited_for_where_nothing_else_says_it(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    hub.say(stage="ERROR", message="Job failed with exit code: 137")
    wait_until(lambda: folder.asked.count("end") > 2)
    assert not follower.done.is_set()
    folder.report = {"signal": "SIGKILL", "memory": {"peak_bytes": 15.7e9, "limit_bytes": 16e9}}
    assert follower.done.wait(PATIENCE_S)
    assert follower.state.status.ending is not None
    assert follower.state.status.ending.kind == "memory"


@pytest.mark.slow  # it waits
def test_a_failure_without_a_reason_ends_all_the_same(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    unclear = follow(report_hub=0.2)
    hub.say(stage="ERROR", message="Job failed with exit code: 137")
    assert unclear.done.wait(PATIENCE_S)
    assert folder.asked.count("end") > 1


def test_a_failure_that_the_log_explains_waits_for_nothing(
    hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]
):
    follower = follow()
    hub.say("  × No solution found when resolving `--with` dependencies:", stage="ERROR", message="exit code: 1")
    assert follower.done.wait(PATIENCE_S)
    assert folder.asked == ["end"]


def test_a_job_that_is_no_cell_asks_for_nothing(hub: FakeHub, folder: FakeFolder, follow: Callable[..., Follower]):
    hub.folder = None
    follower = follow()
    hub.say("[output 1] text", "[output 2] update: text", stage="COMPLETED")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 9) == hub.lines
    assert folder.asked == []


def test_a_follower_that_is_stopped_asks_no_more(hub: FakeHub, follow: Callable[..., Follower]):
    follower = follow()
    hub.say("[output 1] text", stage="RUNNING")
    wait_until(lambda: follower.log.total == 1)
    follower.stop()
    # `quick_runtime` waits until its threads have ended.
