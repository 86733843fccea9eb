"""The page behind a job's link, without a browser: who gets in, how, and with what headers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx2

from tests.local.serving import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.serving import Server


def visitor(server: Server, **options: Any) -> httpx2.Client:
    return httpx2.Client(base_url=server.endpoint, timeout=30, **options)


def finished(server: Server) -> tuple[str, str]:
    """A job and the path of its page."""
    job = server.run("echo", "<script>alert(1)</script>")
    server.wait(job)
    path = server.inspect(job).url.removeprefix(server.endpoint)
    assert path == f"/jobs/local/{job}"
    return job, path


@contextmanager
def logged_in(server: Server, path: str) -> Iterator[httpx2.Client]:
    with visitor(server, follow_redirects=True) as client:
        assert client.get(path, params={"token": server.token}).status_code == 200
        yield client


def test_a_stranger_is_asked_for_the_token_and_sees_nothing_of_the_job(server: Server):
    job, path = finished(server)
    with visitor(server) as client:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next=%2Fjobs%2Flocal%2F{job}")
        form = client.get(answer.headers["location"])
        assert form.status_code == 200
        assert f"python -m hfjobs_magic.local open {job}" in form.text
        for part in ("/state", "/logs", "/cancel", "/", "/nothing"):
            assert client.get(path + part).status_code == 401, part
        assert client.post(path + "/cancel").status_code == 401
        assert client.post(path).status_code == 401
        assert client.get("/jobs/local").status_code == 401
        assert client.get("/jobs/-/../local").status_code == 401
        # A job that is not there looks the same.
        assert client.get(f"/jobs/local/{'0' * 24}").status_code == 303


def test_the_token_in_the_address_becomes_a_cookie_and_leaves_the_address(server: Server):
    _, path = finished(server)
    with visitor(server, follow_redirects=True) as client:
        page = client.get(path, params={"token": server.token})
        assert (page.status_code, page.url.path, page.url.query) == (200, path, b"")
        assert server.token not in "".join([page.text, *map(str, client.cookies.items())])
        again = client.get(path, params={"token": "whatever"})
        assert (again.status_code, again.url.query) == (200, b"")
        state = client.get(path + "/state").json()
        assert state["status"]["stage"] == "COMPLETED"
        assert "alert(1)" in client.get(path + "/logs?tail=10").text


def test_a_wrong_token_and_a_used_link_are_refused_in_words(server: Server):
    job, path = finished(server)
    with visitor(server, follow_redirects=True) as client:
        answer = client.get(path, params={"token": "hf_wrong"})
        assert (answer.status_code, "not the service&#x27;s token" in answer.text) == (401, True)
        link = server.http("POST", f"/api/jobs/local/{job}/page-link").json()
        assert (link["expiresInSecs"], server.token in link["url"]) == (60, False)
        assert client.get(link["url"]).url.path == path
    with visitor(server, follow_redirects=True) as client:
        answer = client.get(link["url"])
        assert (answer.status_code, "used before" in answer.text) == (401, True)
        answer = client.post("/login", data={"token": server.token, "next": path})
        assert (answer.status_code, answer.url.path) == (200, path)
        elsewhere = client.post("/login", data={"token": server.token, "next": "https://evil.example/"})
        assert elsewhere.url.path == "/login"
        assert "Open the link of a job again" in elsewhere.text
        page = client.get("/login", params={"next": f'{path}"><script>'})
        assert "<script>" not in page.text
        assert client.post("/login", content=b"\xff\x00=%ff").status_code == 200
        assert job in path


def test_the_cookie_opens_the_pages_and_nothing_else(server: Server):
    _, path = finished(server)
    with logged_in(server, path) as client:
        cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        for other in ("/api/whoami-v2", "/api/jobs/local", "/api/buckets/local"):
            assert client.get(other, headers=cookie).status_code == 401, other
        for other in ("/api/jobs/local", f"/api{path}/page-link"):
            assert client.post(other, headers=cookie, json={}).status_code == 401, other


def test_cancel_by_cookie_needs_our_own_page(server: Server):
    job = server.run("sleep", "600")
    path = f"/jobs/local/{job}"
    with logged_in(server, path) as client:
        assert client.post(path + "/cancel").status_code == 403
        assert client.post(path + "/cancel", headers={"Origin": "http://evil.example"}).status_code == 403
        assert client.post(path + "/cancel", headers={"Origin": "null"}).status_code == 403
        assert server.stage(job) != "CANCELED"
        assert client.post(path + "/cancel", headers={"Origin": server.endpoint}).status_code == 200
    assert server.wait(job).status.stage == "CANCELED"


def test_pages_run_no_script_but_their_own_and_are_framed_by_nobody(server: Server):
    _, path = finished(server)
    with logged_in(server, path) as client:
        for page in (client.get(path), client.get("/login"), client.get(f"/jobs/local/{'0' * 24}")):
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert page.headers["cache-control"] == "no-store"
            assert page.headers["x-content-type-options"] == "nosniff"
            assert "<script>" not in page.text
            assert " style=" not in page.text
        for name, kind in (("job.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")):
            assert client.get(f"/jobs/-/{name}").headers["content-type"].startswith(kind)
        for name in ("job.html", "..%2flogin.py", "../login.py", "%2e%2e"):
            assert client.get(f"/jobs/-/{name}").status_code in {401, 404}, name
        assert client.get(f"/jobs/local/{'0' * 24}").status_code == 404


def test_open_gives_a_link_that_works_once_and_holds_no_token(server: Server):
    job, path = finished(server)
    command = [sys.executable, "-m", "hfjobs_magic.local", "open", job, "--print", "--data-dir", str(server.data_dir)]
    printed = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True).stdout
    assert "works once" in printed
    assert server.token not in printed
    link = printed.split()[-1]
    with httpx2.Client(follow_redirects=True) as client:
        assert client.get(link).url.path == path
    with httpx2.Client(follow_redirects=True) as client:
        assert client.get(link).status_code == 401


def test_there_is_no_link_to_a_job_that_does_not_exist(server: Server):
    assert server.http("POST", f"/api/jobs/local/{'0' * 24}/page-link").status_code == 404
    command = [sys.executable, "-m", "hfjobs_magic.local", "open", "nothing/x", "--data-dir", str(server.data_dir)]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    said = "The local service has no job 'nothing/x'; see them in a notebook with: %hfjobs ls -a --local\n"
    assert (result.returncode, result.stderr) == (1, said)


def test_open_says_when_no_service_runs(tmp_path: Any):
    command = [sys.executable, "-m", "hfjobs_magic.local", "open", "x", "--data-dir", str(tmp_path)]
    result = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (result.returncode, "No local service is running" in result.stdout) == (1, True)
