"""What all tests share: a clean environment, a Chromium to be found, and honesty about what was left out."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from huggingface_hub import HfApi, get_session, set_client_factory
from hypothesis import settings
from playwright.sync_api import sync_playwright

from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.local import daemon
from hfjobs_magic.local.jobs import sandbox
from tests.local import contract
from tests.runtimes import BEFORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[1]
REQUIRE_ALL = os.environ.get("HFJOBS_REQUIRE_ALL") == "1"
"""Set in CI: a test that cannot run there fails."""


def find_chromium() -> str | None:
    """The browser asked for, the system's own, or Playwright's download where there is one."""
    named = os.environ.get("HFJOBS_CHROMIUM")
    if named:
        return named
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


settings.register_profile("untimed", deadline=None)  # on a busy machine, time says nothing
settings.load_profile("untimed")
CHROMIUM = find_chromium()
BUILD = ROOT / "build"
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def needs_chromium(item: pytest.Item) -> bool:
    """Whether a test is marked `browser` or `lab`."""
    return any(item.iter_markers("browser")) or any(item.iter_markers("lab"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Last, because Playwright keeps an event loop running in this thread as long as its browser is open, and others
    # start loops of their own.
    items.sort(key=needs_chromium)
    if REQUIRE_ALL and sys.platform.startswith("linux") and sandbox.find_bwrap() is None:
        raise pytest.UsageError(
            "bubblewrap does not work here and every test is required; install Debian's bubblewrap."
        )
    if CHROMIUM is not None:
        return
    if REQUIRE_ALL:
        raise pytest.UsageError("No Chromium was found and every test is required; install Debian's chromium.")
    kept = [item for item in items if not needs_chromium(item)]
    left_out = [item for item in items if item not in kept]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] = [item.nodeid for item in left_out]
    items[:] = kept


LEFT_OUT = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash.get(LEFT_OUT, [])
    if left_out:
        terminalreporter.section("NO CHROMIUM WAS FOUND: THESE TESTS WERE LEFT OUT", red=True, bold=True)
        for name in left_out:
            terminalreporter.line(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests; tests without one were left out at collection."""
    assert CHROMIUM is not None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS)
        yield browser
        browser.close()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> object:
    """Remember a failure, so that a page can leave a picture of it."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@contextmanager
def watched_page(context: BrowserContext, node: pytest.Item) -> Iterator[tuple[Page, list[str]]]:
    """A page and what its console says; a failed test leaves both under build/failures."""
    page, console = context.new_page(), []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    page.on("dialog", lambda dialog: console.append(f"error: dialog {dialog.message}"))
    yield page, console
    if node.stash.get(FAILED, False):
        folder = BUILD / "failures"
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{node.name}.png")
        (folder / f"{node.name}.txt").write_text("\n".join(console))
    context.close()


@pytest.fixture(autouse=True)
def _threads_of_other_tests() -> None:
    BEFORE.clear()
    BEFORE.update(threading.enumerate())


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No token, endpoint or cache of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("HF_", "HUGGING_FACE_", "HFJOBS_LOCAL", "JPY_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> None:
    SENT.clear()


@pytest.fixture(scope="session", autouse=True)
def _every_answer_is_checked() -> None:
    """Hold every JSON answer that huggingface_hub gets against the Hub's own document."""
    hooks = {**get_session().event_hooks, "response": [contract.check]}
    set_client_factory(lambda: httpx2.Client(event_hooks=hooks, follow_redirects=True, timeout=None))


class _Collector(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def _errors_logged(request: pytest.FixtureRequest) -> Iterator[list[logging.LogRecord]]:
    """Fail a test in whose course an unexpected error was logged, unless it asked for `errors_logged`."""
    collector, logger = _Collector(), logging.getLogger("hfjobs_magic")
    logger.addHandler(collector)
    yield collector.records
    logger.removeHandler(collector)
    if "errors_logged" not in request.fixturenames:
        assert collector.records == [], [logging.Formatter().format(record) for record in collector.records]


@pytest.fixture
def errors_logged(_errors_logged: list[logging.LogRecord]) -> list[logging.LogRecord]:
    """Unexpected errors that were logged; a test without this fails by them."""
    return _errors_logged


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[daemon.Service]:
    """A local service of the tests' own, found by `--local` through HFJOBS_LOCAL_DIR."""
    folder = tmp_path_factory.mktemp("local")
    started = daemon.ensure(folder)
    yield started
    api = HfApi(endpoint=started.endpoint, token=started.token)
    for job in api.list_jobs(namespace=started.namespace, status=["RUNNING", "SCHEDULING"]):
        api.cancel_job(job_id=job.id, namespace=started.namespace)
        api.wait_for_job(job.id, namespace=started.namespace, poll_interval=0.1, timeout=60)
    daemon.stop(folder)


@pytest.fixture
def local(service: daemon.Service, monkeypatch: pytest.MonkeyPatch) -> daemon.Service:
    """`service`, and `--local` uses it."""
    monkeypatch.setenv("HFJOBS_LOCAL_DIR", str(service.data_dir))
    return service
