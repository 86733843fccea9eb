"""A real browser, the built bundle, and a page that plays the notebook."""

from __future__ import annotations

import functools
import http.server
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STATIC = ROOT / "hfjobs_magic" / "static"
BUILD = ROOT / "build"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Files(http.server.SimpleHTTPRequestHandler):
    """This folder at /, the bundle at /static/."""

    def translate_path(self, path: str) -> str:
        name = path.split("?")[0].lstrip("/")
        folder, name = (STATIC, name[7:]) if name.startswith("static/") else (HERE, name)
        return str(folder / name)

    def log_message(self, *args: object) -> None:
        """Keep the test output to the tests."""


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests; each has a context of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where the page is served."""
    assert (STATIC / "index.js").exists(), "the bundle is missing: run `npm ci && npm run build` in js/"
    handler = functools.partial(_Files, directory=str(HERE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="browser-test-files", daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Remember a failure, so that the page's fixture can leave a picture of it."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


FAILED = pytest.StashKey[bool]()


@pytest.fixture
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An empty page with the bundle loaded; any error in its console fails the test."""
    context = browser.new_context(viewport={"width": 960, "height": 640}, permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    console: list[str] = []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    page.on("dialog", lambda dialog: console.append(f"error: dialog {dialog.message}"))
    page.goto(f"{address}/page.html")
    page.wait_for_function("window.ready")
    yield page
    errors = [line for line in console if line.startswith("error")]
    if request.node.stash.get(FAILED, False) or errors:
        folder = BUILD / "failures"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{request.node.name}.png")
        (folder / f"{request.node.name}.txt").write_text("\n".join(console))
    context.close()
    assert errors == []
