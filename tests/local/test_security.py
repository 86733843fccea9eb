from __future__ import annotations

import socket
import stat
from typing import TYPE_CHECKING

import httpx2

from hfjobs_magic.local.security import MAX_BODY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.serving import Server


def test_nothing_is_served_without_the_token(server: Server):
    for path in ("/api/whoami-v2", "/api/jobs/local", "/api/jobs/hardware", "/api/buckets/local", "/x"):
        assert httpx2.get(server.endpoint + path).status_code == 401
        headers = {"Authorization": f"Bearer {server.token}x"}
        assert httpx2.get(server.endpoint + path, headers=headers).status_code == 401


def test_a_foreign_host_header_is_refused(server: Server):
    for host in ("evil.example", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example"):
        assert server.http("GET", "/api/whoami-v2", headers={"Host": host}).status_code == 403
    port = server.endpoint.rpartition(":")[2]
    assert server.http("GET", "/api/whoami-v2", headers={"Host": f"localhost:{port}"}).status_code == 200


def test_a_foreign_origin_is_refused_even_with_the_token(server: Server):
    assert server.http("GET", "/api/whoami-v2", headers={"Origin": "http://evil.example"}).status_code == 403
    assert server.http("GET", "/api/whoami-v2", headers={"Origin": "null"}).status_code == 403
    assert server.http("GET", "/api/whoami-v2", headers={"Origin": server.endpoint}).status_code == 200


def test_a_body_that_is_too_large_is_refused_whether_announced_or_not(server: Server):
    body = b" " * (MAX_BODY + 1)
    assert server.http("POST", "/api/jobs/local", content=body).status_code == 413
    pieces = (body[at : at + 65536] for at in range(0, len(body), 65536))
    assert server.http("POST", "/api/jobs/local", content=pieces).status_code == 413


def test_every_answer_has_a_request_id(server: Server):
    answer = server.http("GET", "/api/whoami-v2", headers={"X-Amzn-Trace-Id": "abc-1"})
    assert answer.headers["x-request-id"] == "abc-1"
    assert httpx2.get(server.endpoint + "/x").headers["x-request-id"]


def test_it_listens_on_loopback_only(server: Server):
    port = int(server.endpoint.rpartition(":")[2])
    own = {entry[4][0] for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1", "127.0.1.1"}:
        with socket.socket() as client:
            client.settimeout(2)
            assert client.connect_ex((address, port)) != 0


def test_only_the_owner_can_read_what_the_service_writes(server: Server):
    job = server.run("echo", "private")
    server.wait(job)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(server.data_dir) == 0o700
    for name in ("service.json", "token", "store.db", f"jobs/{job}/log.sse", f"jobs/{job}/spec.json"):
        assert mode(server.data_dir / name) == 0o600, name
    assert mode(server.folder(job)) == 0o700
