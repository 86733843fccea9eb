"""A proxy in front of the local service that counts what is sent through it."""

from __future__ import annotations

import http.client
import http.server
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.local.daemon import Service


@contextmanager
def counted(
    service: Service, change: Callable[[bytes], bytes] = lambda content: content
) -> Iterator[tuple[Service, list[str]]]:
    """The service behind a proxy, and the list of what was asked: ``POST /api/jobs/local``.

    `change` may alter what is answered; streams are passed on as they are.
    """
    asked: list[str] = []
    target = urlsplit(service.endpoint)

    class Proxy(http.server.BaseHTTPRequestHandler):
        def _pass_on(self) -> None:
            asked.append(f"{self.command} {self.path}")
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream = http.client.HTTPConnection(target.hostname or "", target.port or 0, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            upstream.request(self.command, self.path, body, headers)
            answer = upstream.getresponse()
            if answer.getheader("content-type", "").startswith("text/event-stream"):
                self._stream(upstream, answer)
                return
            # The client refuses addresses of another endpoint than its own.
            content = change(answer.read()).replace(target.netloc.encode(), self.headers["Host"].encode())
            upstream.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in {"content-length", "transfer-encoding", "date", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _stream(self, upstream: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            with suppress(OSError):  # either side has had enough
                while data := answer.read1():
                    self.wfile.write(data)
            answer.close()
            upstream.close()

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _pass_on  # noqa: N815 - http.server's own names

        def log_message(self, *args: object) -> None:
            """Keep the test output to the tests."""

    with serve(Proxy) as address:
        yield replace(service, endpoint=address), asked
