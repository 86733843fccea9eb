"""A real JupyterLab in a folder of the test's own, and a page in Chromium that looks at it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.conftest import watched_page
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

    from hfjobs_magic.local.daemon import Service


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab."""

    url: str
    token: str
    folder: Path

    def is_connected(self, name: str) -> bool:
        """Whether a page holds a socket to the kernel of a notebook that has said it is idle."""
        sessions = httpx2.get(f"{self.url}api/sessions", params={"token": self.token}).json()
        kernels = [session["kernel"] for session in sessions if session["path"] == name]
        return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)

    def shut_down_kernels(self) -> None:
        """End every kernel: each would go on following its jobs."""
        with httpx2.Client(base_url=self.url, params={"token": self.token}) as client:
            for session in client.get("api/sessions").json():
                client.delete(f"api/sessions/{session['id']}")


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, service: Service) -> Iterator[Lab]:
    folder, runtime = tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("runtime")
    quiet = runtime / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    log = (runtime / "lab.log").open("w")
    environment = {
        **os.environ,
        "HFJOBS_LOCAL_DIR": str(service.data_dir),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(runtime / "config"),
        "JUPYTERLAB_SETTINGS_DIR": str(runtime / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(runtime / "workspaces"),
        "IPYTHONDIR": str(runtime / "ipython"),
        # It is begun before a test has its own: what this person's kernels note is none of its.
        "XDG_STATE_HOME": str(runtime / "state"),
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),
        ],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
    )
    info = runtime / f"jpserver-{process.pid}.json"
    try:
        # The file is there a moment before it is whole.
        wait_until(lambda: process.poll() is not None or (info.exists() and info.read_text().rstrip().endswith("}")))
        assert process.poll() is None, (runtime / "lab.log").read_text()
        started = json.loads(info.read_text())
        yield Lab(started["url"], started["token"], folder)
    finally:
        process.terminate()
        process.wait(60)
        log.close()


_context: list[BrowserContext] = []
"""The context that the pages of this folder share: its cache has JupyterLab's code compiled, which takes seconds."""


@pytest.fixture
def page(browser: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page with nothing of another test's: JupyterLab keeps its layout and kernels on the server."""
    if not (_context and _context[0] in browser.contexts):
        _context[:] = [browser.new_context(viewport={"width": 1280, "height": 900})]
    (context,) = _context
    with watched_page(context, request.node) as (page, _):
        yield page
    context.set_offline(False)
    lab.shut_down_kernels()
