"""Traits of a job card, written of what is known of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfjobs_magic.follow.state import JobState
    from hfjobs_magic.script.script import Script


def write_job(
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
        "failure": write_failure(state, timeout_s),
    }


def write_names(script: Script | None) -> dict[str, Any]:
    """Write the ``names`` trait of a card: what came along from the notebook."""
    return {"names": list(script.brought), "code": script.notebook} if script else {"names": [], "code": ""}


def write_failure(state: JobState, timeout_s: int | None) -> dict[str, Any] | None:
    """Write why a job did not end well; None where it did, or nobody knows yet."""
    ending = state.status.ending
    return ending.with_timeout(timeout_s).as_trait() if ending else None


def write_stream_note(state: JobState) -> dict[str, Any]:
    """Write the ``stream_note`` trait of a card."""
    return {
        "retry_at": state.log.retry_at,
        "missing": state.log.missing,
        "unreachable": bool(state.status.trouble),
    }


def write_idle(state: JobState) -> dict[str, float] | None:
    """Write the ``idle`` trait of a card."""
    idle = state.status.idle_now
    return {"since": idle.since, "until": idle.until} if idle else None
