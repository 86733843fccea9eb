"""One connection to a job's log, read from real answers of a server that says what the test wants."""

from __future__ import annotations

import http.server
import json
import threading
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi

from hfjobs_magic.errors import HubUnreachableError, JobMissingError
from hfjobs_magic.hub.client import JobsClient

if TYPE_CHECKING:
    from collections.abc import Iterator

JOB = "687fb701029421ae5549d998"
DATE = 1778597903
"""2026-05-12T14:58:23Z, which the server's clock says."""


class Hub(http.server.ThreadingHTTPServer):
    """Answers every request with one log, in pieces of a size."""

    daemon_threads = True
    body, size, missing, status, date = b"", 7, 0, 200, DATE

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def client(self) -> JobsClient:
        return JobsClient(endpoint=f"http://127.0.0.1:{self.server_port}", token="hf_test", namespace="me")

    def say(self, *events: tuple[object, str]) -> None:
        """Print lines, each with its time."""
        said = [f"data: {json.dumps({'data': line, 'timestamp': stamp}, ensure_ascii=False)}" for line, stamp in events]
        self.body = "\n\n".join([": keep-alive", *said, ""]).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)
        self.send_header("date", formatdate(self.server.date, usegmt=True))

    def do_GET(self) -> None:
        body, size = self.server.body, self.server.size
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(body) + self.server.missing))
        self.end_headers()
        for at in range(0, len(body), size):
            self.wfile.write(body[at : at + size])


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def lines_and_seconds(hub: Hub, *, follow: bool = True) -> tuple[list[str], list[tuple[str, int]]]:
    """All lines of a connection, and those with which a second begins."""
    lines: list[str] = []
    begun: list[tuple[str, int]] = []
    for batch in hub.client.read_log(JOB, follow=follow):
        lines += batch.lines
        begun += [(batch.lines[at], second) for at, second in batch.seconds]
    return lines, begun


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_lines_come_with_the_seconds_they_were_printed_in(hub: Hub, size: int):
    hub.size = size
    hub.say(
        ("===== Job started at 2026-05-12 14:57:43 =====", "2026-05-12T14:57:43Z"),
        ("one", "2026-05-12T14:58:23.645Z"),
        ("two\u2028of \u00e4 line", "2026-05-12T14:58:23.999Z"),
        ("", "2026-05-12T14:58:24Z"),
        ("\r 10%", "2026-05-12T14:58:26.1Z"),
        ("nobody says when", ""),
    )
    lines = ["one", "two\u2028of \u00e4 line", "", "\r 10%", "nobody says when"]
    assert lines_and_seconds(hub) == (lines, [("one", DATE), ("", DATE + 1), ("\r 10%", DATE + 3)])


def test_it_reads_what_huggingface_hub_reads(local):
    api = HfApi(endpoint=local.endpoint, token=local.token)
    job = api.run_job(
        image="python",
        command=["python", "-c", "for n in range(3000): print(n, 'x' * (n % 90), '\u00e4')"],
        namespace="local",
    )
    client = JobsClient(endpoint=local.endpoint, token=local.token, namespace="local", local=True)
    read = [line for batch in client.read_log(job.id, follow=True) for line in batch.lines]
    assert len(read) == 3000
    assert read == list(api.fetch_job_logs(job_id=job.id, namespace="local", follow=True))
    again = list(client.read_log(job.id))
    assert [line for batch in again for line in batch.lines] == read
    began = api.inspect_job(job_id=job.id, namespace="local").created_at.timestamp()
    seconds = [second for batch in again for _, second in batch.seconds]
    assert seconds == sorted(set(seconds))
    assert int(began) <= seconds[0]


def test_a_replay_ends_where_the_job_prints_on(hub: Hub):
    hub.say(("old", "2026-05-12T14:58:23Z"), ("now", "2026-05-12T14:58:24.9Z"), ("new", "2026-05-12T14:58:25Z"))
    assert lines_and_seconds(hub, follow=False)[0] == ["old", "now"]
    assert lines_and_seconds(hub)[0] == ["old", "now", "new"]


def test_a_stream_that_breaks_off_gives_what_came_and_a_replay_says_so(hub: Hub):
    hub.say(("one", "2026-05-12T14:58:23Z"), ("two", "2026-05-12T14:58:24Z"))
    hub.missing = 100
    assert lines_and_seconds(hub)[0] == ["one", "two"]
    with pytest.raises(HubUnreachableError):
        lines_and_seconds(hub, follow=False)
    hub.body = b""
    with pytest.raises(HubUnreachableError):
        lines_and_seconds(hub)


def test_a_refusal_is_said(hub: Hub):
    hub.status = 404
    with pytest.raises(JobMissingError):
        lines_and_seconds(hub)
