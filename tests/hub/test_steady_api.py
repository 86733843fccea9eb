"""A request of one thread closes huggingface_hub's client for all of them: a question is asked again, a job is not."""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
import time
import types
from typing import TYPE_CHECKING, Any

import pytest
from huggingface_hub import HfApi, close_session, get_session
from huggingface_hub.utils import _http, http_backoff

from hfjobs_magic.hub import steady_api
from hfjobs_magic.hub.steady_api import SteadyApi
from tests.http_server import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

JOB = {
    "id": "687fb701029421ae5549d998",
    "owner": {"id": "1", "name": "me", "type": "user"},
    "status": {"stage": "RUNNING", "message": None},
    "arguments": ["x" * 500_000],
}
"""More than is read at a time: what is waited for when its connection is closed still comes, what follows does not."""


class Hub(http.server.ThreadingHTTPServer):
    """Answers every request with a job, or with one in a list; the first one only when the client was closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.was_asked, self.was_closed = threading.Event(), threading.Event()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Hub

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.was_asked.set()
        self.server.was_closed.wait(60)
        body = json.dumps([JOB] if self.path.endswith("/jobs/me") and self.command == "GET" else JOB).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as server, in_thread(server):
        yield server
        server.was_closed.set()


def meet_a_dead_server() -> None:
    """What another thread does: ask where nobody listens, for which huggingface_hub closes the client of all."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Handler) as taken:
        port = taken.server_port
    with pytest.raises(Exception, match="refused"):
        http_backoff("GET", f"http://127.0.0.1:{port}/", max_retries=0)


def close_under(hub: Hub, call: Callable[[], Any]) -> list[Any]:
    """Make a call, close its client while it waits for its answer, and give what came of it."""
    came: list[Any] = []

    def ask() -> None:
        try:
            came.append(call())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            came.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    assert hub.was_asked.wait(60)
    meet_a_dead_server()
    hub.was_closed.set()
    asking.join(60)
    return came


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda api: api.inspect_job(job_id=JOB["id"], namespace="me").id, f"/api/jobs/me/{JOB['id']}"),
        (lambda api: next(iter(api.list_jobs(namespace="me"))).id, "/api/jobs/me"),
    ],
)
def test_a_question_is_asked_again_when_its_client_was_closed(hub: Hub, call: Any, path: str):
    api = SteadyApi(endpoint=hub.endpoint, token="hf_test")
    assert close_under(hub, lambda: call(api)) == [JOB["id"]]
    assert hub.asked == [f"GET {path}"] * 2


def test_a_job_that_may_have_been_started_is_not_started_again(hub: Hub):
    api = SteadyApi(endpoint=hub.endpoint, token="hf_test")
    start = lambda: api.run_job(image="python", command=["true"], namespace="me")  # noqa: E731
    (came,) = close_under(hub, start)
    assert isinstance(came, Exception), "nobody can say whether it runs"
    assert hub.asked == ["POST /api/jobs/me"]


class Late(SteadyApi):
    """Another thread closes the client between the moment that it is taken and the one in which it sends."""

    closes = 1

    def _build_hf_headers(self, *args: Any, **options: Any) -> dict[str, str]:
        if self.closes:
            self.closes -= 1
            closing = threading.Thread(target=close_session)
            closing.start()
            closing.join()
        return super()._build_hf_headers(*args, **options)


def test_a_job_that_was_not_sent_is_sent_again(hub: Hub):
    hub.was_closed.set()
    api = Late(endpoint=hub.endpoint, token="hf_test")
    assert api.inspect_job(job_id=JOB["id"], namespace="me").id == JOB["id"]
    api.closes = 1
    assert api.run_job(image="python", command=["true"], namespace="me").id == JOB["id"]
    assert hub.asked == [f"GET /api/jobs/me/{JOB['id']}", "POST /api/jobs/me"]


def test_it_is_tried_again_once_and_never_where_nobody_listens(hub: Hub):
    hub.was_closed.set()
    api = Late(endpoint=hub.endpoint, token="hf_test")
    api.closes = 5
    with pytest.raises(RuntimeError, match="closed"):
        api.run_job(image="python", command=["true"], namespace="me")
    assert api.closes == 3
    assert hub.asked == []


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.inspect_job(job_id=JOB["id"], namespace="me"),
        lambda api: list(api.list_jobs(namespace="me")),
        lambda api: api.cancel_job(job_id=JOB["id"], namespace="me"),
    ],
)
def test_a_question_that_nobody_answers_is_given_up(hub: Hub, monkeypatch: pytest.MonkeyPatch, call: Any):
    """As after a laptop has slept: the connection is there, and nothing ever comes."""
    monkeypatch.setattr(steady_api, "QUESTION_S", 0.2)
    monkeypatch.setattr(_http, "time", types.SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))
    with pytest.raises(Exception, match="timed out"):
        call(SteadyApi(endpoint=hub.endpoint, token="hf_test"))


def test_a_submission_and_the_readers_own_calls_wait_as_long_as_they_take(hub: Hub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(steady_api, "QUESTION_S", 0.2)
    with pytest.raises(Exception, match="timed out"):
        SteadyApi(endpoint=hub.endpoint, token="hf_test").inspect_job(job_id=JOB["id"], namespace="me")
    waits: list[Any] = []
    client = get_session()
    hooks = client.event_hooks
    client.event_hooks = {
        **hooks,
        "request": [*hooks["request"], lambda sent: waits.append(sent.extensions["timeout"])],
    }
    hub.was_closed.set()
    SteadyApi(endpoint=hub.endpoint, token="hf_test").run_job(image="python", command=["true"], namespace="me")
    HfApi(endpoint=hub.endpoint, token="hf_test").inspect_job(job_id=JOB["id"], namespace="me")
    assert [wait["read"] for wait in waits] == [None, None]
