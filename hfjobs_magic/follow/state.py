"""What is known of a job: facts and events in, one immutable state in the middle, a snapshot out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

TERMINAL = frozenset({"COMPLETED", "ERROR", "CANCELED", "DELETED"})
"""Stages after which nothing happens any more, as in huggingface_hub's TERMINAL_JOB_STAGES."""

Stream = Literal["connecting", "live", "reconnecting", "complete", "stopped"]


@dataclass(frozen=True)
class JobFacts:
    """What the Hub says of a job at one moment; times are seconds since the epoch, UTC."""

    id: str
    """24 hex digits."""
    name: str
    """The label ``name``, or the id where there is none."""
    url: str
    """Its page."""
    namespace: str
    """User or organisation that owns it."""
    stage: str
    """SCHEDULING, RUNNING, COMPLETED, ERROR, CANCELED or DELETED."""
    message: str | None = None
    """The Hub's own word on the stage."""
    flavor: str = ""
    """Hardware, as the Hub names it."""
    image: str | None = None
    """Docker image or Space."""
    created_at: float | None = None
    """When it was submitted."""
    started_at: float | None = None
    """When it began to run."""
    finished_at: float | None = None
    """When it ended; the Hub may leave it out for a cancelled job."""
    attempts: int = 1
    """Tries in all."""
    labels: dict[str, str] = field(default_factory=dict)
    """Labels by key."""
    owner: str = ""
    """Who started it."""
    scheduled_by: str | None = None
    """Id of the scheduled job that started it."""

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.stage in TERMINAL


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


def snapshot(
    state: JobState,
    *,
    now: float,
    local: bool,
    hardware: str | None,
    usd_per_minute: float | None,
    timeout_s: int | None,
) -> dict[str, Any]:
    """Write the ``job`` trait of a card; the page counts its clocks from `now`."""
    facts = state.facts
    return {
        "id": facts.id,
        "name": facts.name,
        "url": facts.url,
        "stage": facts.stage,
        "message": facts.message,
        "flavor": facts.flavor,
        "hardware": hardware,
        "namespace": facts.namespace,
        "local": local,
        "image": facts.image,
        "created_at": facts.created_at,
        "started_at": facts.started_at,
        "finished_at": state.finished_at,
        "now": now,
        "timeout_s": timeout_s,
        "usd_per_minute": usd_per_minute,
        "attempts": facts.attempts,
    }


def stream_note(state: JobState) -> dict[str, Any]:
    """Write the ``stream_note`` trait of a card."""
    return {"retry_at": state.retry_at, "missing": state.missing}
