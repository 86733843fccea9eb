"""What huggingface_hub says of jobs and schedules, as facts and as JSON."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from hfjobs_magic.facts import JobFacts, ScheduledFacts
from hfjobs_magic.hub.run_path import folder_of, out_dir_of
from hfjobs_magic.hub.sent_secrets import SENT

if TYPE_CHECKING:
    from huggingface_hub import JobInfo, ScheduledJobInfo


def facts_of(info: JobInfo) -> JobFacts:
    """Take what matters here from huggingface_hub's JobInfo."""
    labels = info.labels or {}
    return JobFacts(
        id=info.id,
        name=labels.get("name", info.id),
        url=info.url,
        namespace=info.owner.name,
        stage=_text(info.status.stage),
        message=SENT.mask(info.status.message, info.id),
        flavor=_text(info.flavor),
        image=info.docker_image or info.space_id,
        created_at=_seconds(info.created_at),
        started_at=_seconds(info.started_at),
        finished_at=_seconds(info.finished_at),
        attempts=(info.retry or 0) + 1,
        labels=dict(labels),
        owner=info.initiator.name or "" if info.initiator else "",
        scheduled_by=info.initiator.id if info.initiator and info.initiator.type == "scheduled-job" else None,
        folder=folder_of(info),
        out_dir=out_dir_of(info),
    )


def scheduled_facts_of(info: ScheduledJobInfo, endpoint: str) -> ScheduledFacts:
    """Take what matters here from huggingface_hub's ScheduledJobInfo."""
    labels = info.job_spec.labels or {}
    last = info.status.last_job
    return ScheduledFacts(
        id=info.id,
        name=labels.get("name", info.id),
        schedule=info.schedule or "",
        suspended=bool(info.suspend),
        namespace=info.owner.name,
        created_at=_seconds(info.created_at),
        concurrency=bool(info.concurrency),
        timeout_s=info.job_spec.timeout,
        attempts=(info.job_spec.retry or 0) + 1,
        flavor=_text(info.job_spec.flavor),
        labels=dict(labels),
        last_job=last.id if last else None,
        last_at=_seconds(last.at) if last else None,
        next_at=_seconds(info.status.next_job_run_at),
        url=f"{endpoint}/jobs/{info.owner.name}",
    )


def as_json(info: Any) -> dict[str, Any]:
    """Turn a dataclass of huggingface_hub into what JSON can hold."""
    made: dict[str, Any] = _plain(dataclasses.asdict(info))
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def _text(value: Any) -> str:
    """Return the text of an enum's member or of plain text; empty where there is neither."""
    return str(getattr(value, "value", value) or "")


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
