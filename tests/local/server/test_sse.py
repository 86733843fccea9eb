from __future__ import annotations

import asyncio
import json
import os
import re
import threading
from typing import TYPE_CHECKING

import httpx2
import pytest

from hfjobs_magic.local.jobs.frames import frame
from hfjobs_magic.local.jobs.recorder import Recording, read_samples
from hfjobs_magic.local.server import sse
from tests.local.serving import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.serving import Server

MARK = frame("===== Job started at 2026-11-24 10:00:00 =====", "2026-11-24T10:00:00Z")


def events_of(text: str) -> list[dict[str, str]]:
    return [json.loads(line[6:]) for line in text.split("\n\n") if line.startswith("data: {")]


def test_a_log_on_the_wire_is_the_hubs(server: Server):
    job = server.run("sh", "-c", "echo one; echo two")
    server.wait(job)
    answer = server.http("GET", f"/api/jobs/local/{job}/logs")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["date"]
    marker, *lines = events_of(answer.text)
    assert re.fullmatch(r"===== Job started at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d =====", marker["data"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", marker["timestamp"])
    assert [line["data"] for line in lines] == ["one", "two"]
    stamps = [line["timestamp"] for line in lines]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp) for stamp in stamps)
    assert stamps == sorted(stamps)


def test_tail_gives_the_start_line_and_the_last_lines(server: Server):
    job = server.run("sh", "-c", "for n in 1 2 3 4 5; do echo $n; done")
    server.wait(job)
    for count, expected in (
        (0, []),
        (1, ["5"]),
        (3, ["3", "4", "5"]),
        (5, list("12345")),
        (99, list("12345")),
    ):
        text = server.http("GET", f"/api/jobs/local/{job}/logs?tail={count}").text
        assert [event["data"] for event in events_of(text)][1:] == expected
        assert text.startswith('data: {"data":"===== Job started at ')
    assert server.logs(job, tail=2) == ["4", "5"]


def test_a_follower_sees_lines_as_they_come_and_the_stage_is_final_when_the_stream_ends(server: Server):
    code = "import os, time\nprint('one', flush=True)\nwhile not os.path.exists('go'): time.sleep(0.01)\nprint('two')"
    job = server.python(code)
    url = f"{server.endpoint}/api/jobs/local/{job}/logs"
    with httpx2.stream("GET", url, headers={"Authorization": f"Bearer {server.token}"}, timeout=30) as answer:
        chunks = answer.iter_text()
        text = ""
        while '"one"' not in text:
            text += next(chunks)
        (server.folder(job) / "work" / "go").touch()
        text += "".join(chunks)
    assert server.stage(job) == "COMPLETED"
    assert [event["data"] for event in events_of(text)][1:] == ["one", "two"]


def test_many_followers_see_the_same(server: Server):
    code = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\nfor n in range(1000): print(n)"
    job = server.python(code)
    seen: list[list[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(server.logs(job))) for _ in range(10)]
    for thread in threads:
        thread.start()
    eventually((server.folder(job) / "work").exists)
    (server.folder(job) / "work" / "go").touch()
    for thread in threads:
        thread.join()
    assert seen == [[str(n) for n in range(1000)]] * 10


def collect(path: Path, tail: int | None, over: list[bool]) -> bytes:
    async def all_of_it() -> bytes:
        return b"".join([part async for part in sse.stream_log(path, tail, lambda: over.pop(0), asyncio.Event())])

    return asyncio.run(all_of_it())


def test_a_log_that_never_came_is_an_empty_stream(tmp_path: Path):
    assert collect(tmp_path / "log.sse", None, [False, False, True]) == b""


def test_silence_is_filled_with_comments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sse, "KEEP_ALIVE", 0.0)
    assert collect(tmp_path / "log.sse", None, [False, False, True]) == b": keep-alive\n\n" * 2


@pytest.mark.parametrize("chunk", [7, 64, 1 << 18])
@pytest.mark.parametrize("tail", [0, 1, 2, 50, 1000])
def test_tail_is_right_for_every_chunk_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, tail: int):
    monkeypatch.setattr(sse, "CHUNK", chunk)
    path = tmp_path / "log.sse"
    lines = [frame(str(n), "2026-11-24T10:00:00.000Z") for n in range(100)]
    path.write_text(MARK + "".join(lines))
    expected = MARK + "".join(lines[-tail:] if tail else [])
    assert collect(path, tail, [False, *[True] * 10_000]).decode() == expected


def test_a_log_that_holds_the_start_line_only_has_an_empty_tail(tmp_path: Path):
    path = tmp_path / "log.sse"
    path.write_text(MARK)
    assert collect(path, 3, [True, True, True]).decode() == MARK


