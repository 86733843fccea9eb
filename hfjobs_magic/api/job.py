"""Job: the user's handle on a job of the Hub or of the local service."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api import repeat, right_size
from hfjobs_magic.api.connect import connect, find_hardware
from hfjobs_magic.api.displayable import Handle
from hfjobs_magic.api.failure import explain_names
from hfjobs_magic.api.files import JobFiles
from hfjobs_magic.api.idle import watch_idle
from hfjobs_magic.api.outputs import Outputs
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.values import JobValues
from hfjobs_magic.api.waiting import SLICE_S, explain_interrupt, say_running, wait_for
from hfjobs_magic.cost import usd_until
from hfjobs_magic.errors import HubError, WaitInterruptedError
from hfjobs_magic.exchange.files import FileList
from hfjobs_magic.follow.training_reader import SCANNED_LINES, scan_log
from hfjobs_magic.hub.request import Request
from hfjobs_magic.hub.sample_history import open_history
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.metrics.samples import Samples
from hfjobs_magic.records.jobs import record_of
from hfjobs_magic.script.names.cell_names import find_brought
from hfjobs_magic.script.names.inputs import SentInputs
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from hfjobs_magic.api.earlier import Earlier
    from hfjobs_magic.api.submit import Submission
    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.follow.follower import Follower
    from hfjobs_magic.follow.runtime import FollowRuntime
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.metrics.right_size import RightSize
    from hfjobs_magic.options.run_options import RunOptions


class Job(Handle):
    """A job on the Hub or on the local service.

    Made by `run`, `%%hfjob` or `attach`; followed in the background once a card, `wait` or the like asks for it.

    Attributes
    ----------
    client
        Where it is.
    script
        What was sent; None where it is not known.
    options
        What was asked for; None where it is not known.
    hardware
        What it runs on, and its price; None where nobody says.
    runtime
        What follows it.
    notice
        What is to be said of how it was submitted, such as a timeout that was shortened; on its card.
    earlier
        Jobs that its cell started before and that still ran; on its card.
    known_files
        Its files as they were when somebody asked last.
    outputs_below
        Whether what it shows appears below the cell that started it.
    """

    def __init__(
        self,
        client: JobsClient,
        facts: JobFacts,
        *,
        script: Script | None = None,
        options: RunOptions | None = None,
        hardware: Hardware | None = None,
        runtime: FollowRuntime = RUNTIME,
    ) -> None:
        self.client, self.runtime = client, runtime
        self.script, self.options, self.hardware = script, options, hardware
        self._entry = runtime.book(client, facts.namespace).entry(facts)
        explain_names(self._entry, script)
        self._follower: Follower | None = None
        self._sent = SentInputs()
        self.notice = ""
        self.earlier: tuple[Earlier, ...] = ()
        self.outputs_below = False
        self.known_files = FileList()

    @classmethod
    def from_submission(cls, made: Submission) -> Job:
        """Make the handle of a job that was just submitted; not followed yet, but for ``--cancel-if-idle``."""
        script = made.request.work if isinstance(made.request.work, Script) else None
        job = cls(made.client, made.job, script=script, options=made.request.options, hardware=made.hardware)
        job.notice = made.notice
        job._sent = made.request.sent
        watch_idle(job)
        return job

    def __repr__(self) -> str:
        return f"Job(name={self.name!r}, flavor={self.facts.flavor!r})"

    @property
    def detach(self) -> bool:
        """Whether its id is to be shown in the place of its card."""
        return bool(self.options and self.options.detach)

    @property
    def facts(self) -> JobFacts:
        """What is known of it without asking."""
        return self._entry.facts

    @property
    def id(self) -> str:
        """24 hex digits."""
        return self.facts.id

    @property
    def name(self) -> str:
        """The label ``name``."""
        return self.facts.name

    @property
    def url(self) -> str:
        """The job's page."""
        return self.facts.url

    @property
    def stage(self) -> str:
        """SCHEDULING, RUNNING, COMPLETED, ERROR, CANCELED or DELETED, asked for now if not followed."""
        return self.refresh().stage

    @property
    def status(self) -> JobFacts:
        """Everything known of it: stage, message, times, labels; asked for now if not followed."""
        return self.refresh()

    @property
    def labels(self) -> dict[str, str]:
        """Labels by key, the name among them; asked for now if not followed."""
        return dict(self.refresh().labels)

    @property
    def cost(self) -> float | None:
        """US dollars so far, an estimate; 0 on the local service, None where the price is not known."""
        price = self.hardware.usd_per_minute if self.hardware else None
        return 0.0 if self.client.local else usd_until(self.refresh(), price, time.time())

    def refresh(self) -> JobFacts:
        """Ask the Hub how the job is, unless it has ended or was just asked for by who follows it."""
        return self._entry.book.refresh(self._entry)

    def follow(self) -> Job:
        """Follow in the background; returns the job."""
        self.open_follower(self)
        return self

    def open_follower(self, user: object) -> Follower:
        """Return what follows the job, with its log and metrics, for `user` (a card, say) as long as that lives.

        All who look at a job share it.
        """
        if self._follower is None or self._follower.is_stopped:  # by `%unload_ext`
            self._follower = self.runtime.follower(
                self.client,
                self.facts,
                history=lambda: open_history(self.client, self.id),
                log_metrics=not (self.options and self.options.no_log_metrics),
            )
        self._follower.use(user)
        return self._follower

    def logs(self, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Log lines, secrets of this kernel masked; with `follow` until the job ends, with `tail` the newest only."""
        mask = SENT.line_mask_behind(self.id, lambda count: self.client.logs(self.id, tail=count), tail)
        lines = self.client.logs(self.id, follow=follow, tail=tail)
        while some := list(islice(lines, 1 if follow else SCANNED_LINES)):
            yield from mask(some)

    def metrics(self) -> Samples:
        """Return the samples that are known, oldest first: a list of dicts, as a pandas frame with ``.to_pandas()``.

        They are those of all kernels of this machine that followed the job; the Hub keeps none, so
        what nobody followed is not there. The local service keeps them from a job's start.
        Each holds ``time`` (since the epoch), ``cpu_usage_pct``, ``cpu_millicores``, ``memory_used_bytes``, ``rx_bps``,
        ``memory_total_bytes``, ``tx_bps``, ``gpus``; ``replica`` where there is one, ``span`` where it is not a second.

        Raises
        ------
        HubError
            When the job is not followed, and the local service that keeps its samples does not answer.
        """
        followed = self._follower.metrics.records() if self._follower else None
        return followed or Samples(open_history(self.client, self.id).past())

    @property
    def right_size(self) -> RightSize | None:
        """What it used, and cheaper flavors with memory for that; None unless it ran for five minutes and has ended."""
        return right_size.describe(self)

    def training_metrics(self) -> Samples:
        """Return what the job printed of its training, oldest first: a list of dicts, or with ``.to_pandas()`` a frame.

        Each holds ``time`` (seconds since the epoch, when the line was read here), ``step`` and ``epoch`` where the
        log has them, and the metrics by the names that the log gives them: ``loss``, ``eval_loss``, ``learning_rate``.

        Raises
        ------
        HubError
            When the job is not followed, and its log can't be read.
        """
        if self._follower and self._follower.reads_training:
            return self._follower.training.records()
        return scan_log(self.logs()).records()

    @property
    def outputs(self) -> Outputs:
        """What the job's cell has shown so far, asked for now: figures, tables, its last expression, its error."""
        return Outputs.of(self)

    @property
    def values(self) -> JobValues:
        """Values that the job gives back, by name; ``job.values["acc"].get()`` waits for one."""
        return JobValues(self)

    @property
    def files(self) -> JobFiles:
        """Files of the job's ``--out-dir`` that were copied so far, asked for now; ``job.files.pull()`` brings them."""
        return JobFiles.of(self)

    def wait(self, timeout: float | None = None) -> Job:
        """Block until the job has ended; returns the job.

        Raises
        ------
        JobFailedError
            When it did not end in COMPLETED; a `RemoteError` where its cell raised, which ``except ValueError``
            catches for a ValueError.
        WaitTimedOutError
            When `timeout` seconds were not enough.
        WaitInterruptedError
            On Ctrl-C, which stops the waiting, not the job.
        """
        wait_for(self, timeout)
        return self

    def __await__(self) -> Generator[Any, None, Job]:
        """``await job`` waits as `wait` does and leaves the event loop free."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Job:
        with explain_interrupt(lambda: say_running([self])):
            while not self.open_follower(self).done.is_set():
                await asyncio.sleep(SLICE_S)
        return self.wait()

    def __enter__(self) -> Job:
        """``with run(…) as job:`` cancels the job when the block raises."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _traceback: object) -> None:
        if kind is not None and not self.refresh().is_terminal:
            self.cancel()
            if error is not None and kind is WaitInterruptedError:
                error.args = (f"Stopped waiting; job {self.name} was cancelled.",)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle to the id and where it is; what is unpickled asks there anew, with the token of that machine."""
        return _reopen, (self.id, *self.client.whereabouts)

    def cancel(self) -> None:
        """Ask the job to end; returns when the Hub has taken the request."""
        self._entry.book.cancel(self._entry)

    def keep(self) -> None:
        """Let it run on, however idle it is, in spite of ``--cancel-if-idle``."""
        self.open_follower(self).idle.stop()

    def rerun(self, **changes: Any) -> Job:
        """Submit the same job again, followed like this one.

        Parameters
        ----------
        **changes
            Options as for `run`, such as ``flavor="a10g-small"``; of a job that another kernel submitted only
            ``flavor``, ``timeout`` and ``dependencies``, which are added.

        Raises
        ------
        OptionError
            When something is to change that needs the script, and that is not known here.
        """
        if not changes:
            return self.repeat().follow()
        known = Request(self.script, self.options, sent=self._sent) if self.script and self.options else None
        again = repeat.rerun_changed(self.client, self.refresh(), known, changes)
        return (Job.from_submission(again) if known else self._again(again)).follow()

    def repeat(self, changes: repeat.Changes = repeat.NO_CHANGES, *, ask: Callable[[str], bool] | None = None) -> Job:
        """Submit the same job again but for `changes`, as `hfjobs_magic.api.repeat.rerun` does; not followed yet."""
        return self._again(repeat.rerun(self.client, self.refresh(), options=self.options, changes=changes, ask=ask))

    def _again(self, made: Submission) -> Job:
        options = made.request.options if self.options else None
        again = Job(made.client, made.job, script=self.script, options=options, hardware=made.hardware)
        again._sent = self._sent
        watch_idle(again)
        return again


def open_job(client: JobsClient, facts: JobFacts, *, runtime: FollowRuntime = RUNTIME) -> Job:
    """Make a `Job` of what the Hub says of one, with its price and script; not followed yet."""
    texts = record_of(facts.id).script()
    if not texts:
        with suppress(HubError):  # a card without its script is better than none
            texts = client.script_texts(facts.id)
    script = Script(texts[0], notebook=texts[1], brought=find_brought(texts[1])) if texts else None
    return Job(client, facts, script=script, hardware=find_hardware(client, facts.flavor), runtime=runtime)


def _reopen(job_id: str, local: bool, namespace: str, endpoint: str | None) -> Job:
    client = connect(local=local, namespace=namespace, endpoint=endpoint)
    return open_job(client, client.inspect(job_id))
