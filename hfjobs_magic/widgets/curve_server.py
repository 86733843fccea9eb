"""Training curves of several jobs of a table, to be laid over each other.

Message of the page: ``{"type": "compare", "ids"}``, all that it compares now; none when it does so no more. To the
page, of each job and again when it has grown: ``{"type": "curves", "id", "error", "curves"}``, with curves as
`TrainingBuffer.curves` writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import Job
from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.training_reader import scan_log
from hfjobs_magic.widgets.throttle import Throttle
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.follow.list_watcher import ListWatcher
    from hfjobs_magic.metrics.training_scan import TrainingScan

    Send = Callable[[dict[str, Any]], None]

MAX_COMPARED = 20
"""Jobs compared at a time: more lines cannot be told apart, and each that runs is followed by a thread of its own."""

LOGS = 2
"""Logs read at a time, of jobs that are not followed."""


class CurveServer:
    """Reads curves where a page asks for them; all but `answer` on the pump.

    A job that is followed, or runs, is followed for them; of one that has ended the log is read once.

    Parameters
    ----------
    watch
        The list of the jobs.
    send
        Sends a message to all pages.
    """

    def __init__(self, watch: ListWatcher, send: Send) -> None:
        self._watch = watch
        self._send = send
        self._worker = Worker("hfjobs-table-curves", threads=LOGS)
        self._followed: dict[str, _Followed] = {}
        self._read: dict[str, dict[str, Any]] = {}
        """Message of a job that has ended, empty while its log is read."""

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a page that asks for some. Returns at once."""
        ids = asked.get("ids")
        if isinstance(ids, list):
            wanted = dict.fromkeys(one for one in ids[:MAX_COMPARED] if isinstance(one, str))
            self._watch.do(lambda: self._compare(list(wanted)))

    def stop(self) -> None:
        """Read no more; a page that looks again asks again."""
        self._compare([])

    def close(self) -> None:
        """Read nothing any more."""
        self.stop()
        self._worker.stop()

    def _compare(self, wanted: list[str]) -> None:
        for job_id in [*self._followed]:
            if job_id not in wanted:
                self._followed.pop(job_id).stop()
        self._read = {job_id: message for job_id, message in self._read.items() if job_id in wanted}
        for job_id in wanted:
            if job_id in self._followed:
                self._followed[job_id].send()
            elif job_id not in self._read:
                self._begin(job_id)
            elif self._read[job_id]:
                self._send(self._read[job_id])

    def _begin(self, job_id: str) -> None:
        facts = self._watch.job(job_id)
        if facts is None:
            self._send(_message(job_id, error="This job is not in the list any more."))
            return
        runtime = self._watch.runtime
        job = Job(self._watch.client, facts, runtime=runtime)
        if facts.is_terminal and not runtime.is_followed(self._watch.client, facts):
            self._read[job_id] = {}
            self._worker.do(job_id, lambda: self._read_log(job))
        else:
            self._followed[job_id] = _Followed(job, self._send)

    def _read_log(self, job: Job) -> None:
        """Read a log, on a thread of its own."""
        try:
            message = _message(job.id, scan_log(job.logs(), lambda: job.id in self._read))
        except HubError as error:
            message = _message(job.id, error=f"Its log cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - the reader waits for a word
            message = _message(job.id, error=f"Its log cannot be read: {report(error)}")
        self._watch.do(lambda: self._take(message))

    def _take(self, message: dict[str, Any]) -> None:
        if message["id"] in self._read:
            self._read[message["id"]] = message
            self._send(message)
        if message["error"]:
            self._read.pop(message["id"], None)  # asked for again, it is tried again


class _Followed:
    """Curves of a job as they grow."""

    def __init__(self, job: Job, send: Send) -> None:
        self._id = job.id
        self._send = send
        self._throttle = Throttle()
        self._said = False
        self._follower: Follower = job.open_follower(self)
        self._follower.listen(self._show)

    def send(self) -> None:
        """Send what is known."""
        follower = self._follower
        error = "" if follower.reads_training else "Its log is not read for metrics (--no-log-metrics)."
        message = _message(self._id, follower.training, error=error)
        self._throttle.charge(message)
        self._send(message)
        self._said = True

    def stop(self) -> None:
        """Follow no more for them."""
        self._follower.unlisten(self._show)
        self._follower.release(self)

    def _show(self) -> None:
        follower = self._follower
        stream, reports = follower.state.stream, follower.training.reports
        # Nothing is said before the log has been looked at: "no curves" would be a guess.
        runs = not follower.entry.facts.is_terminal and stream != "connecting"
        has_begun = bool(reports) or runs or follower.is_whole
        grown = self._throttle.is_due(reports, last=stream in {"complete", "stopped"})
        if has_begun and (grown or not self._said):
            self.send()


def _message(job_id: str, scan: TrainingScan | None = None, *, error: str = "") -> dict[str, Any]:
    return {"type": "curves", "id": job_id, "error": error, "curves": scan.curves() if scan else []}
