"""What is known of a job: facts and events in, one immutable state in the middle, a snapshot out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts

Stream = Literal["connecting", "live", "reconnecting", "complete", "stopped"]


@dataclass(frozen=True)
class JobState:
    """A job as its follower knows it."""

    facts: JobFacts
    """The last the Hub said."""
    stream: Stream = "connecting"
    """How the log is being read."""
    retry_at: float | None = None
    """When reading it is tried again, where it broke off; seconds since the epoch."""
    missing: bool = False
    """Lines are missing in it; nobody knows how many."""
    cancelling: bool = False
    """Cancel was asked for and the job has not ended yet."""
    notice: str = ""
    """One sentence for the reader, such as a cancel that failed."""
    ended_seen_at: float | None = None
    """When the end was first seen here, for jobs whose end the Hub does not date."""

    @property
    def finished_at(self) -> float | None:
        """When it ended, by the Hub's word or by ours."""
        return self.facts.finished_at or self.ended_seen_at


@dataclass(frozen=True)
class FactsSeen:
    """The Hub was asked."""

    facts: JobFacts
    at: float


@dataclass(frozen=True)
class StreamChanged:
    """Reading the log got on or off."""

    stream: Stream
    retry_at: float | None = None


@dataclass(frozen=True)
class LinesMissing:
    """The log has a gap; how many lines it is, nobody knows."""


@dataclass(frozen=True)
class CancelAsked:
    """Somebody wants the job to end."""


@dataclass(frozen=True)
class CancelFailed:
    """It did not work; the job goes on."""

    text: str


@dataclass(frozen=True)
class NoticeGiven:
    """Something the reader should know."""

    text: str


@dataclass(frozen=True)
class NoticeOver:
    """It is no longer so."""

    text: str


Event = FactsSeen | StreamChanged | LinesMissing | CancelAsked | CancelFailed | NoticeGiven | NoticeOver


def apply(state: JobState, event: Event) -> JobState:
    """State after `event`. A job that has ended stays ended, whatever arrives late."""
    if isinstance(event, FactsSeen):
        if state.facts.is_terminal and not event.facts.is_terminal:
            return state
        ended = event.facts.is_terminal
        return replace(
            state,
            facts=event.facts,
            cancelling=state.cancelling and not ended,
            ended_seen_at=(state.ended_seen_at or event.at) if ended else None,
        )
    if isinstance(event, StreamChanged):
        return replace(state, stream=event.stream, retry_at=event.retry_at)
    if isinstance(event, LinesMissing):
        return replace(state, missing=True)
    if isinstance(event, CancelAsked):
        return state if state.facts.is_terminal else replace(state, cancelling=True, notice="")
    return _noticed(state, event)


def _noticed(state: JobState, event: CancelFailed | NoticeGiven | NoticeOver) -> JobState:
    if isinstance(event, NoticeOver):
        return replace(state, notice="") if state.notice == event.text else state
    return replace(state, notice=event.text, cancelling=state.cancelling and not isinstance(event, CancelFailed))
