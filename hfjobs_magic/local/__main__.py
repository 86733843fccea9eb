"""``python -m hfjobs_magic.local serve | status | stop | open``: the local service from the command line."""

from __future__ import annotations

import argparse
import ipaddress
import json
import sys
import webbrowser
from typing import TYPE_CHECKING

from hfjobs_magic.local import daemon

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hfjobs_magic.local", description="The local Jobs service.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run in the foreground until interrupted")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=0, help="0 takes the last one again, or a free one")
    status = commands.add_parser("status", help="say where it runs")
    stop = commands.add_parser("stop", help="stop it; its jobs go on")
    page = commands.add_parser("open", help="open the page of a job in the browser, with a link that works once")
    page.add_argument("job_id", metavar="JOB_ID")
    page.add_argument("--print", action="store_true", help="print the link instead of opening it")
    for command in (serve, status, stop, page):
        command.add_argument("--data-dir", help="default: $HFJOBS_LOCAL_DIR or the user's data directory")
    options = parser.parse_args(arguments)
    try:
        if options.command == "serve":
            return _serve(options)
        return {"status": _status, "stop": _stop, "open": _open}[options.command](options)
    except daemon.LocalServiceError as error:
        print(error, file=sys.stderr)
        return 1


def _serve(options: argparse.Namespace) -> int:
    if not _is_loopback(options.host):
        msg = f"{options.host} is not a loopback address; the local service listens on this machine only (127.0.0.1)."
        raise daemon.LocalServiceError(msg)
    try:
        from hfjobs_magic.local.server.app import serve  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("hfjobs_magic"):
            raise
        msg = f"The local service needs {error.name}. Install it with: pip install 'hfjobs-magic[local]'"
        raise daemon.LocalServiceError(msg) from error
    serve(daemon.resolve(options.data_dir), options.host, options.port)
    return 0


def _status(options: argparse.Namespace) -> int:
    found = daemon.find(options.data_dir)
    directory = daemon.resolve(options.data_dir)
    if found is None:
        print(f"No local service runs on {directory.root}.")
        return 1
    print(
        json.dumps(
            {
                "endpoint": found.endpoint,
                "namespace": found.namespace,
                "data_dir": str(found.data_dir),
                "pid": found.pid,
            }
        )
    )
    return 0


def _stop(options: argparse.Namespace) -> int:
    directory = daemon.resolve(options.data_dir)
    if daemon.stop(options.data_dir):
        print(f"Stopped the local service on {directory.root}. Its jobs go on.")
        return 0
    print(f"No local service runs on {directory.root}.")
    return 1


def _open(options: argparse.Namespace) -> int:
    found = daemon.find(options.data_dir)
    if found is None:
        print(f"No local service runs on {daemon.resolve(options.data_dir).root}.")
        return 1
    link = daemon.page_link(found, options.job_id)
    if options.print or not webbrowser.open(link):
        print(f"Open this within a minute; it works once:\n{link}")
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
