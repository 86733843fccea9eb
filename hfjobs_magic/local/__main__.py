"""``python -m hfjobs_magic.local serve | status | stop | open``: the local service from the command line."""

from __future__ import annotations

import argparse
import ipaddress
import json
import sys
from typing import TYPE_CHECKING

from hfjobs_magic.local import daemon

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m hfjobs_magic.local", description="The local Jobs service.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run in the foreground until interrupted")
    serve.add_argument("--host", default="127.0.0.1", help="a loopback address (default: 127.0.0.1)")
    serve.add_argument("--port", type=int, default=0, help="0: the last one again, or a free one (default: 0)")
    status = commands.add_parser("status", help="print where it runs")
    stop = commands.add_parser("stop", help="stop it; its jobs keep running")
    page = commands.add_parser("open", help="open a job's page in the browser, with a link that works once")
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
        raise daemon.LocalServiceError(
            f"{options.host} is not a loopback address. The local service only listens on this machine: use 127.0.0.1."
        )
    try:
        from hfjobs_magic.local.server.app import serve  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("hfjobs_magic"):
            raise
        raise daemon.LocalServiceError(
            f"The local service needs {error.name}. Install it with: pip install 'hfjobs-magic[local]'"
        ) from error
    serve(daemon.locate(options.data_dir), options.host, options.port)
    return 0


def _status(options: argparse.Namespace) -> int:
    service = daemon.find(options.data_dir)
    if service is None:
        return _report_none(options)
    print(
        json.dumps(
            {
                "endpoint": service.endpoint,
                "namespace": service.namespace,
                "data_dir": str(service.data_dir),
                "pid": service.pid,
            }
        )
    )
    return 0


def _stop(options: argparse.Namespace) -> int:
    if not daemon.stop(options.data_dir):
        return _report_none(options)
    print(f"Stopped the local service on {daemon.locate(options.data_dir).root}. Its jobs keep running.")
    return 0


def _open(options: argparse.Namespace) -> int:
    service = daemon.find(options.data_dir)
    if service is None:
        return _report_none(options)
    link = daemon.make_page_link(service, options.job_id)
    if options.print or not daemon.open_page(link, service):
        print(f"Open this link within a minute; it works once:\n{link}")
    return 0


def _report_none(options: argparse.Namespace) -> int:
    print(f"No local service is running on {daemon.locate(options.data_dir).root}.")
    return 1


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())
