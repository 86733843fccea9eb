"""Who is served, with what, and what others of this machine can see."""

from __future__ import annotations

import ast
import socket
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from hfjobs_magic.local.jobs import sandbox
from hfjobs_magic.local.server import security
from hfjobs_magic.local.server.app import MAX_HEADERS
from hfjobs_magic.local.server.security import MAX_BODY
from tests.local.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = Path(security.__file__).parent


def test_nothing_is_served_without_the_token(server: Server):
    for path in ("/api/whoami-v2", "/api/jobs/local", "/api/jobs/hardware", "/api/buckets/local", "/x"):
        assert httpx2.get(server.endpoint + path).status_code == 401
        headers = {"Authorization": f"Bearer {server.token}x"}
        assert httpx2.get(server.endpoint + path, headers=headers).status_code == 401


def test_only_the_very_token_is_the_token(server: Server):
    token = server.token
    wrong = (token[:-1], token + token, token.upper(), token[:-1] + "\u00e9", f'"{token}"', "*", token + "\t.")
    for value in wrong:
        headers = [(b"Authorization", f"Bearer {value}".encode("latin-1"))]
        assert httpx2.get(f"{server.endpoint}/api/whoami-v2", headers=headers).status_code == 401, value
    for value in (token, "Bearer", f"Basic {token}", f"Bearer{token}"):
        headers = {"Authorization": value}
        assert httpx2.get(f"{server.endpoint}/api/whoami-v2", headers=headers).status_code == 401, value
    for path in (f"/api/whoami-v2?token={token}", f"/api/whoami-v2?access_token={token}"):
        assert httpx2.get(server.endpoint + path).status_code == 401


@pytest.mark.parametrize("name", ["security", "login", "routes_page"])
def test_secrets_are_compared_in_constant_time_alone(name: str):
    """Time cannot be measured reliably in a test; that there is no other comparison can be read."""
    tree = ast.parse((LOCAL / f"{name}.py").read_text())
    secret = {"token", "_token", "_value", "value", "cookie", "code"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and not all(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            sides = [node.left, *node.comparators]
            used = {getattr(side, "attr", getattr(side, "id", None)) for side in sides}
            assert not used & secret, ast.unparse(node)


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


def test_headers_that_are_too_large_are_refused_and_harm_nobody(server: Server):
    host, port = server.endpoint.removeprefix("http://").split(":")
    head = f"GET /api/whoami-v2 HTTP/1.1\r\nHost: {host}:{port}\r\n"
    for filler in ("X-Filler: " + "x" * 4 * MAX_HEADERS, "\r\n".join(f"X-{n}: x" for n in range(MAX_HEADERS))):
        with socket.create_connection((host, int(port)), timeout=30) as client:
            answer = b""
            try:
                client.sendall((head + filler + "\r\n\r\n").encode())
                answer = client.recv(100)
            except ConnectionError:
                pass  # hung up before everything was sent
            assert answer == b"" or answer.split()[1] in {b"400", b"431"}
    assert server.http("GET", "/api/whoami-v2").status_code == 200


@pytest.mark.parametrize(
    "job_id",
    ["..", "%2e%2e", "..%2f..%2ftoken", "%2fetc%2fpasswd", "a%00b", "%ff%fe", "x" * 5000, "0123%0aSet-Cookie:x=y", "*"],
)
def test_a_job_id_leads_nowhere_but_to_a_job(server: Server, job_id: str):
    for method, rest in (
        ("GET", ""),
        ("GET", "/logs"),
        ("GET", "/metrics"),
        ("POST", "/cancel"),
        ("POST", "/duplicate"),
    ):
        answer = server.http(method, f"/api/jobs/local/{job_id}{rest}")
        # 403: the client itself has taken ".." away, and with it the namespace.
        assert answer.status_code in {400, 403, 404, 405}, rest
        assert server.token not in answer.text
        assert "set-cookie" not in answer.headers


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
    job = server.run("echo", "private", secrets={"A": "b"})
    server.wait(job)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(server.data_dir) == 0o700
    for name in ("service.json", "token", "port", "store.db", f"jobs/{job}/log.sse", f"jobs/{job}/spec.json"):
        assert mode(server.data_dir / name) == 0o600, name
    for name in ("jobs", "blobs", "cas", "bin", f"jobs/{job}"):
        assert mode(server.data_dir / name) == 0o700, name
    # What jobs and a client's hf_xet write has modes of its own, below directories that are closed.
    theirs = [server.data_dir / "cas", *(folder / "volumes" for folder in (server.data_dir / "jobs").iterdir())]
    theirs += [folder / name for folder in (server.data_dir / "jobs").iterdir() for name in ("work", "home", "tmp")]
    open_to_others = [
        path
        for path in server.data_dir.rglob("*")
        if not path.is_symlink() and mode(path) & 0o077 and not any(path.is_relative_to(one) for one in theirs)
    ]
    assert open_to_others == []


def test_a_directory_that_was_open_to_others_is_closed(make_server: Callable[..., Server], tmp_path: Path):
    (tmp_path / "data").mkdir(mode=0o755)
    make_server()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.slow
@pytest.mark.skipif("os.geteuid() != 0", reason="only root can become somebody else")
def test_another_user_can_read_neither_logs_nor_scripts_nor_the_token():
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data")
        try:
            job = server.run("echo", "private")
            server.wait(job)
            targets = [server.data_dir / name for name in ("", "token", "store.db", f"jobs/{job}/log.sse", "jobs")]
            code = (
                "import os, sys\n"
                "for path in sys.argv[1:]:\n"
                "    for use in (os.listdir, open):\n"
                "        try: use(path)\n"
                "        except PermissionError: print('denied')\n"
                "        except OSError as error: print(error)\n"
                "        else: print('READ', path)"
            )
            # Nobody's own Python: ours may stand where nobody can go.
            command = ["/usr/bin/env", "-i", "/usr/bin/python3", "-c", code, *map(str, targets)]
            result = subprocess.run(
                command, user=65534, group=65534, capture_output=True, text=True, check=True, cwd="/"
            )
            assert result.stdout.split("\n")[:-1] == ["denied"] * 2 * len(targets)
        finally:
            server.stop()


@pytest.mark.parametrize("kind", ["bwrap", "none"] if sandbox.find_bwrap() else ["none"])
def test_a_jobs_environment_holds_none_of_the_services_secrets(make_server: Callable[..., Server], kind: str):
    server = make_server(HFJOBS_LOCAL_SANDBOX=kind, HF_TOKEN="hf_the_users_own", AWS_SECRET_ACCESS_KEY="aws-secret")
    seen = "\n".join(
        server.logs(server.run("sh", "-c", "env; cat /proc/self/environ | tr '\\0' '\\n'; cat /proc/$PPID/cmdline"))
    )
    for secret in (server.token, "hf_the_users_own", "aws-secret", "HFJOBS_LOCAL"):
        assert secret not in seen
    if kind == "bwrap":
        reading = (
            f"cat {server.data_dir}/token {server.data_dir}/service.json; cat /proc/[0-9]*/environ | grep -c hf_the"
        )
        assert server.token not in (found := "\n".join(server.logs(server.run("sh", "-c", f"{{ {reading}; }} 2>&1"))))
        assert found.endswith("\n0")
