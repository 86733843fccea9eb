"""What all tests share: a clean environment, a Chromium to be found, and honesty about what was left out."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import re
import shutil
import signal
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest
from huggingface_hub import HfApi, constants, get_session, set_client_factory
from huggingface_hub.utils import disable_progress_bars
from hypothesis import settings

from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.local import daemon
from hfjobs_magic.local.jobs import sandbox
from tests import hf
from tests.local import contract
from tests.runtimes import BEFORE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from typing import Any

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[1]
REQUIRE_ALL = os.environ.get("HFJOBS_REQUIRE_ALL") == "1"
"""Set in CI: a test that cannot run there fails."""


HEADLESS = "chromium-headless-shell"
"""Chromium without windows and notifications: it shows the same pages for half the processor time."""


def find_chromium(*first: str) -> str | None:
    """The browser asked for, the system's own (`first` if there is one), or Playwright's download."""
    named = os.environ.get("HFJOBS_CHROMIUM")
    if named:
        return named
    for name in (*first, "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - half a second that most tests need not wait

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


settings.register_profile("untimed", deadline=None)  # on a busy machine, time says nothing
settings.register_profile("quick", deadline=None, max_examples=10)  # `make quick`
settings.load_profile("untimed")
CHROMIUM = find_chromium(HEADLESS)
BUILD = ROOT / "build"
MOMENT = r"(?:\d{1,2} [A-Z][a-z]{2,3} \d{4}, )?\d\d:\d\d"
"""A time as the page says it: with its day where that is another, as around midnight."""
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


SLOW = {"service", "server", "make_server", "cramped", "browser", "lab", "run_cell", "index", "site"}
"""Fixtures that start a service, a browser or a kernel, ask uv, or read all that is installed; tests with one of them
are marked `slow`."""
MOST_RERUNS = 3
"""Tests that may fail once and pass when they are run again; `make test` does that."""
LEFT_OUT = pytest.StashKey[set[str]]()
"""Names of the tests that need a Chromium where there is none."""


def needs_chromium(item: pytest.Item) -> bool:
    """Whether a test is marked `browser` or `lab`."""
    return any(item.iter_markers("browser")) or any(item.iter_markers("lab"))


def has_module_fixture(item: pytest.Item) -> bool:
    """Whether a test has a fixture that its module shares, mostly a service; one worker makes it, once."""
    info = getattr(item, "_fixtureinfo", None)
    definitions = info.name2fixturedefs.values() if info else ()
    return any(definition[-1].scope == "module" for definition in definitions)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to begin where every test is required and not all can run."""
    # A shell that starts the tests in the background has them ignore Ctrl-C, which some of them press.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    session.config.stash[LEFT_OUT] = set()
    if REQUIRE_ALL and CHROMIUM is None:
        raise pytest.UsageError("No Chromium was found and every test is required; install Debian's chromium.")
    if REQUIRE_ALL and sys.platform.startswith("linux") and sandbox.find_bwrap() is None:
        raise pytest.UsageError(
            "bubblewrap does not work here and every test is required; install Debian's bubblewrap."
        )


# Before pytest-xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow, and what has to run in the same worker, by the fixtures that a test has."""
    # Last, so that a Chromium is started once; see `pytest_runtest_teardown`.
    items.sort(key=needs_chromium)
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        is_shared = has_module_fixture(item)
        if fixtures & SLOW or is_shared:
            item.add_marker(pytest.mark.slow)
        if "lab" in fixtures:
            item.add_marker(pytest.mark.xdist_group("lab"))
        elif is_shared or needs_chromium(item):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
    if CHROMIUM is not None:
        return
    left_out = [item for item in items if needs_chromium(item)]
    config.hook.pytest_deselected(items=left_out)
    config.stash[LEFT_OUT] |= {item.nodeid for item in left_out}
    items[:] = [item for item in items if not needs_chromium(item)]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands over what it left out; a run in which many tests failed at first has failed."""
    # At exit each of hundreds of IPython shells collects garbage: a minute, unless there is none to look for.
    atexit.register(gc.freeze)
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = sorted(session.config.stash[LEFT_OUT])
    elif len(find_reruns(session.config)) > MOST_RERUNS and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def find_reruns(config: pytest.Config) -> dict[str, str]:
    """Why tests failed that were run once more, by name."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("rerun", ()) if reporter else ()
    return {report.nodeid: report.longreprtext for report in reversed(reports) if report.longreprtext}


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker of pytest-xdist left out."""
    node.config.stash[LEFT_OUT] |= set(getattr(node, "workeroutput", {}).get("left_out", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name what was left out and what failed before it passed; say when that was too much."""
    reruns = find_reruns(config)
    for name, why in reruns.items():
        terminalreporter.section(f"FAILED AT FIRST: {name}", yellow=True)
        terminalreporter.line(why)
    if len(reruns) > MOST_RERUNS:
        terminalreporter.line(f"More than {MOST_RERUNS} tests failed at first: the run has failed.", red=True)
    if left_out := config.stash[LEFT_OUT]:
        terminalreporter.section("NO CHROMIUM WAS FOUND: THESE TESTS WERE LEFT OUT", red=True, bold=True)
        for name in sorted(left_out):
            terminalreporter.line(name)


