"""Find, start and stop the local service; the one module the rest of the package imports.

Standard library only (and platformdirs for the default place), so that it can be imported, and can explain what is
missing, where the extra ``hfjobs-magic[local]`` is not installed.
"""

from __future__ import annotations

import html
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hfjobs_magic.local import processes, tools
from hfjobs_magic.local.errors import LocalServiceError
from hfjobs_magic.local.storage.data_dir import DataDir, write_private
from hfjobs_magic.local.storage.locking import hold_lock

__all__ = ["LocalServiceError", "Service", "ensure", "find", "make_page_link", "open_page", "stop"]

START_TIMEOUT = 30.0
"""Seconds a new service may take to answer; a cold start on a slow disk takes a few."""

ANSWER_TIMEOUT = 10.0
"""Seconds a running service may take to answer before it counts as hung."""

STOP_GRACE = 10.0
"""Seconds a service may take to end by itself before it is killed."""

LINK_FILE_LIFE = 60.0
"""Seconds after which a file with a link may go: by then the link has expired."""

_POLL = 0.03
"""Seconds between two looks at a service that is starting; a warm start takes a few tenths."""

_REQUIREMENTS = ("starlette", "uvicorn", "psutil", "hf_xet", "lz4", "blake3")
"""Import names of what the service is built on."""


@dataclass(frozen=True)
class Service:
    """A running local service and how to talk to it."""

    endpoint: str
    """Base URL, as for HF_ENDPOINT."""
    token: str = field(repr=False)
    """Bearer token, as for HF_TOKEN."""
    namespace: str
    """The only namespace it has."""
    data_dir: Path
    """Where it keeps jobs, buckets and logs."""
    pid: int
    """Its process."""


def find_default_dir() -> Path:
    """Return ``$HFJOBS_LOCAL_DIR``, or the user's data directory for this package."""
    if chosen := os.environ.get("HFJOBS_LOCAL_DIR"):
        return Path(chosen).expanduser().absolute()
    import platformdirs  # noqa: PLC0415 - only the default needs it

    return platformdirs.user_data_path("hfjobs-magic") / "local"


def locate(data_dir: str | os.PathLike[str] | None) -> DataDir:
    """Return the layout of `data_dir`, or of the default one."""
    return DataDir(Path(data_dir).expanduser().absolute() if data_dir is not None else find_default_dir())


def find(data_dir: str | os.PathLike[str] | None = None) -> Service | None:
    """Return the service that runs on `data_dir` and answers, or None.

    A state file does not count when its process is gone, when the process id now belongs to another process, or when
    the endpoint does not answer.
    """
    service = read_service(locate(data_dir))
    return service if service is not None and is_answering(service) else None


def ensure(data_dir: str | os.PathLike[str] | None = None) -> Service:
    """Return the service that runs on `data_dir`; start it, detached, if there is none.

    One whose environment was deleted since is stopped first: it has no uv any more, and its jobs run on.

    Raises
    ------
    LocalServiceError
        If the extra ``[local]`` or uv is not installed, or the service did not start.
    """
    directory = locate(data_dir)
    if is_installed(directory) and (service := find(directory.root)) is not None:
        return service
    _check_installed()
    try:
        directory.create()
    except OSError as error:
        raise LocalServiceError(
            f"Cannot use {directory.root}: {error.strerror}. Set HFJOBS_LOCAL_DIR to a directory of your own."
        ) from error
    with hold_lock(directory.root / "start.lock", START_TIMEOUT) as is_ours:
        if not is_ours:
            raise LocalServiceError(
                f"Another process has been starting the local service for {START_TIMEOUT:.0f} s; see {directory.log}."
            )
        service = read_service(directory)
        if service is not None:
            if is_installed(directory) and is_answering(service, ANSWER_TIMEOUT):
                return service
            stop(directory.root)
        return _start(directory)


def stop(data_dir: str | os.PathLike[str] | None = None) -> bool:
    """Stop the service on `data_dir` and leave its jobs running; return False if none ran."""
    directory = locate(data_dir)
    state = read_state(directory)
    if state is None:
        return False
    pid, expected = int(state["pid"]), str(state["identity"])
    ran = processes.is_alive(pid, expected)
    if ran:
        processes.end(pid, expected, STOP_GRACE)
        processes.reap(pid)
    # A service that was killed leaves its state file behind.
    left = read_state(directory)
    if left is not None and left["identity"] == expected:
        with suppress(FileNotFoundError):
            directory.state.unlink()
    return ran


