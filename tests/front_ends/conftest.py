"""Other front ends than JupyterLab, each a real server in a folder of the test's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.conftest import ROOT, watched_page
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from playwright.sync_api import Browser, Page

    from hfjobs_magic.local.daemon import Service


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def address(process: subprocess.Popen[bytes], path: str) -> str | None:
    """Where a server answers at `path`; it may have found the port taken that it was told, and chosen another."""
    for connection in psutil.Process(process.pid).net_connections("tcp4"):
        url = f"http://127.0.0.1:{connection.laddr.port}"
        if connection.status == psutil.CONN_LISTEN:
            with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(url + path, timeout=5).close()  # noqa: S310 - our own address
                return url
    return None


@pytest.fixture
def serve(tmp_path: Path, service: Service) -> Callable[..., AbstractContextManager[str]]:
    """Run ``python -m …`` with ``{port}`` filled in until it answers at a path; the address without the path."""

    @contextmanager
    def serving(*words: str, at: str = "/") -> Iterator[str]:
        port, folder = free_port(), tmp_path / "jupyter"
        environment = {
            **os.environ,
            "HFJOBS_LOCAL_DIR": str(service.data_dir),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "XDG_CONFIG_HOME": str(folder / "xdg"),
        }
        with (tmp_path / "server.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *(word.format(port=port) for word in words)],
                env=environment,
                cwd=tmp_path,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(lambda: process.poll() is not None or address(process, at) is not None)
            assert process.poll() is None, (tmp_path / "server.log").read_text()
            yield str(address(process, at))
        finally:
            process.terminate()
            process.wait(60)

    return serving


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1100, "height": 900}) as context:
        context.set_default_timeout(PATIENCE_S * 1000)
        with watched_page(context, request.node) as (page, _):
            yield page


PAGES = Path(__file__).parent / "pages"
MODULES = ROOT / "js" / "node_modules"


@pytest.fixture
def widget_page(serve: Callable[..., AbstractContextManager[str]], tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Address of a page of `pages`, bundled with those of its frames, from a Jupyter Server whose kernels it uses.

    It stands for a front end that cannot be run here, around that one's own widget manager or one like it.
    """
    folder = tmp_path / "pages"
    folder.mkdir()
    shutil.copy(MODULES / "requirejs" / "require.js", folder)
    shutil.copy(Path(sys.prefix, "share/jupyter/nbextensions/anywidget/index.js"), folder / "anywidget.js")
    words = ("jupyter", "server", "--no-browser", "--allow-root", "--port={port}", "--IdentityProvider.token=")
    with serve(
        *words, "--ServerApp.disable_check_xsrf=True", f"--ServerApp.extra_static_paths={[str(folder)]}", at="/api"
    ) as url:

        def address(name: str, *frames: str) -> str:
            for one in (name, *frames):
                shutil.copy(PAGES / f"{one}.html", folder)
            subprocess.run(
                [
                    *(MODULES / ".bin" / "esbuild", *(PAGES / f"{one}.js" for one in (name, *frames))),
                    *("--bundle", "--format=esm", f"--outdir={folder}"),
                    *("--define:global=window", "--loader:.svg=text", "--log-level=warning"),
                ],
                env={**os.environ, "NODE_PATH": str(MODULES)},
                check=True,
            )
            return f"{url}/static/{name}.html"

        yield address
