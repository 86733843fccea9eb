"""The static twin of a card: what is seen where no widget can run, and what is saved in the notebook.

Everything of the job is escaped; there is no script and nothing is fetched. Colours are mid tones
that can be read on white and on black, because nobody knows where a saved notebook is opened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from hfjobs_magic.cost import cost_usd, format_duration, format_estimate
from hfjobs_magic.facts import TERMINAL
from hfjobs_magic.views.ansi import QUIET, paint
from hfjobs_magic.views.life import moment
from hfjobs_magic.views.output import static
from hfjobs_magic.views.sparklines import charts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.views.output import Drawing

LOG_LINES = 50
"""Newest lines of the log in a snapshot."""

LOG_BYTES = 14_000
"""Bound of their HTML: with all charts a snapshot stays below 30 kB."""

OUTPUT_BYTES = 1_000_000
"""Outputs in a snapshot, most of it pictures; what does not fit is said to be there."""

FILES = 5
"""Files that a snapshot names."""

FILE_CHARS = 100
"""Characters of a file's path."""

LINE_CHARS = 500
"""Characters of one line."""

BOX = "font: 13px system-ui, sans-serif; border: 1px solid #8886; border-radius: 6px; padding: 8px 12px"
_SCROLL = "margin-top: 8px; max-height: 320px; overflow: auto; display: flex; flex-direction: column-reverse"
"""A reversed column begins at its end: the newest lines are seen first, without a script."""
_LOG = "flex: none; overflow: visible; margin: 0; padding: 2px 8px; border-left: 3px solid #8886; "
_WRAP = (
    "font: 12px/1.4 ui-monospace, Menlo, monospace; white-space: pre-wrap; overflow-wrap: anywhere; background: none"
)
STAGE_COLORS = {"RUNNING": "#2f78d4", "SCHEDULING": "#a9790a", "COMPLETED": "#2f8f46", "ERROR": "#d1404a"}
BAD = STAGE_COLORS["ERROR"]


