"""Training curves of several jobs of a table, to be laid over each other.

Message of the page: ``{"type": "compare", "ids"}``, all that it compares now; none when it does so no more. To the
page, of each job and again when it has grown: a message of `hfjobs_magic.widgets.curve_message`.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import Job
from hfjobs_magic.errors import HubError, report
from hfjobs_magic.follow.training_reader import scan_log
from hfjobs_magic.metrics.training import NO_MODES
from hfjobs_magic.widgets.curve_message import find_percent, make_message
from hfjobs_magic.widgets.curve_stream import CurveStream
from hfjobs_magic.widgets.throttle import Throttle
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.follow.list_watcher import ListWatcher

    Send = Callable[[dict[str, Any]], None]
    Find = Callable[[str], JobFacts | None]

MAX_COMPARED = 20
"""Jobs compared at a time: more lines cannot be told apart, and each that runs is followed by a thread of its own."""

MAX_OF_SWEEP = 200
"""Runs of a sweep whose curves are drawn together, coloured by a parameter; few of them run at a time."""

LOGS = 2
"""Logs read at a time, of jobs that are not followed."""

STREAMS = 16
"""Logs of runs that are streamed at a time; those of others come when one of them has ended."""

PACE_S = 12.0
"""Seconds between two logs of the Hub's that are read for a sweep: five a minute beside the looks at the list."""


class CurveServer:
    """Reads curves where a page asks for them; all but `answer` on the pump.

    A job that is followed, or runs, is followed for them; of one that has ended the log is read once. Of runs of the
    Hub that nobody follows nothing but the log is read: to follow many that end soon is hundreds of requests.

    Parameters
    ----------
    watch
        The list of the jobs.
    send
        Sends a message to all pages.
    find
        Returns what is known of a job that is shown; None for any other.
    is_sweep
        Whether they are the runs of a sweep: many are read, one after the other.
    modes
        Metrics that the reader has named, whose values count wherever they are printed, and which of them is best:
        ``min``, ``max``, or nothing where the name says it.
    """

    def __init__(
        self,
        watch: ListWatcher,
        send: Send,
        find: Find,
        *,
        is_sweep: bool = False,
        modes: Mapping[str, str] = NO_MODES,
    ) -> None:
        self._watch, self._find, self._modes = watch, find, modes
        self._send = send
        self._most = MAX_OF_SWEEP if is_sweep else MAX_COMPARED
        self._pace_s = PACE_S if is_sweep and not watch.client.local else 0.0
        self._worker = Worker("hfjobs-table-curves", threads=1 if self._pace_s else LOGS)
        self._closed = threading.Event()
        self._places = threading.Semaphore(STREAMS)
        self._followed: dict[str, _Followed | CurveStream] = {}
        self._read: dict[str, dict[str, Any]] = {}
        """Message of a job that has ended, empty while its log is read."""

    def answer(self, asked: dict[str, Any]) -> None:
        """Answer a page that asks for some. Returns at once."""
        ids = asked.get("ids")
        if isinstance(ids, list):
            wanted = dict.fromkeys(one for one in ids[: self._most] if isinstance(one, str))
            self._watch.do(lambda: self._compare(list(wanted)))

    def send_again(self, ids: Iterable[str]) -> None:
        """Send what is known of some jobs once more, to which something was added on the way; on the pump."""
        for job_id in ids:
            if job_id in self._followed:
                self._followed[job_id].send()
            elif message := self._read.get(job_id):
                self._send(message)

    def stop(self) -> None:
        """Read no more; a page that looks again asks again."""
        self._compare([])

    def close(self) -> None:
        """Read nothing any more."""
        self.stop()
        self._closed.set()
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
        facts = self._find(job_id)
        if facts is None:
            self._send(make_message(job_id, error="This job is not in the list any more."))
            return
        runtime = self._watch.runtime
        job = Job(self._watch.client, facts, runtime=runtime)
        if facts.is_terminal and not runtime.is_followed(self._watch.client, facts):
            self._read[job_id] = {}
            self._worker.do(job_id, lambda: self._read_log(job))
        elif self._pace_s and not runtime.is_followed(self._watch.client, facts):
            self._followed[job_id] = CurveStream(
                job,
                do=self._watch.do,
                send=self._send,
                keep=self._keep,
                find=lambda: self._find(job_id),
                places=self._places,
                modes=self._modes,
            )
        else:
            self._followed[job_id] = _Followed(job, self._send, self._keep, self._modes)

    def _keep(self, message: dict[str, Any]) -> None:
        """Keep the curves of a job that is over, in the place of what follows it."""
        followed = self._followed.pop(message["id"], None)
        if followed:
            followed.stop()
            if not message["error"]:  # asked for again, it is tried again
                self._read[message["id"]] = message
        known = {curve["key"] for curve in message["curves"]}
        if isinstance(followed, _Followed) and not message["error"] and self._modes.keys() - known:
            # Who follows a job for all that look at it knows of no names.
            self._worker.do(message["id"], lambda: self._read_log(followed.job))

    def _read_log(self, job: Job) -> None:
        """Read a log, on a thread of its own."""
        if job.id not in self._read or self._closed.wait(self._pace_s):
            return
        try:
            scan = scan_log(job.logs(), lambda: job.id in self._read, named=self._modes)
            message = make_message(job.id, scan, self._modes)
        except HubError as error:
            message = make_message(job.id, error=f"Its log cannot be read: {error}")
        except Exception as error:  # noqa: BLE001 - the reader waits for a word
            message = make_message(job.id, error=f"Its log cannot be read: {report(error)}")
        self._watch.do(lambda: self._take(message))

    def _take(self, message: dict[str, Any]) -> None:
        if message["id"] in self._read:
            self._read[message["id"]] = message
            self._send(message)
        if message["error"]:
            self._read.pop(message["id"], None)  # asked for again, it is tried again


class _Followed:
    """Curves of a job as they grow; `ended` gets them when the log is whole and grows no more."""

    def __init__(self, job: Job, send: Send, ended: Send, modes: Mapping[str, str]) -> None:
        self.job, self._id, self._modes = job, job.id, modes
        self._send, self._ended = send, ended
        self._throttle = Throttle()
        self._said = False
        self._follower: Follower = job.open_follower(self)
        self._follower.listen(self._show)

    def send(self) -> dict[str, Any]:
        """Send what is known."""
        follower = self._follower
        error = "" if follower.reads_training else "Its log is not read for metrics (--no-log-metrics)."
        message = make_message(self._id, follower.training, self._modes, error=error)
        self._throttle.charge(message)
        self._send(message)
        self._said = True
        return message

    def stop(self) -> None:
        """Follow no more for them."""
        self._follower.unlisten(self._show)
        self._follower.release(self)

    def _show(self) -> None:
        follower = self._follower
        stream, reports = follower.state.stream, follower.training.reports + find_percent(follower.training)
        # Nothing is said before the log has been looked at: "no curves" would be a guess.
        runs = not follower.entry.facts.is_terminal and stream != "connecting"
        has_begun = bool(reports) or runs or follower.is_whole
        grown = self._throttle.is_due(reports, last=stream in {"complete", "stopped"})
        if has_begun and (grown or not self._said):
            self.send()
        if follower.is_whole and stream == "complete" and not follower.training.is_behind:
            self._ended(self.send())