_open = ExitStack()
"""The Chromium that is open, if one is."""
_browser: list[Browser] = []


@pytest.fixture
def browser() -> Browser:
    """One Chromium for all tests that follow each other; tests without one were left out at collection."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - see above

    if not _browser:
        assert CHROMIUM is not None
        playwright = _open.enter_context(sync_playwright())
        _browser.append(playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_ARGUMENTS))
        _open.callback(_browser.clear)
        _open.callback(_browser[0].close)
    return _browser[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, None, None]:
    """Close the Chromium before a test without: Playwright keeps an event loop running in this thread until then."""
    yield
    if nextitem is None or not needs_chromium(nextitem):
        _open.close()


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure, so that a page can leave a picture of it; fail what may not be skipped."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"Skipped, and every test is required: {report.longrepr}"
    return report


@contextmanager
def watched_page(context: BrowserContext, node: pytest.Item) -> Iterator[tuple[Page, list[str]]]:
    """A page and what its console says; a failed test leaves both under build/failures. All pages are closed."""
    page, console = context.new_page(), []
    page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: console.append(f"error: {error}"))
    page.on("dialog", lambda dialog: console.append(f"error: dialog {dialog.message}"))
    yield page, console
    if node.stash.get(FAILED, False):
        folder = BUILD / "failures" / node.path.stem
        folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w\[\]-]+", "-", node.name)
        page.screenshot(path=folder / f"{name}.png")
        (folder / f"{name}.txt").write_text("\n".join(console))
    for each in context.pages:
        each.close()


@pytest.fixture(autouse=True)
def _threads_of_other_tests() -> None:
    BEFORE.clear()
    BEFORE.update(threading.enumerate())


def isolate(monkeypatch: pytest.MonkeyPatch, base: Path) -> None:
    """Leave no token, endpoint or cache of the person who runs the tests, nor of another worker, whose folder `base`
    is; what a module's tests share is made before their own environment is."""
    for name in list(os.environ):
        if name.startswith(("HF_", "HUGGING_FACE_", "HFJOBS_LOCAL", "JPY_")):
            monkeypatch.delenv(name)
    home = base / "hf"
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("HF_XET_CACHE", str(home / "xet"))
    # Read when huggingface_hub was imported.
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setenv("XDG_STATE_HOME", str(base / "state"))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    isolate(monkeypatch, tmp_path_factory.getbasetemp())


@pytest.fixture(autouse=True)
def _no_secrets_of_other_tests() -> None:
    SENT.clear()


@pytest.fixture(scope="session", autouse=True)
def _every_answer_is_checked() -> None:
    """Hold every JSON answer that huggingface_hub gets against the Hub's own document; draw no bars of its own."""
    disable_progress_bars()
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


@pytest.fixture(scope="session", autouse=True)
def _command_lines_end() -> Iterator[None]:
    """End the processes of `hf` that tests share."""
    yield
    hf.close()


@pytest.fixture
def errors_logged(_errors_logged: list[logging.LogRecord]) -> list[logging.LogRecord]:
    """Unexpected errors that were logged; a test without this fails by them."""
    return _errors_logged


SLOTS = "4"
"""Jobs that run at once on the service that tests share, however few cores there are; some tests need two."""


def end_jobs(service: daemon.Service) -> None:
    """Cancel what still runs, and wait for its end."""
    api = HfApi(endpoint=service.endpoint, token=service.token)
    left = list(api.list_jobs(namespace=service.namespace, status=["RUNNING", "SCHEDULING"]))
    for job in left:
        api.cancel_job(job_id=job.id, namespace=service.namespace)
    for job in left:
        api.wait_for_job(job.id, namespace=service.namespace, poll_interval=0.02, timeout=60)


@contextmanager
def serve(folder: Path) -> Iterator[daemon.Service]:
    """Run a local service that `--local` finds where HFJOBS_LOCAL_DIR is its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HFJOBS_LOCAL_SLOTS", SLOTS)
        started = daemon.ensure(folder)
    yield started
    end_jobs(started)
    daemon.stop(folder)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[daemon.Service]:
    """A local service that tests share."""
    with serve(tmp_path_factory.mktemp("local")) as started:
        yield started


@pytest.fixture
def fresh_service(tmp_path: Path) -> Iterator[daemon.Service]:
    """A local service that knows of no job."""
    with serve(tmp_path / "local") as started:
        yield started


@pytest.fixture
def local(service: daemon.Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[daemon.Service]:
    """`service`, and `--local` uses it; a test leaves no job to the next one, for which there might be no room."""
    monkeypatch.setenv("HFJOBS_LOCAL_DIR", str(service.data_dir))
    yield service
    end_jobs(service)