@dataclass(frozen=True)
class CardView:
    """What a snapshot is made of."""

    job: dict[str, Any]
    """The ``job`` trait of the card."""
    lines: Sequence[str] = ()
    """Newest lines of the log."""
    total: int = 0
    """Lines in all."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """The ``metrics`` trait of the card."""
    training: dict[str, Any] = field(default_factory=dict)
    """Its ``training`` trait."""
    notice: str = ""
    """What the card says to its reader."""
    advice: str = ""
    """What the job used, and cheaper flavors."""
    outputs: Sequence[tuple[str, Drawing]] = ()
    """What the cell has shown, each with a few words for it."""
    below: Sequence[str] = ()
    """Snapshots of jobs that were started from this one, as `html` draws them."""
    out_dir: str = ""
    """Folder of the job that comes back; empty without one."""
    files: Sequence[tuple[str, str]] = ()
    """Path and size of the first of its files, as far as they are known."""
    file_count: int = 0
    """Files in all."""


def text(name: str, flavor: str, where: str) -> str:
    """One line of constant facts; the text/plain of a card."""
    return f"Job {name} on {flavor}, {where}"


def html(view: CardView) -> str:
    """Draw the card as it is now, with no script, no style sheet and nothing to fetch; at most 30 kB, and outputs."""
    job = view.job
    parts = [_header(job), _facts(job), _message(view), charts(view.metrics, view.training)]
    parts += [_outputs(view), _files(view), _log(view), _advice(view)]
    parts += [f'<div style="margin-top: 8px">{one}</div>' for one in view.below]
    # By the id a page that has the job's model finds its twin and makes it live again (js/src/ui/twins.ts).
    return f'<div data-hfjob="{escape(job["id"])}" style="{BOX}">{"".join(parts)}</div>'


def _header(job: dict[str, Any]) -> str:
    color = STAGE_COLORS.get(job["stage"], QUIET)
    hardware = " · ".join(filter(None, ("" if job["local"] else job["flavor"], job["hardware"])))
    return (
        f'<div><b style="color: {color}">{escape(job["stage"].capitalize())}</b> '
        f"<b>{escape(short(job['name']))}</b> "
        f'<span style="color: {QUIET}">{escape(hardware)}</span>{_link(job)}</div>'
    )


def _link(job: dict[str, Any]) -> str:
    url = job["url"] or ""
    if job["local"] or not url.startswith(("https://", "http://")):
        return ""  # the local service's page is gone when it stops
    return f' <a href="{escape(url)}" rel="noopener noreferrer">Open on the Hub</a>'


def _facts(job: dict[str, Any]) -> str:
    created, started, finished = job["created_at"], job["started_at"], job["finished_at"]
    ended = job["stage"] in TERMINAL
    until = finished or (None if ended else job["now"])
    facts = []
    if created:
        facts.append(f"submitted {moment(created)}")
    if created and started:
        facts.append(f"queued {format_duration(started - created)}")
    if started and until:
        facts.append(f"{'ran' if ended else 'running'} {format_duration(until - started)}")
    if job["local"]:
        facts.append("free · local")
    elif started and until and job["usd_per_minute"] is not None:
        facts.append(format_estimate(cost_usd(job["usd_per_minute"], until - started)))
    said = escape(" · ".join(facts))
    if not ended:
        flag = " --local" if job["local"] else ""
        said += (
            f"<br>As it was at {moment(job['now'])}; "
            f"<code>%hfjobs attach {escape(job['id'])}{flag}</code> shows it live."
        )
    return f'<div style="color: {QUIET}; font-size: 12px">{said}</div>'


def short(line: str, chars: int = LINE_CHARS) -> str:
    """Cut a line that is too long, and say so."""
    return line if len(line) <= chars else f"{line[:chars]}… +{len(line) - chars:,} characters"


def _message(view: CardView) -> str:
    job = view.job
    stage, why = job["stage"], job["message"]
    said = [("ERROR", (job.get("failure") or {}).get("words") or why)] if stage == "ERROR" else []
    said += [("SCHEDULING", why)] if stage == "SCHEDULING" else []
    said.append(("SCHEDULING", view.notice))
    return "".join(
        f'<div style="color: {STAGE_COLORS[stage]}">{escape(short(text))}</div>' for stage, text in said if text
    )


def _advice(view: CardView) -> str:
    if not view.advice:
        return ""
    return f'<div style="color: {QUIET}; font-size: 12px; margin-top: 8px">{escape(view.advice)}</div>'


def _outputs(view: CardView) -> str:
    made: list[str] = []
    room = OUTPUT_BYTES
    for label, drawing in view.outputs:
        one = static(drawing, label, room)
        room -= len(one)
        made.append(f'<div style="margin-top: 8px; overflow: auto">{one}</div>')
    return "".join(made)


def _files(view: CardView) -> str:
    if not view.out_dir:
        return ""
    rows = [
        f'<div>{escape(short(path, FILE_CHARS))} <span style="color: {QUIET}">{escape(size)}</span></div>'
        for path, size in view.files
    ]
    flag = " --local" if view.job["local"] else ""
    command = f"%hfjobs files {view.job['id']}{flag} --pull {view.out_dir}"
    more = view.file_count - len(rows)
    all_of_them = f"… {more:,} more. " if more else ""
    said = f'<div style="color: {QUIET}">{all_of_them}<code>{escape(command)}</code> brings the files here.</div>'
    return f'<div style="margin-top: 8px; font-size: 12px">{"".join(rows)}{said}</div>'


def _log(view: CardView) -> str:
    if not view.lines:
        return ""
    rows: list[str] = []
    size = 0
    for line in reversed(view.lines[-LOG_LINES:]):
        row = paint(short(line))
        size += len(row.encode("utf-8", "replace")) + 1
        if size > LOG_BYTES and rows:
            break
        rows.append(row)
    before = view.total - len(rows)
    above = f'<span style="color: {QUIET}">… {before:,} line{"" if before == 1 else "s"} before</span>\n'
    shown = "\n".join(reversed(rows))
    log = f'<pre style="{_LOG}{_WRAP}">{above if before > 0 else ""}{shown}</pre>'
    return f'<div style="{_SCROLL}">{log}</div>'
