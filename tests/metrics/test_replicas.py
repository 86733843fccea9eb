"""Samples of several replicas in one stream, as the Hub sends them, through the real client."""

from __future__ import annotations

import http.server
import json
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.hub.client import JobsClient
from hfjobs_magic.metrics.bins import MetricsBuffer
from tests.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

JOB = "687fb701029421ae5549d998"


def make_event(second: int, replica: str, gpu: str) -> bytes:
    """One event, with the fields and the form of the Hub's own."""
    use = {"utilization": second, "memory_used_bytes": 5 * second, "memory_total_bytes": 22_836_000_000}
    sample = {
        "cpu_usage_pct": 10 if replica == "j6qz9" else 30,
        "cpu_millicores": 3500,
        "memory_used_bytes": 1_417_216,
        "memory_total_bytes": 15_032_385_536,
        "rx_bps": 100,
        "tx_bps": 0,
        "gpus": {gpu: use},
        "replica": replica,
    }
    return b"event: metric\ndata: " + json.dumps(sample, separators=(",", ":")).encode() + b"\n\n"


class _Hub(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert self.path == f"/api/jobs/me/{JOB}/metrics"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": keep-alive\n\n")
        for second in range(20):
            self.wfile.write(make_event(second, "j6qz9", "d901cd7f") + make_event(second, "x7p2k", "882fa930"))

    def log_message(self, *args: object) -> None:
        """Keep the test output to the tests."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    with serve(_Hub) as address:
        yield address


def test_replicas_of_one_stream_are_drawn_apart_and_together(endpoint: str):
    client = JobsClient(endpoint=endpoint, token="hf_none", namespace="me")
    metrics = MetricsBuffer()
    for number, sample in enumerate(islice(client.metrics(JOB), 40)):
        metrics.append(1_790_000_000.0 + number / 2, sample)
    points = metrics.points()
    assert [each["id"] for each in points["replicas"]] == ["j6qz9", "x7p2k"]
    assert (points["cpu_pct"][-1], points["memory"][-1], points["rx"][-1]) == (20, 2 * 1_417_216, 200)
    assert points["memory_total"] == 2 * 15_032_385_536
    assert [(gpu["id"], gpu["replica"], gpu["util"][-1]) for gpu in points["gpus"]] == [
        ("d901cd7f", "j6qz9", 19),
        ("882fa930", "x7p2k", 19),
    ]
    frame = metrics.records().to_pandas()
    assert frame.groupby("replica")["gpus.d901cd7f.utilization"].count().to_dict() == {"j6qz9": 20, "x7p2k": 0}
    assert frame["cpu_millicores"].dtype.kind == "i"