def read_state(directory: DataDir) -> dict[str, Any] | None:
    """Return the content of the state file, or None if there is none that can be read."""
    try:
        state = json.loads(directory.state.read_text())
        return state if {"endpoint", "token", "namespace", "pid", "identity"} <= state.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def read_service(directory: DataDir) -> Service | None:
    """Return the service of the state file if its process is alive, whether it answers or not."""
    state = read_state(directory)
    if state is None or not processes.is_alive(int(state["pid"]), str(state["identity"])):
        return None
    return Service(state["endpoint"], state["token"], state["namespace"], directory.root, int(state["pid"]))


def is_installed(directory: DataDir) -> bool:
    """Return whether what the service of the state file was started from is still there: its Python, and we."""
    paths = (read_state(directory) or {}).get("installation") or []
    return all(Path(path).exists() for path in paths)


def is_answering(service: Service, timeout: float = 3.0) -> bool:
    """Return whether the service is ours and answers within `timeout` seconds."""
    request = urllib.request.Request(  # noqa: S310 - the address is the state file's
        f"{service.endpoint}/api/whoami-v2", headers={"Authorization": f"Bearer {service.token}"}
    )
    try:
        with _make_opener().open(request, timeout=timeout) as response:
            return bool(json.load(response)["name"] == service.namespace)
    except (OSError, ValueError, KeyError):
        return False


def make_page_link(service: Service, job_id: str) -> str:
    """Return a link to a job's page that works once, within a minute, in any browser of this user on this machine.

    Code that has an HTTP client gets the same from ``POST {endpoint}/api/jobs/{namespace}/{job_id}/page-link``.

    Raises
    ------
    LocalServiceError
        If the service does not give one.
    """
    request = urllib.request.Request(  # noqa: S310 - the address is the state file's
        f"{service.endpoint}/api/jobs/{service.namespace}/{urllib.parse.quote(job_id, safe='')}/page-link",
        method="POST",
        headers={"Authorization": f"Bearer {service.token}"},
    )
    try:
        with _make_opener().open(request, timeout=ANSWER_TIMEOUT) as response:
            return str(json.load(response)["url"])
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            where = "see them in a notebook with: %hfjobs ls -a --local"
            raise LocalServiceError(f"The local service has no job {job_id!r}; {where}") from error
        raise LocalServiceError(f"The local service at {service.endpoint} gave no link: {error}.") from error
    except (OSError, ValueError, KeyError) as error:
        raise LocalServiceError(f"The local service at {service.endpoint} gave no link: {error}.") from error


def open_page(link: str, service: Service, *, by_file: bool = not processes.IS_LINUX) -> bool:
    """Open a link of `make_page_link` in the browser; return False if there is none.

    Every user of the machine can read the browser's command line. On Linux the service itself refuses a link to
    everybody but its own user. Elsewhere the browser is given a file of this user (`by_file`), which leads to the link;
    not on Linux, because browsers in snaps, as Ubuntu has them, cannot read hidden folders.
    """
    if not by_file:
        return webbrowser.open(link)
    for path in service.data_dir.glob("open-*.html"):
        if time.time() - path.stat().st_mtime > LINK_FILE_LIFE:
            path.unlink(missing_ok=True)
    path = service.data_dir / f"open-{secrets.token_hex(8)}.html"
    write_private(path, f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}">')
    return webbrowser.open(path.as_uri())


def _make_opener() -> urllib.request.OpenerDirector:
    """Return what sends requests to the service; a proxy of the environment must never see them."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _check_installed() -> None:
    missing = [name for name in _REQUIREMENTS if importlib.util.find_spec(name) is None]
    if missing:
        raise LocalServiceError(
            f"The local service is not installed ({', '.join(missing)} missing). "
            "Install it with: pip install 'hfjobs-magic[local]'"
        )
    if tools.find_uv() is None:
        raise LocalServiceError(tools.UV_MISSING)


def _start(directory: DataDir) -> Service:
    descriptor = os.open(directory.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "hfjobs_magic.local", "serve", "--data-dir", str(directory.root)],
            env=tools.build_service_environment(),
            cwd=directory.root,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        service = read_service(directory)
        if service is not None and is_answering(service):
            # It outlives us: nobody will wait for it.
            process.returncode = 0
            return service
        if process.poll() is not None:
            break
        time.sleep(_POLL)
    process.kill()
    process.wait()
    raise LocalServiceError(f"The local service did not start; its log says why: {directory.log}")
