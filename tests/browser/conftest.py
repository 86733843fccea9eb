"""A real browser, the built bundle, and a page that plays the notebook."""

from __future__ import annotations

import functools
import http.server
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT, watched_page
from tests.http_server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
STATIC = ROOT / "hfjobs_magic" / "static"


class _Files(http.server.SimpleHTTPRequestHandler):
    """This folder at /, the bundle at /static/."""

    def translate_path(self, path: str) -> str:
        name = path.split("?", maxsplit=1)[0].lstrip("/")
        folder, name = (STATIC, name[7:]) if name.startswith("static/") else (HERE, name)
        return str(folder / name)

    def log_message(self, *args: object) -> None:
        """Keep the test output to the tests."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the page is served."""
    assert (STATIC / "index.js").exists(), "the bundle is missing: run `npm ci && npm run build` in js/"
    handler = functools.partial(_Files, directory=str(HERE))
    with serve(handler) as served:
        yield served


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page with the bundle loaded; any error in its console fails the test."""
    yield from open_page(browser, address, request.node, 1)


@pytest.fixture
def sharp(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The same on a screen with two pixels to one of CSS; pictures for the docs are taken on it."""
    yield from open_page(browser, address, request.node, 2)


def open_page(browser: Browser, address: str, node: pytest.Item, ratio: int) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 960, "height": 640},
        device_scale_factor=ratio,
        permissions=["clipboard-read", "clipboard-write"],
    )
    with watched_page(context, node) as (page, console):
        page.goto(f"{address}/page.html")
        page.wait_for_function("window.ready")
        yield page
    context.close()
    assert [line for line in console if line.startswith("error")] == []
