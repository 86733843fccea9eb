"""What a page is told of outputs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.widgets.output_server import OutputServer
from tests.fakes import FakeFolder, FakeHub
from tests.runtimes import quick_runtime
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def hub() -> FakeHub:
    hub = FakeHub()
    hub.folder = FakeFolder()
    return hub


@pytest.fixture
def follower(hub: FakeHub) -> Iterator[Follower]:
    with ExitStack() as stack:
        runtime = stack.enter_context(quick_runtime(outputs_local=0.01, outputs_missing=(0.01,)))
        made = Follower(runtime, hub, hub.facts)
        made.start()
        yield made
        hub.say(stage="COMPLETED")
        made.stop()
        made.log.close()


def test_a_page_is_told_what_is_seen_and_which_lines_lead_nowhere(hub: FakeHub, follower: Follower):
    sent: list[dict[str, Any]] = []
    server = OutputServer(follower, sent.append)
    hub.folder.show(1, "old", words="first")
    hub.folder.show(2, "scripts", words="", clear=True)
    hub.folder.show(3, "a chart", words="plot")
    hub.say("[output 1] first", "between", "[output 3] plot", stage="RUNNING")
    wait_until(lambda: len(follower.shown.outputs) == 2)
    assert server.trait() == [
        {"number": 3, "line": 2, "revision": 3, "label": "plot"},
        {"number": 0, "line": 0, "revision": 0, "label": ""},
    ]
    server.push()
    assert [one["text"] for one in sent] == ["a chart"]
