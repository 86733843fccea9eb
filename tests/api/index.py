"""A package index on this machine, as uv asks it: pages and metadata, for tests that resolve for real."""

from __future__ import annotations

import contextlib
import html
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

from tests.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


def metadata(name: str, version: str, requires: tuple[str, ...], python: str) -> bytes:
    """What an index serves beside a wheel (PEP 658)."""
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n"
    return (head + "".join(f"Requires-Dist: {item}\n" for item in requires)).encode()


class Index:
    """Packages by file name, and how many pages were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.pythons: dict[str, str] = {}
        self.asked: list[str] = []
        self.silent = threading.Event()
        """Set: questions are left without an answer until `closing`."""
        self.closing = threading.Event()
        self.url = ""
        self.refuses_with = 0
        """A status such as 401, with which each question is answered."""

    def add(self, name: str, version: str = "1.0", requires: tuple[str, ...] = (), python: str = ">=3.8") -> None:
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        self.files[file] = b"never opened"
        self.files[f"{file}.metadata"] = metadata(name, version, requires, python)
        self.pythons[file] = f' data-core-metadata="true" data-requires-python="{html.escape(python)}"'

    def add_source_only(self, name: str, version: str = "1.0") -> None:
        self.files[f"{name.replace('-', '_')}-{version}.tar.gz"] = b"never opened"

    def page(self, name: str) -> bytes | None:
        begin = f"{name.replace('-', '_')}-"
        files = [file for file in self.files if file.startswith(begin) and not file.endswith(".metadata")]
        if not files:
            return None
        links = "".join(f'<a href="/files/{file}"{self.pythons.get(file, "")}>{file}</a>\n' for file in files)
        return f"<!DOCTYPE html><html><body>{links}</body></html>".encode()


@contextlib.contextmanager
def serve_index() -> Iterator[Index]:
    """Serve an index on a free port until the block ends."""
    index = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            if index.silent.is_set():
                index.closing.wait()
                return
            parts = self.path.strip("/").split("/")
            body = index.files.get(parts[1]) if parts[0] == "files" else index.page(parts[1])
            self.send_response(index.refuses_with or (404 if body is None else 200))
            self.send_header("content-type", "text/html" if parts[0] == "simple" else "application/octet-stream")
            self.send_header("content-length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Nothing goes to the terminal."""

    with serve(Handler) as address:
        index.url = f"{address}/simple"
        try:
            yield index
        finally:
            index.closing.set()
