"""Links to the pages of local jobs: each opens one page, for the browser in which somebody clicked.

The local service shows a job's page to who proves that the service is theirs. A kernel can: it has the token.
Message of the page: ``{"type": "page-link", "id", "job"}``; answer: ``{"type": "page-link", "id", "url", "error"}``.
A link goes out as a message and never as a trait, because traits are saved with notebooks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from hfjobs_magic.errors import HubError, report
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

JOB_ID = re.compile(r"[0-9a-f]{24}")


class Linker(Protocol):
    """Whoever can make links: `hfjobs_magic.hub.client.JobsClient`."""

    def page_link(self, job_id: str) -> str:
        """Ask the service for one."""


class PageLinks:
    """Asks for links on a thread of its own.

    Parameters
    ----------
    client
        Where the jobs are.
    send
        Sends a message to all pages; called on that thread.
    """

    def __init__(self, client: Linker, send: Callable[[dict[str, Any]], None]) -> None:
        self._client = client
        self._send = send
        self._worker = Worker("hfjobs-page-links")

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a message of a page, later; other messages are ignored."""
        kind, number, job_id = asked.get("type"), asked.get("id"), asked.get("job")
        if kind == "page-link" and isinstance(number, int) and isinstance(job_id, str) and JOB_ID.fullmatch(job_id):
            self._worker.do(str(number), lambda: self._ask(number, job_id))

    def stop(self) -> None:
        """Ask for none any more."""
        self._worker.stop()

    def _ask(self, number: int, job_id: str) -> None:
        url, wrong = None, None
        try:
            url = self._client.page_link(job_id)
        except HubError as error:
            wrong = str(error)
        except Exception as error:  # noqa: BLE001 - a page waits for an answer
            wrong = report(error)
        self._send({"type": "page-link", "id": number, "url": url, "error": wrong})
