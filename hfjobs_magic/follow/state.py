"""What is known of a job: events in, immutable values in the middle, a snapshot out.

What all who look at a job share (`JobStatus`) is kept by its book, how one reads its log (`LogState`) by its follower.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.metrics.idle import Idle

TOLD_S = 120.0
"""Seconds for which is said that a click did not work, unless there is something newer: time to read it. After that
how the job is says all."""

Stream = Literal["connecting", "live", "reconnecting", "complete", "stopped"]


@dataclass(frozen=True)
class JobStatus:
    """How a job is, for all who look at it."""

    facts: JobFacts
    """The last the Hub said."""
    cancelling: bool = False
    """Cancel was asked for and the job has not ended yet."""
    cancel_error: str = ""
    """Why the last cancel did not work, in a sentence; empty where it did, and where that has been told."""
    cancel_failed_at: float = 0.0
    """When that was, in seconds since the epoch."""
    trouble: str = ""
    """Why nothing newer is known: the Hub does not answer, or knows the job no more. Empty where all is well."""
    ended_seen_at: float | None = None
    """When the end was first seen here, for jobs whose end the Hub does not date; seconds since the epoch."""
    ending: Ending | None = None
    """Why it did not end well; None where it did, and until somebody who follows it has looked."""

    idle: Idle | None = None
    """That it does nothing and will be cancelled, or was (``--cancel-if-idle``); None while there is nothing to say."""

    @property
    def finished_at(self) -> float | None:
        """When it ended, by the Hub's word or by ours."""
        return self.facts.finished_at or self.ended_seen_at

    @property
    def idle_now(self) -> Idle | None:
        """That it does nothing and will be cancelled; None once it has been asked to end."""
        is_late = self.cancelling or self.facts.is_terminal
        return None if is_late or self.idle is None or self.idle.is_over else self.idle

    @property
    def notice(self) -> str:
        """What the reader should know."""
        if self.cancel_error:
            return f"Cancel did not work: {self.cancel_error}"
        return self.trouble or (self.idle.ending if self.idle and self.facts.stage == "CANCELED" else "")


def with_facts(status: JobStatus, facts: JobFacts, at: float) -> JobStatus:
    """Take what the Hub said `at` (seconds since the epoch). A job that has ended stays ended, whatever comes late."""
    if status.facts.is_terminal and not facts.is_terminal:
        return status
    if not facts.is_terminal:
        is_told = at > status.cancel_failed_at + TOLD_S
        return replace(status, facts=facts, cancel_error="" if is_told else status.cancel_error)
    seen_at = status.ended_seen_at or at
    return replace(status, facts=facts, cancelling=False, cancel_error="", ended_seen_at=seen_at)


def with_cancel(status: JobStatus) -> JobStatus:
    """Note that somebody wants the job to end."""
    return status if status.facts.is_terminal else replace(status, cancelling=True, cancel_error="")


def with_cancel_error(status: JobStatus, text: str, at: float) -> JobStatus:
    """Note that it was not to be had `at` (seconds since the epoch): the job goes on."""
    if status.facts.is_terminal:
        return status
    return replace(status, cancelling=False, cancel_error=text, cancel_failed_at=at)


def with_ending(status: JobStatus, ending: Ending) -> JobStatus:
    """Note why it did not end well."""
    return replace(status, ending=ending)


def with_idle(status: JobStatus, idle: Idle | None) -> JobStatus:
    """Note that it does nothing and what becomes of it, or that it does something. What has ended stays as it is."""
    return status if status.facts.is_terminal else replace(status, idle=idle)


def with_trouble(status: JobStatus, text: str) -> JobStatus:
    """Note why nothing newer is known, or with an empty text that all is well again."""
    return replace(status, trouble=text)


@dataclass(frozen=True)
class LogState:
    """How a log is being read."""

    stream: Stream = "connecting"
    """What the connection does."""
    retry_at: float | None = None
    """When reading is tried again, where it broke off; seconds since the epoch."""
    missing: bool = False
    """Lines are missing in it; nobody knows how many."""
    notice: str = ""
    """One sentence for the reader."""


@dataclass(frozen=True)
class StreamChanged:
    """Reading the log got on or off."""

    stream: Stream
    """What the connection does now."""
    retry_at: float | None = None
    """When it is tried again; seconds since the epoch."""


@dataclass(frozen=True)
class LinesMissing:
    """The log has a gap; how many lines it is, nobody knows."""


@dataclass(frozen=True)
class NoticeGiven:
    """Something the reader should know."""

    text: str
    """One sentence, or a few."""


Event = StreamChanged | LinesMissing | NoticeGiven


def apply(state: LogState, event: Event) -> LogState:
    """Return the state after `event`."""
    if isinstance(event, StreamChanged):
        return replace(state, stream=event.stream, retry_at=event.retry_at)
    if isinstance(event, LinesMissing):
        return replace(state, missing=True)
    return replace(state, notice=event.text)


@dataclass(frozen=True)
class JobState:
    """A job as its follower knows it, at one moment."""

    status: JobStatus
    """How it is."""
    log: LogState = field(default_factory=LogState)
    """How its log is being read."""
    lost: str = ""
    """Which values of ``-o`` did not come back, and why."""

    @property
    def facts(self) -> JobFacts:
        """The last the Hub said."""
        return self.status.facts

    @property
    def finished_at(self) -> float | None:
        """When it ended, by the Hub's word or by ours."""
        return self.status.finished_at

    @property
    def cancelling(self) -> bool:
        """Whether cancel was asked for and the job has not ended yet."""
        return self.status.cancelling

    @property
    def stream(self) -> Stream:
        """What the connection to the log does."""
        return self.log.stream

    @property
    def notice(self) -> str:
        """What the reader should know: what is wrong now before what was said in the beginning."""
        return self.status.notice or " ".join(filter(None, (self.log.notice, self.lost)))
