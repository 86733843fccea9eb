"""A scheduled job as it is shown: the trait of its card, the card's static twin, and a line of text. Pure.

As in `hfjobs_magic.views.card`: all of it is escaped, there is no script and nothing is fetched.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import format_usd
from hfjobs_magic.options.cron import in_words
from hfjobs_magic.views.ansi import QUIET
from hfjobs_magic.views.card import BAD, BOX, STAGE_COLORS, short
from hfjobs_magic.views.life import moment

if TYPE_CHECKING:
    from hfjobs_magic.facts import JobFacts, ScheduledFacts

_SCHEDULED = STAGE_COLORS["RUNNING"]
_WAITING = STAGE_COLORS["SCHEDULING"]


def trait(
    facts: ScheduledFacts,
    *,
    now: float,
    local: bool,
    hardware: str | None = None,
    most_usd: float | None = None,
    deleted: bool = False,
) -> dict[str, Any]:
    """Write the ``job`` trait; times are seconds since the epoch, `most_usd` is what one run can cost at most."""
    return {
        "id": facts.id,
        "name": facts.name,
        "url": facts.url,
        "namespace": facts.namespace,
        "local": local,
        "schedule": facts.schedule,
        "words": in_words(facts.schedule),
        "suspended": facts.suspended,
        "deleted": deleted,
        "concurrency": facts.concurrency,
        "flavor": facts.flavor,
        "hardware": hardware,
        "most_usd": None if local else most_usd,
        "next_at": None if facts.suspended or deleted else facts.next_at,
        "now": now,
    }


def run_trait(job: JobFacts | None, job_id: str | None, at: float | None) -> dict[str, Any]:
    """Write the ``last`` trait: the job it started last, and when; empty where there is none.

    Of a job that the Hub no longer knows, and of one that was not asked for yet, `job` is None.
    """
    if job is None:
        return {} if job_id is None else {"id": job_id, "stage": "DELETED", "url": None, "at": at}
    return {"id": job.id, "stage": job.stage, "url": job.url, "at": job.created_at if at is None else at}


def text(name: str, schedule: str, where: str) -> str:
    """One line of what was asked for; the text/plain of the card."""
    return f"Scheduled job {name}, {when(schedule)}, {where}"


def when(schedule: str) -> str:
    """Say the schedule in words with the expression behind, or the expression alone."""
    said = in_words(schedule)
    return schedule if said == schedule else f"{said} ({schedule})"


def line(facts: ScheduledFacts, *, local: bool, notice: str = "") -> str:
    """Say what was scheduled, for a terminal and for ``--detach``."""
    upcoming = "suspended" if facts.suspended else f"next at {moment(facts.next_at)}" if facts.next_at else "scheduled"
    flag = " --local" if local else ""
    lines = [
        f"Scheduled job {facts.name}: {facts.id}",
        f"Starts {when(facts.schedule)}, {upcoming}.",
        f"`%hfjobs scheduled trigger {facts.id}{flag}` starts one now; there are `suspend` and `delete`, too.",
    ]
    return "\n".join([*lines, notice] if notice else lines)


def html(job: dict[str, Any], last: dict[str, Any], notice: str = "") -> str:
    """Draw the card as it is now; a few hundred bytes."""
    status, color = ("Suspended", _WAITING) if job["suspended"] else ("Scheduled", _SCHEDULED)
    if job["deleted"]:
        status, color = "Deleted", QUIET
    hardware = " · ".join(filter(None, (job["flavor"], job["hardware"])))
    head = (
        f'<div><b style="color: {color}">{status}</b> <b>{escape(short(job["name"]))}</b> '
        f'<span style="color: {QUIET}">{escape(hardware)}</span></div>'
    )
    facts = [f"<b>{escape(job['words'])}</b>"]
    if job["words"] != job["schedule"]:
        facts.append(f"<code>{escape(job['schedule'])}</code>")
    if job["next_at"]:
        facts.append(f"next {moment(job['next_at'])}")
    if job["most_usd"]:
        facts.append(f"a run costs at most {format_usd(job['most_usd'])}")
    rows = [" · ".join(facts), _last(job, last)]
    if not job["deleted"]:
        flag = " --local" if job["local"] else ""
        rows.append(
            f"As it was at {moment(job['now'])}; "
            f"<code>%hfjobs scheduled attach {escape(job['id'])}{flag}</code> shows it live."
        )
    quiet = f'<div style="color: {QUIET}; font-size: 12px">{"<br>".join(filter(None, rows))}</div>'
    said = f'<div style="color: {BAD}">{escape(short(notice))}</div>' if notice else ""
    # As in `snapshot.html`: a page that has the model finds its twin by the id and makes it live again.
    return f'<div data-hfjob="{escape(job["id"])}" style="{BOX}">{head}{quiet}{said}</div>'


def _last(job: dict[str, Any], last: dict[str, Any]) -> str:
    if not last:
        return ""
    stage = f'<span style="color: {STAGE_COLORS.get(last["stage"], QUIET)}">{escape(last["stage"].capitalize())}</span>'
    url = last["url"] or ""
    link = ""
    if not job["local"] and url.startswith(("https://", "http://")):
        link = f' <a href="{escape(url)}" rel="noopener noreferrer">Open on the Hub</a>'
    at = moment(last["at"]) if last["at"] else ""
    return f"last run {at}: {stage} <code>{escape(last['id'])}</code>{link}"
