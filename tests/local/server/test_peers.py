"""Whose end of a connection it is, and what that keeps other users of the machine from."""

from __future__ import annotations

import os
import shlex
import socket
import stat
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from hfjobs_magic.local.server.peers import find_user, is_trusted
from tests.local.serving import Server, environment, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
needs_root = pytest.mark.skipif("os.geteuid() != 0", reason="only root can become somebody else")

BROWSER = """
import pathlib, sys, time, urllib.request
folder = pathlib.Path(sys.argv[1])
(folder / "given.new").write_text(sys.argv[2])
(folder / "given.new").rename(folder / "given")
while not (folder / "go").exists():
    time.sleep(0.01)
"""
"""Stands for a browser: shows what its command line says, and stays until it is told to go."""

THIEF = """
import glob, sys, time, urllib.error, urllib.request
def links():
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try: words = open(path, "rb").read().split(b"\\0")
        except OSError: continue
        for word in words:
            if word.startswith(b"http://") and b"code=" in word and sys.argv[1].encode() in word: yield word.decode()
while not (found := list(links())): time.sleep(0.01)
lies = [("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-For", "127.0.0.1:1"), ("Forwarded", "for=127.0.0.1")]
for headers in ({}, *({name: value} for name, value in lies)):
    try: answer = urllib.request.urlopen(urllib.request.Request(found[0], headers=headers))
    except urllib.error.HTTPError as error: answer = error
    print(answer.status, answer.headers.get("Set-Cookie"))
import socket
host, port = found[0].split("/")[2].split(":")
for _ in range(5):
    with socket.create_connection((host, int(port))) as connection:
        path = "/" + found[0].split("/", 3)[3]
        connection.sendall(f"GET {path} HTTP/1.1\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
print("took", found[0])
"""
"""Another user, who reads every command line and tries the link in it, with headers that lie and by hanging up."""


READER = """
import sys
try: print(open(sys.argv[1]).read())
except OSError as error: print(type(error).__name__)
"""
"""Another user, who reads a file."""


def as_nobody(code: str, *arguments: str) -> str:
    # Nobody's own Python: ours may be where nobody can go.
    command = ["/usr/bin/env", "-i", "/usr/bin/python3", "-c", code, *arguments]
    options = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return subprocess.run(command, **options, stdout=subprocess.PIPE, text=True, check=True, cwd="/", timeout=60).stdout


@contextmanager
def connected(family: socket.AddressFamily, host: str, to: str) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection, the client's first."""
    with closing(socket.socket(family, socket.SOCK_STREAM)) as listener:
        listener.bind((host, 0))
        listener.listen()
        with socket.create_connection((to, listener.getsockname()[1])) as client, listener.accept()[0] as served:
            yield client, served


@pytest.mark.parametrize(
    ("family", "host", "to"),
    [(socket.AF_INET, "127.0.0.1", "127.0.0.1"), (socket.AF_INET6, "::1", "::1")],
)
def test_a_connection_of_our_own_is_ours_until_it_is_closed(family: socket.AddressFamily, host: str, to: str):
    with connected(family, host, to) as (client, served):
        ends = served.getpeername()[:2], served.getsockname()[:2]
        assert find_user(*ends) == os.geteuid()
        assert is_trusted(*ends)
        assert find_user(ends[0], (ends[1][0], 1)) is None
        client.close()
        assert find_user(*ends) is None
        assert not is_trusted(*ends)


def test_an_ipv6_socket_that_speaks_ipv4_is_found():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_INET6) as client:
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        with listener.accept()[0] as served:
            assert find_user(served.getpeername(), served.getsockname()) == os.geteuid()


@needs_root
def test_a_connection_of_another_user_is_not_trusted():
    code = "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.recv(1)"
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        command = ["/usr/bin/python3", "-c", code, str(listener.getsockname()[1])]
        with subprocess.Popen(command, user=NOBODY, group=NOBODY, cwd="/") as process:
            served = listener.accept()[0]
            with closing(served):
                assert find_user(served.getpeername(), served.getsockname()) == NOBODY
                assert not is_trusted(served.getpeername(), served.getsockname())
            process.wait(timeout=30)


@contextmanager
def opened(server: Server, folder: Path, code: str, *arguments: str) -> Iterator[str]:
    """What a browser is given by a command, while it runs."""
    (folder / "browser.py").write_text(BROWSER)
    browser = shlex.join([sys.executable, str(folder / "browser.py"), str(folder), "%s"])
    command = [sys.executable, *shlex.split(code), *arguments]
    with subprocess.Popen(command, env=environment(BROWSER=browser)) as process:
        try:
            eventually((folder / "given").exists, "the browser")
            yield (folder / "given").read_text()
        finally:
            (folder / "go").touch()
        assert process.wait(timeout=30) == 0


@pytest.mark.slow
@needs_root
def test_another_user_who_reads_the_browsers_command_line_cannot_use_the_link(tmp_path: Path):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data")
        try:
            job = server.run("sleep", "600")
            arguments = ["open", job, "--data-dir", str(server.data_dir)]
            with opened(server, tmp_path, "-m hfjobs_magic.local", *arguments) as link:
                assert link.startswith(server.endpoint)
                tries = as_nobody(THIEF, server.endpoint).splitlines()
                assert tries == ["401 None"] * 4 + [f"took {link}"]
                with httpx2.Client(follow_redirects=True) as client:
                    page = client.get(link)
                    assert (page.status_code, page.url.path) == (200, f"/jobs/local/{job}")
                    origin = {"Origin": server.endpoint}
                    assert client.post(f"{page.url}/cancel", headers=origin).status_code == 200
        finally:
            server.stop()


@pytest.mark.slow
@needs_root
def test_where_the_system_does_not_tell_who_calls_a_file_of_ours_leads_to_the_link(tmp_path: Path):
    """As on macOS, where the command line has nothing but the file's name."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data")
        try:
            job = server.run("true")
            code = (
                "from hfjobs_magic.local import daemon; import sys; service = daemon.find(sys.argv[1]); "
                "daemon.open_page(daemon.make_page_link(service, sys.argv[2]), service, by_file=True)"
            )
            with opened(server, tmp_path, shlex.join(["-c", code]), str(server.data_dir), job) as address:
                path = Path(address.removeprefix("file://"))
                assert path.parent == server.data_dir
                assert stat.S_IMODE(path.stat().st_mode) == 0o600
                text = path.read_text()
                assert as_nobody(READER, str(path)) == "PermissionError\n"
            link = text.partition("url=")[2].partition('"')[0].replace("&amp;", "&")
            with httpx2.Client(follow_redirects=True) as client:
                assert client.get(link).url.path == f"/jobs/local/{job}"
            os.utime(path, (0, 0))
            (tmp_path / "given").unlink()
            with opened(server, tmp_path, shlex.join(["-c", code]), str(server.data_dir), job):
                assert not path.exists()
                assert len(list(server.data_dir.glob("open-*.html"))) == 1
        finally:
            server.stop()
