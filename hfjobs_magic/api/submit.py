"""The one way to start a job: check, price, ask the budget, send, remember."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hfjobs_magic.api.connect import connect
from hfjobs_magic.api.idle import check_idle
from hfjobs_magic.api.inputs import ask_about_size, stage_inputs
from hfjobs_magic.api.preflight import check_before
from hfjobs_magic.api.price import most_of, price
from hfjobs_magic.api.request_checks import check_request
from hfjobs_magic.api.reuse import LABEL, find_reusable, job_hash
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import report
from hfjobs_magic.facts import JobFacts
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.hub.transfer import NOT_SENT, interrupt_says
from hfjobs_magic.hub.value_keys import key_secrets
from hfjobs_magic.records import notebooks
from hfjobs_magic.records.jobs import record_of
from hfjobs_magic.script.script import Script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.facts import Hardware, ScheduledFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.request import Request

    Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Submission:
    """A request that the Hub has taken."""

    client: JobsClient
    """Where it was sent."""
    request: Request
    """What was sent: options as they were after ``--max-cost``, with all labels but the hash."""
    facts: JobFacts | ScheduledFacts
    """What the Hub said of it."""
    hardware: Hardware | None
    """What it runs on, and the price."""
    most_usd: float | None = None
    """Most that the job, or each run of a schedule, can cost in US dollars; None where that is not known."""
    notice: str = ""
    """Sentences for the reader, such as a timeout that was shortened."""
    reused: bool = False
    """Whether it is a job of before, which ``--reuse`` has found."""

    @property
    def job(self) -> JobFacts:
        """What the Hub said of the job; a TypeError where a schedule was submitted."""
        if not isinstance(self.facts, JobFacts):
            raise TypeError("A schedule was submitted, which is not a job yet.")
        return self.facts


def submit(request: Request, *, client: JobsClient | None = None, ask: Ask | None = None) -> Submission:
    """Check, price and send a request, or find the job to reuse.

    Parameters
    ----------
    request
        What to run, and how.
    client
        Where to; None is what the options say.
    ask
        Puts a question to the reader, for the session's budget; None where nobody can answer.

    Raises
    ------
    CellError, OptionError, BudgetError
        Before anything is sent.
    HubError
        When the Hub refuses or does not answer.
    """
    check_request(request)
    with stage_inputs(request) as written:
        return _submit(written, client, ask)


def check_first(request: Request) -> None:
    """Refuse what can be known to fail of a sweep, before its first run is submitted; its values have been written.

    Raises
    ------
    OptionError
        As `submit` would raise it.
    """
    check_request(request)
    if isinstance(request.work, Script):
        options = request.options
        check_before(request.work, options, env=read_env(options), secrets=read_secrets(options))
    ask_about_size(request, None)


def _submit(request: Request, client: JobsClient | None, ask: Ask | None) -> Submission:
    with interrupt_says(NOT_SENT):
        env = {} if request.is_repeat else read_env(request.options)
        secrets = {} if request.is_repeat and not request.is_changed else read_secrets(request.options)
        secrets |= key_secrets(request)
        client = client or connect(local=request.options.local, namespace=request.options.namespace)
        request, hardware, notices = price(request, client)
        check_idle(request.options, hardware)
        most = most_of(request, hardware, local=client.local)
        digest = _hash(request, env)
        if request.options.reuse and digest and request.options.schedule is None:
            same = find_reusable(client.jobs(labels={LABEL: digest}), digest)
            if same is not None:
                told = f"Reused {same.name}, which is {same.stage}: the same script and configuration."
                return Submission(client, request, same, hardware, notice=told, reused=True)
        # Of a sweep the first run speaks for all.
        if isinstance(request.work, Script) and not (request.run and request.run.first):
            offered = () if client.local else client.last_hardware()
            said = check_before(request.work, request.options, env=env, secrets=secrets, offered=offered)
            notices = [*map(request.say, said), *notices]
        if request.run is None:  # a sweep has asked for all of its runs together
            _ask_budget(request, most, ask)
        if request.run is None or not request.run.first:
            ask_about_size(request, ask)
        request = _label(request)
    send = client.scheduled.submit if request.options.schedule is not None else client.submit
    facts = send(_label_hash(request, digest), env=env, secrets=secrets)
    request = replace(request, sent=replace(request.sent, folder=None))
    made = Submission(client, request, facts, hardware, most, " ".join(notices))
    try:
        remember(made)
    except Exception as error:  # noqa: BLE001 - the job is there and costs money: whoever reads an error runs it again
        return replace(made, notice=f"{made.notice} This machine has no record of it: {report(error)}".strip())
    return made


def _hash(request: Request, env: Mapping[str, str]) -> str:
    if not isinstance(request.work, Script):
        return ""
    return job_hash(request.work, request.options, env, request.sent, request.run)


def _ask_budget(request: Request, most: float | None, ask: Ask | None) -> None:
    if request.options.schedule is None:
        RUNTIME.session.check_budget(most, ask)
    elif not request.options.local:
        RUNTIME.session.check_schedule_budget(most, ask)


def _label(request: Request) -> Request:
    if not (request.is_cell and isinstance(request.work, Script)):
        return request
    own = notebooks.labels(notebooks.current_path(), request.work.digest)
    # The user's own come after and win.
    return replace(request, options=replace(request.options, labels=(*own, *request.options.labels)))


def _label_hash(request: Request, digest: str) -> Request:
    if not digest or request.options.schedule is not None:
        return request
    labels = (*request.options.labels, f"{LABEL}={digest}")
    return replace(request, options=replace(request.options, labels=labels))


def remember(made: Submission) -> None:
    """Remember a job for the budget, for completion, for the way back and for `attach`."""
    if not isinstance(made.facts, JobFacts):
        return  # the schedule's runs are jobs of their own, found through it
    if made.most_usd != 0:
        entry = RUNTIME.book(made.client, made.facts.namespace).entry(made.facts)
        RUNTIME.session.commit(entry, made.most_usd, made.hardware)
    RUNTIME.recent_jobs.add(made.facts, made.request.options)
    notebooks.notes().add(notebooks.Note.of(made.facts, local=made.client.local))
    script = made.request.work if isinstance(made.request.work, Script) else None
    record_of(made.facts.id).write(
        script=script.text if script else None,
        notebook=script.notebook if script else "",
        timeout_s=made.request.timeout_s,
    )
