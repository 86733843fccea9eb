"""A script on the web: an address that gives none is told what to write."""

from __future__ import annotations

import http.server
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import HubUnreachableError, OptionError
from hfjobs_magic.hub.web_script import _find_file, download
from tests.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = {"/train.py": b"print(1)\n", "/blob/train.py": b"\n<!DOCTYPE html><html></html>", "/big.py": b"\xff\xfe"}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = FILES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Nothing goes to the terminal."""


@pytest.fixture
def web() -> Iterator[str]:
    with serve(_Handler) as address:
        yield address


def test_a_script_is_its_text(web: str):
    assert download(f"{web}/train.py") == "print(1)\n"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/blob/train.py", r"is a web page, not a script\. Write http://\S+/resolve/train\.py\."),
        ("/nothing.py", r"There is no script at .*: it answers with status 404\."),
        ("/big.py", r"is not UTF-8 text"),
    ],
)
def test_what_is_no_script_is_refused_with_the_way(web: str, path: str, words: str):
    with pytest.raises(OptionError, match=words):
        download(web + path)


def test_nothing_answers(web: str):
    with pytest.raises(HubUnreachableError, match=r"Nothing answers at \S+\. Check the address and the network\.$"):
        download("http://127.0.0.1:9/train.py?token=x")


@pytest.mark.parametrize(
    ("page", "file"),
    [
        (
            "https://github.com/huggingface/trl/blob/main/trl/scripts/sft.py",
            "https://raw.githubusercontent.com/huggingface/trl/main/trl/scripts/sft.py",
        ),
        ("https://gist.github.com/me/0123abcd", "https://gist.github.com/me/0123abcd/raw"),
        (
            "https://huggingface.co/datasets/uv-scripts/ocr/blob/main/glm-ocr.py",
            "https://huggingface.co/datasets/uv-scripts/ocr/resolve/main/glm-ocr.py",
        ),
        ("https://example.com/train.py", "the address of the file itself"),
    ],
)
def test_the_file_that_a_page_shows(page: str, file: str):
    assert _find_file(page) == file
