"""What a page that shows the Files tab asks for: the list of files, and to bring some beside the notebook.

Messages of the page: ``{"type": "files", "has"}``, again and again while the tab is in view, and ``{"type": "pull",
"path"}`` for one file, or with null for all. Answers: ``{"type": "files", "stamp", "files": [[path, size, modified]],
"summary", "note"}``, where ``stamp`` is what the page says next time that it ``has``: nothing is sent where it
has it all. Then ``{"type": "pulled", "path", "said"}``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.files import JobFiles
from hfjobs_magic.errors import HfJobsError, report
from hfjobs_magic.exchange.files import read_lists
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.api.job import Job

EVERY_S = 3.0
"""Seconds between two looks into the bucket, however many pages ask."""

SENT = 20_000
"""Files that a page gets, with a megabyte or two of their names; of more it says how many there are."""


class FileServer:
    """Asks the bucket on a thread of its own.

    Parameters
    ----------
    handle
        The job.
    send
        Has a message sent to all pages; from any thread.
    """

    def __init__(self, handle: Job, send: Callable[[dict[str, Any]], None]) -> None:
        self._handle, self._send = handle, send
        self._worker = Worker(f"hfjob-{handle.id[:8]}-files")
        self._files = JobFiles(handle, read_lists(()))
        self._stamp = ""
        """What tells the lists that were read last from others."""
        self._due = 0.0

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a message of a page; other messages are ignored. Returns at once."""
        kind = asked.get("type")
        if kind == "files":
            has = asked.get("has")
            self._worker.do("list", lambda: self._list(has))
        elif kind == "pull":
            path = asked.get("path")
            self._worker.do(f"pull {path}", lambda: self._pull(path))

    def stop(self) -> None:
        """Ask for nothing more."""
        self._worker.stop()

    def _list(self, has: object) -> None:
        error = ""
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + EVERY_S
            try:
                self._look()
            except HfJobsError as raised:
                error = str(raised)
        files = self._files
        note = error or files.say_missing() or files.say_damaged() or ("" if files else "No files yet.")
        stamp = f"{self._stamp} {note}"
        if has == stamp:
            return
        rows = [[one.path, one.size, one.modified] for one in files[:SENT]]
        message = {
            "type": "files",
            "stamp": stamp,
            "files": rows,
            "summary": files.summary(SENT),
            "note": note,
        }
        self._send(message)

    def _look(self) -> None:
        folder = self._handle.client.run_folder(self._handle.facts)
        if folder is None:
            return
        stamp, lists = folder.file_lists(self._stamp)
        if lists is not None:
            self._stamp, self._files = stamp, JobFiles(self._handle, read_lists(lists))

    def _pull(self, path: object) -> None:
        try:
            done = self._handle.files.pull(only=None if path is None else {str(path)})
            said = repr(done)
        except HfJobsError as error:
            said = str(error)
        except OSError as error:
            said = report(error)
        self._send({"type": "pulled", "path": path, "said": said})
