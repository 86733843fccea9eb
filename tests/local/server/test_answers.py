from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest

from hfjobs_magic.local.server.answers import describe_queue
from tests.local.serving import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.local.serving import Server


@pytest.mark.parametrize(
    ("place", "started", "slots", "said"),
    [
        (1, 2, 2, "1st in line, 2 running on this machine."),
        (2, 1, 1, "2nd in line, 1 running on this machine."),
        (3, 2, 2, "3rd in line, 2 running on this machine."),
        (4, 2, 2, "4th in line, 2 running on this machine."),
        (11, 1, 1, "11th in line, 1 running on this machine."),
        (12, 1, 1, "12th in line, 1 running on this machine."),
        (13, 1, 1, "13th in line, 1 running on this machine."),
        (21, 1, 1, "21st in line, 1 running on this machine."),
        (112, 1, 1, "112th in line, 1 running on this machine."),
        # The first of those that wait have a free slot and are about to start.
        (1, 0, 1, None),
        (2, 2, 4, None),
        (3, 2, 4, "1st in line, 4 running on this machine."),
        # More run than may, after a restart with fewer slots.
        (1, 5, 2, "1st in line, 5 running on this machine."),
    ],
)
def test_the_place_in_line_is_said_as_people_say_it(place: int, started: int, slots: int, said: str | None):
    assert describe_queue(place, started, slots) == said


@contextmanager
def event_messages(server: Server, job: str) -> Iterator[Iterator[str]]:
    """The status messages of a job as they change."""
    headers = {"Authorization": f"Bearer {server.token}"}
    with httpx2.stream("GET", f"{server.endpoint}/api/jobs/local/{job}/events", headers=headers, timeout=60) as answer:
        lines = (line for line in answer.iter_lines() if line.startswith("data: "))
        yield (json.loads(line.removeprefix("data: "))["status"]["message"] for line in lines)


def test_a_waiting_job_says_where_it_is_in_line_and_what_it_waits_for(make_server: Callable[..., Server]):
    server = make_server(HFJOBS_LOCAL_SLOTS="1")

    def submit() -> str:
        # The image of uv has nothing that this machine lacks, so it adds nothing to the message.
        return server.api.run_job(
            image="ghcr.io/astral-sh/uv",
            command=["uv", "run", sys.executable, "-c", "import time; time.sleep(600)"],
            namespace="local",
        ).id

    first = submit()
    eventually(lambda: server.stage(first) == "RUNNING")
    second, third, plain = submit(), submit(), server.run("echo", "hello")
    assert server.inspect(first).status.message is None
    assert server.inspect(second).status.message == "1st in line, 1 running on this machine."
    assert server.inspect(third).status.message == "2nd in line, 1 running on this machine."
    message = server.inspect(plain).status.message
    assert message.startswith("3rd in line, 1 running on this machine. The local service runs the command ")
    for statuses in (None, ["SCHEDULING"]):
        listed = {job.id: job.status.message for job in server.api.list_jobs(namespace="local", status=statuses)}
        assert [(listed[job] or "")[:11] for job in (second, third, plain)] == [
            "1st in line",
            "2nd in line",
            "3rd in line",
        ]
    server.cancel(third)
    assert server.inspect(plain).status.message.startswith("2nd in line")
    assert server.inspect(third).status.message is None
    with event_messages(server, plain) as messages:
        assert next(messages).startswith("2nd in line")
        server.cancel(first)
        assert eventually(lambda: "in line" not in (server.inspect(second).status.message or ""))
        assert next(messages).startswith("1st in line")
    server.cancel(second)
    assert server.logs(plain) == ["hello"]
    assert "in line" not in server.wait(plain).status.message
