"""The test switch, and what clients make of a Hub that fails: huggingface_hub's own client and ours."""

from __future__ import annotations

import io
import json
import logging
import random
import re
import threading
import time
import types
import warnings
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from huggingface_hub import hf_api
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils import _http

from hfjobs_magic.api import waiting
from hfjobs_magic.api.job import Job
from hfjobs_magic.errors import HubError, JobMissingError, NotLoggedInError
from hfjobs_magic.follow.follower import Follower
from hfjobs_magic.follow.runtime import FollowRuntime
from hfjobs_magic.follow.timing import Timing
from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.input_folder import send_inputs
from hfjobs_magic.hub.request import ImageCommand, Request
from hfjobs_magic.local.server.faults import Faults
from hfjobs_magic.local.spec import JobSpec
from hfjobs_magic.local.storage.store import JobRow
from hfjobs_magic.options.run_options import RunOptions
from hfjobs_magic.script.names.inputs import SentInputs
from tests.local.serving import Server, write_faults
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINES = 2000
JOB = "/api/jobs/local/[0-9a-f]+$"


class FaultyHub:
    """A service whose faults the test sets."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "faults.json"
        self.server = Server(folder / "data", {"HFJOBS_LOCAL_FAULTS": str(self._file)})
        self.client = JobsClient(endpoint=self.server.endpoint, token=self.server.token, namespace="local", local=True)

    def inject(self, *rules: dict[str, Any]) -> None:
        write_faults(self._file, list(rules))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyHub]:
    made = FaultyHub(tmp_path_factory.mktemp("faulty"))
    yield made
    made.inject()
    made.server.stop()


@pytest.fixture
def hub(shared: FaultyHub) -> Iterator[FaultyHub]:
    shared.inject()
    yield shared
    shared.inject()
    # The service counts how often a rule has been used for as long as it reads the same rules.
    shared.server.api.whoami()


@pytest.fixture
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """huggingface_hub waits for seconds before it tries again; its decisions are what is tested here."""
    for module in (hf_api, _http):
        hasty = types.SimpleNamespace(**{**vars(time), "sleep": lambda _: None})
        monkeypatch.setattr(module, "time", hasty)
    monkeypatch.setattr(logging.getLogger("huggingface_hub"), "disabled", True)


def counting(hub: FaultyHub) -> str:
    job = hub.server.python(f"for n in range({LINES}): print(n, 'x' * (n % 50))")
    hub.server.wait(job)
    return job


EXPECTED = [f"{n} {'x' * (n % 50)}" for n in range(LINES)]


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("manner", ["cut", "end"])
def test_a_hundred_random_cuts_lose_no_line_and_double_none(hub: FaultyHub, manner: str):
    job = counting(hub)
    log = (hub.server.folder(job) / "log.sse").read_bytes()
    draw = random.Random(5417)
    # Sorted, because the client gives up after five connections in a row that bring nothing new.
    cuts = sorted(draw.randrange(len(log)) for _ in range(100))
    if manner == "end":
        # In the middle of an event it would fail, see the test of our follower.
        cuts = [log.index(b"\n\n", cut) + 2 for cut in cuts]
    # Once it knows that the job has ended the client connects no more.
    hub.inject({"lag": 3600}, {"path": "/logs$", manner: cuts})
    seen = []
    for line in hub.client.logs(job, follow=True):
        seen.append(line)
        if len(seen) == LINES:
            hub.inject()
    assert seen == EXPECTED


@pytest.mark.usefixtures("_no_waiting")
def test_a_follower_survives_cuts_slow_answers_and_failures_of_every_kind(hub: FaultyHub):
    code = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
    job = hub.server.python(code + f"for n in range({LINES}): print(n, 'x' * (n % 50))")
    facts = hub.client.inspect(job)
    draw = random.Random(1)
    places = sorted(draw.randrange(120_000) for _ in range(40))
    hub.inject(
        {"lag": 0.5},
        {"path": "/logs$", "cut": places[:20]},
        {"path": "/logs$", "end": places[20:]},
        {"path": "/logs$", "status": 502, "times": 2},
        {"path": "/metrics$", "status": 500},
        {"path": JOB, "status": 429, "retry_after": 1, "times": 3},
        {"path": JOB, "delay": 0.05},
    )
    follower = Follower(FollowRuntime(Timing(log_retry=(0.01,))), hub.client, facts)
    follower.start()
    hub.server.tell(job, "go")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, LINES + 1) == EXPECTED
    assert follower.state.facts.stage == "COMPLETED"
    follower.log.close()


@pytest.mark.usefixtures("_no_waiting")
def test_a_follower_notices_streams_that_stall_and_lines_that_were_forgotten(hub: FaultyHub):
    code = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
    job = hub.server.python(
        code + "for n in range(300): print(n, flush=True)\nwhile not os.path.exists('end'): time.sleep(0.01)"
    )
    # The connections after the first no longer get the first ten events: the start marker and nine lines.
    hub.inject({"path": "/logs$", "stall": [1000]}, {"path": "/logs$", "drop": 10})
    timing = Timing(log_retry=(0.01,), silence=0.3, longest_silence=1.0, hanging=0.5)
    follower = Follower(FollowRuntime(timing), hub.client, hub.client.inspect(job))
    follower.start()
    hub.server.tell(job, "go")
    wait_until(lambda: follower.log.total == 300)
    hub.server.tell(job, "end")
    assert follower.done.wait(PATIENCE_S)
    assert follower.log.lines(0, 400) == [str(number) for number in range(300)]
    assert not follower.state.log.missing
    follower.log.close()


@pytest.mark.usefixtures("_no_waiting")
def test_who_waits_without_a_page_is_told_once_that_nobody_answers(hub: FaultyHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waiting, "LASTING_S", 0.1)
    code = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n"
    facts = hub.client.inspect(hub.server.python(code))
    hub.inject({"path": JOB, "status": 503})
    job = Job(hub.client, facts, runtime=FollowRuntime(Timing(poll_retry=(0.01,), log_retry=(0.01,))))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")

        def mend() -> None:
            wait_until(lambda: said)
            hub.inject()
            hub.server.tell(facts.id, "go")

        mending = threading.Thread(target=mend)
        mending.start()
        job.wait(PATIENCE_S)
        mending.join()
    assert [str(item.message) for item in said] == [
        f"The Hub failed (status 503): Injected by the test switch of the local service. Try again. "
        f"Job {facts.name} is still waited for."
    ]


def test_the_stage_lags_behind_the_end_of_the_log(hub: FaultyHub):
    hub.inject({"lag": 3600})
    job = hub.server.run("echo", "done")
    url = f"{hub.server.endpoint}/api/jobs/local/{job}"
    headers = {"Authorization": f"Bearer {hub.server.token}"}
    assert "done" in httpx2.get(url + "/logs", headers=headers, timeout=30).text
    assert hub.server.stage(job) == "RUNNING"
    assert job in [one.id for one in hub.server.api.list_jobs(namespace="local", status="RUNNING")]
    hub.inject()
    assert hub.server.stage(job) == "COMPLETED"


def test_only_what_starts_a_job_says_that_nothing_is_known_to_have_been_submitted(hub: FaultyHub):
    job = hub.server.python("print(1)")
    hub.inject({"path": f"{job}/cancel$", "status": 500}, {"path": JOB, "status": 500})
    with pytest.raises(HubError, match=r"Try again; the job may still run\.$"):
        hub.client.cancel(job)
    with pytest.raises(HubError, match=r"service\. Try again\.$"):
        hub.client.inspect(job)
    hub.inject({"path": "/api/jobs/local$", "method": "POST", "status": 500})
    request = Request(work=ImageCommand("python", ("true",)), options=RunOptions())
    with pytest.raises(HubError, match=r"Try again; nothing is known to have been submitted\.$"):
        hub.client.submit(request, env={}, secrets={})
    hub.inject()
    hub.server.wait(job)


@pytest.mark.parametrize(
    ("rule", "error", "text"),
    [
        ({"status": 401}, NotLoggedInError, r"The Hub does not accept the token: .* Run `hf auth login`"),
        ({"status": 402}, HubError, r"The account needs credit first: .*service\. Add some at https://"),
        (
            {"status": 403},
            HubError,
            r"The token may not do this: .* It needs write access to jobs of `local`\. `hf auth",
        ),
        ({"status": 404}, JobMissingError, r"There is no job .* here"),
        ({"status": 409}, HubError, r"The Hub refused: Injected by the test switch"),
        ({"status": 429, "retry_after": 7}, HubError, r"Too many requests: You have reached .* Try again in 7 s"),
        ({"status": 503}, HubError, r"The Hub failed \(status 503\)"),
    ],
)
def test_our_words_for_every_status_come_from_real_answers(hub: FaultyHub, rule: dict, error: type, text: str):
    hub.inject({"path": JOB, **rule})
    with pytest.raises(error, match=text):
        hub.client.inspect("0" * 24)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (403, r"may not do this: .* It needs write access to buckets of `local`\. `hf auth whoami` lists"),
        (404, r"shows this token no buckets of `local`: .* Is the namespace spelled right\? `hf auth whoami` lists"),
    ],
)
def test_a_bucket_that_may_not_be_used_says_whose_and_the_next_step(hub: FaultyHub, status: int, text: str):
    hub.inject({"path": "/api/buckets/", "status": status})
    with pytest.raises(HubError, match=text), translate_errors(hub.server.endpoint):
        send_inputs(hub.server.api, "local", SentInputs())


def test_a_namespace_that_the_token_does_not_see_is_said_with_the_next_step(hub: FaultyHub):
    hub.inject({"path": "/api/(scheduled-)?jobs/", "status": 404})
    with pytest.raises(HubError, match=r"no jobs of `local`: .* Is the namespace spelled right\?"):
        list(hub.client.jobs())
    with pytest.raises(HubError, match=r"no jobs of `local`: "):
        hub.client.scheduled.jobs()


def test_another_try_is_said_in_one_line_of_ours_and_threads_say_nothing(
    hub: FaultyHub, monkeypatch: pytest.MonkeyPatch
):
    """Only while ours is asked: the reader's own calls keep huggingface_hub's words."""
    said = io.StringIO()
    for handler in logging.getLogger("huggingface_hub").handlers:
        monkeypatch.setattr(handler, "stream", said)
    monkeypatch.setattr(_http, "time", types.SimpleNamespace(**{**vars(time), "sleep": lambda _: None}))
    for status in (503, 429):
        hub.inject({"path": "/api/jobs/local$", "status": status, "retry_after": 2, "times": 3})
        list(hub.client.jobs())
        lines = said.getvalue().splitlines()
        assert len(lines) == 1, lines
        assert re.fullmatch(
            rf"No usable answer from {hub.server.endpoint} yet; trying again, up to \d+ times\.", lines[0]
        )
        said.truncate(said.seek(0))
    hub.inject({"path": "/api/jobs/local$", "status": 503, "times": 1})
    waiting = threading.Thread(target=lambda: list(hub.client.jobs()), name="hfjob-test")
    waiting.start()
    waiting.join()
    assert said.getvalue() == ""
    hub.inject({"path": "/api/jobs/local$", "status": 500, "times": 1})
    list(hub.server.api.list_jobs(namespace="local"))
    assert "HTTP Error 500 thrown while requesting GET" in said.getvalue()
    assert "Retrying in " in said.getvalue()


def test_a_web_page_in_the_place_of_the_hub_is_called_one():
    """A proxy, or the page on which a network asks for a login."""
    with (
        pytest.raises(HubError, match=r"at https://hub is a web page, not the Hub: .* Check the network"),
        translate_errors("https://hub"),
    ):
        json.loads("\n<!DOCTYPE html><html>Welcome to the hotel</html>")


def test_a_rate_limit_has_the_headers_from_which_huggingface_hub_tells_the_wait(hub: FaultyHub):
    hub.inject({"path": JOB, "status": 429, "retry_after": 55})
    with pytest.raises(HfHubHTTPError, match=r"Retry after 55 seconds \(0/500 requests remaining in current 300s"):
        hub.server.inspect("0" * 24)


@pytest.mark.usefixtures("_no_waiting")
def test_a_list_is_asked_for_again_after_a_rate_limit_or_a_failure(hub: FaultyHub):
    for status in (429, 500, 503):
        hub.inject({"path": "/api/jobs/local$", "status": status, "retry_after": 1, "times": 2})
        list(hub.server.api.list_jobs(namespace="local"))


def test_only_the_requests_that_fit_are_touched_and_only_so_often(hub: FaultyHub):
    hub.inject({"path": "/api/jobs/local$", "method": "POST", "status": 500, "times": 1})
    list(hub.server.api.list_jobs(namespace="local"))
    with pytest.raises(HfHubHTTPError):
        hub.server.run("true")
    hub.server.wait(hub.server.run("true"))


def test_without_the_variable_there_are_no_faults(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("HFJOBS_LOCAL_FAULTS", raising=False)
    faults, app = Faults.from_environment(), object()
    assert faults.wrap(app) is app
    job = JobRow("a", 1.0, JobSpec(["true"], "cpu-basic"), stage="COMPLETED", started=1.0, finished=2.0)
    assert faults.delay_end(job, 2.0) is job
    assert faults.take("GET", "/") == {}