def test_metrics_on_the_wire_are_the_hubs_and_end_with_the_job(make_server):
    server = make_server(HFJOBS_LOCAL_SLOTS="1")
    first = server.run("sleep", "60")
    job = server.python("import time\nprint('up', flush=True)\ntime.sleep(60)", flavor="cpu-upgrade")
    url = f"{server.endpoint}/api/jobs/local/{job}/metrics"
    with httpx2.stream("GET", url, headers={"Authorization": f"Bearer {server.token}"}, timeout=30) as answer:
        assert server.stage(job) == "SCHEDULING"
        server.cancel(first)
        chunks = answer.iter_text()
        text = next(chunks)
        server.saw(job, "up")
        # The first sample may be of a job whose process is not there yet.
        while not re.search(r'"memory_used_bytes": ?[1-9].*\n\n', text):
            text += next(chunks)
        server.cancel(job)
        text += "".join(chunks)
    events = [event.split("\n") for event in text.split("\n\n") if event.startswith("event: ")]
    assert {name for name, _ in events} == {"event: metric"}
    samples = [json.loads(data.removeprefix("data: ")) for _, data in events]
    sample = next(sample for sample in samples if sample["memory_used_bytes"])
    assert list(sample) == [
        "cpu_usage_pct",
        "cpu_millicores",
        "memory_used_bytes",
        "memory_total_bytes",
        "rx_bps",
        "tx_bps",
        "gpus",
        "replica",
    ]
    assert sample["replica"] == job[-5:]
    assert server.stage(job) == "CANCELED"
    assert server.http("GET", f"/api/jobs/local/{job}/metrics").status_code == 406


def test_the_history_of_metrics_begins_with_the_job_and_outlives_it_and_the_service(make_server):
    server = make_server()
    job = server.python("import time\nprint('up', flush=True)\ntime.sleep(60)")
    history = f"/api/jobs/local/{job}/metrics/history"
    eventually(lambda: len(server.http("GET", history).json()) >= 3)
    started = server.api.inspect_job(job_id=job, namespace="local").started_at.timestamp()
    server.kill()
    with (server.data_dir / "jobs" / job / "metrics.jsonl").open("a") as file:
        file.write('{"time": 1, "cpu_us')  # as a service that was killed may leave it
    server.start()
    eventually(lambda: len(server.http("GET", history).json()) >= 5)
    server.cancel(job)
    samples = server.http("GET", history).json()
    times = [sample.pop("time") for sample in samples]
    assert times[0] - started < 2
    assert times == sorted(times)
    assert set(samples[-1]) >= {"cpu_usage_pct", "memory_used_bytes", "gpus", "replica"}
    assert server.http("GET", history.replace(job, "0" * 24)).status_code == 404


def test_a_long_history_is_thinned_out_evenly(tmp_path: Path):
    recording = Recording(tmp_path / "metrics.jsonl", "abcde", max_samples=20)
    for second in range(100):
        recording.take(os.getpid(), 1000.0 + second)
    again = Recording(tmp_path / "metrics.jsonl", "abcde", max_samples=20)
    again.take(os.getpid(), 1104.0)
    samples = read_samples(tmp_path / "metrics.jsonl")
    assert len(samples) <= 20
    assert samples[0]["time"] == 1000.0
    assert samples[-1]["time"] == 1104.0
    assert {sample["span"] for sample in samples} == {8.0}


def test_events_tell_every_change_of_the_status_and_end_with_the_last(server: Server):
    job = server.python("import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)")
    url = f"{server.endpoint}/api/jobs/local/{job}/events"
    with httpx2.stream("GET", url, headers={"Authorization": f"Bearer {server.token}"}, timeout=30) as answer:
        chunks = answer.iter_text()
        text = ""
        while '"RUNNING"' not in text:
            text += next(chunks)
        (server.folder(job) / "work" / "go").touch()
        text += "".join(chunks)
    stages = [event["status"]["stage"] for event in events_of(text)]
    assert stages[-2:] == ["RUNNING", "COMPLETED"]
    assert set(stages[:-2]) <= {"SCHEDULING"}


def test_each_attempt_has_its_start_line_and_the_stage_stays_running_between_them(server: Server):
    job = server.run("sh", "-c", "test -e again && echo fine || { touch again; echo broken; exit 1; }", attempts=3)
    info = server.wait(job)
    text = server.http("GET", f"/api/jobs/local/{job}/logs").text
    lines = [event["data"] for event in events_of(text)]
    assert [line[:19] for line in lines] == ["===== Job started a", "broken", "===== Job started a", "fine"]
    assert info.status.stage == "COMPLETED"
    assert server.http("GET", f"/api/jobs/local/{job}").json()["status"]["failureCount"] == 1
