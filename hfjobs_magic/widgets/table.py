"""The jobs table: traits out, messages in.

Traits, all set by the pump (times are seconds since the epoch, on the kernel's clock):

``jobs``
    ``{"seq": int, "rows": [dict]}``, rows as `hfjobs_magic.follow.job_list.write_row` does, with ``cell``. Whoever asks
    for it gets what is known now; to the pages that are open only what changes is sent, as a message.
``status``
    ``{"now", "seen_at", "error", "notice", "cancelling": [id], "watching", "every_s", "more", "rows", "empty"}``.
``place``
    ``{"id", "namespace", "local", "prices": {flavor: US dollars a minute}, "line"}``; constant. `line` shows it again.
    Of a sweep, ``"sweep"`` in `place`, `status` and rows: see `hfjobs_magic.widgets.sweep_part`.
``cards``
    ``{id: "anywidget:MODEL"}``: cards that were asked for.

Messages of the page: ``{"type": "watch", "view", "visible", "seq"}`` (again while it is visible, so that a page that
is gone is noticed), ``{"type": "cancel", "ids"}``, ``{"type": "keep", "id"}`` for an idle one,
``{"type": "rerun", "id"}``, ``{"type": "card", "id"}``, and those of `hfjobs_magic.widgets.live_view`, `page_links` and
`curve_server`. Of the kernel:
``{"type": "rows", "seq", "changed": [row], "gone": [id]}``; `seq` counts them, so that a page that missed one
notices, says so by its own `seq` and gets the trait again.
"""

from __future__ import annotations

import secrets
import time
from html import escape
from typing import TYPE_CHECKING, Any

import traitlets

from hfjobs_magic.api.earlier import cells_of_notebook, names_of_notebooks
from hfjobs_magic.api.job import open_job
from hfjobs_magic.errors import report
from hfjobs_magic.follow.job_list import MAX_ROWS, compare, write_row
from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.curve_server import CurveServer
from hfjobs_magic.widgets.live_view import LiveView
from hfjobs_magic.widgets.page_links import JOB_ID, PageLinks
from hfjobs_magic.widgets.pulse import Pulse
from hfjobs_magic.widgets.twin import Twin
from hfjobs_magic.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.facts import JobFacts
    from hfjobs_magic.follow.list_watcher import ListWatcher, TableState
    from hfjobs_magic.widgets.sweep_part import SweepPart

MAX_CARDS = 8
"""Cards that stay open; each follows a job with threads and a file of its own. The one opened first gives way."""

UPDATE_S = 10.0
"""Seconds after which the page is told again that all is as it was."""

NONE_STARTED = "No run was started."
"""In the place of the rows of a sweep that has stopped before the first; why stands above."""

VIEW_CHARS = 40
"""Characters of a view's name."""


class JobsTable(LiveView):
    """Live view of a list of jobs."""

    view = traitlets.Unicode("table").tag(sync=True)
    # Its value is never set and says nothing: 2,000 rows would be compared at every change. Whoever asks for the trait,
    # a page that begins or `send_state`, gets the rows of that moment.
    jobs = traitlets.Any(None).tag(sync=True, to_json=lambda _, table: table.write_rows())
    status = traitlets.Dict().tag(sync=True)
    place = traitlets.Dict().tag(sync=True)
    cards = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        watch: ListWatcher,
        static: Any,
        *,
        empty: str,
        prices: Mapping[str, float | None],
        line: str = "%hfjobs ls",
        view_id: str | None = None,
        sweep: SweepPart | None = None,
    ) -> None:
        self._sweep = sweep
        self._watch, self._static, self._empty = watch, static, empty
        # To lay out the text of sixty rows takes a fifth of the time to the table, and it is asked for twice.
        self._twin: tuple[Any, Twin | None] = (None, None)
        self._rows = watch.state.rows
        self._seq = self._sent_seq = 0
        self._updated = 0.0
        self._open: dict[str, JobCard] = {}
        self._worker = Worker("hfjobs-table-cards")
        self._curves = CurveServer(
            watch, self._send_curves, self._find, is_sweep=sweep is not None, modes=sweep.modes if sweep else {}
        )
        self._pulse = Pulse(watch.runtime.pump, self.send, clock=watch.clock)
        client = watch.client
        self._page_links = PageLinks(client, lambda message: watch.do(lambda: self.send(message)))
        self._id = view_id or f"table-{secrets.token_hex(8)}"
        super().__init__(
            status=self._write_status(watch.state),
            place={"id": self._id, "namespace": client.namespace, "local": client.local, "prices": dict(prices)}
            | {"line": line, "sweep": sweep.write_place() if sweep else {}},
        )
        watch.listen(self._show)
        self._is_made = True

    def __repr__(self) -> str:
        client = self._watch.client
        return f"Jobs of {client.namespace}, {'local service' if client.local else 'Hugging Face Jobs'}"

    def twin(self) -> Twin:
        """Return what is saved of the table: the jobs as they were when it was made, or what is kept since."""
        static, (laid_out, twin) = self._static, self._twin
        if twin is None or laid_out is not static:
            # A page has a table made anew of its line (js/src/ui/twins.ts), as cards are by the id of their job.
            local = str(self._watch.client.local).lower()
            data = f'data-hfjob="{self._id}" data-line="{escape(self.place["line"])}" data-local="{local}"'
            twin = Twin(f"<div {data}>{static._repr_html_()}</div>", repr(static))
            self._twin = static, twin
        return twin

    def keep(self, static: Any, kept: Callable[[], None] | None = None) -> None:
        """Have `twin` show something else, a sweep that is over, and call `kept` from the pump. From any thread."""
        self._static = static
        if kept:
            self._watch.do(kept)

    def write_rows(self) -> dict[str, Any]:
        """Write all rows, as the ``jobs`` trait is sent."""
        rows = self._complete([write_row(job) for job in self._rows.jobs])
        return {"seq": self._seq, "rows": [*rows, *(self._sweep.rows() if self._sweep else ())]}

    def close(self) -> None:
        """Look no more, and close the cards that were opened in it."""
        self._watch.stop()
        self._curves.close()
        self._worker.stop()
        self._page_links.stop()
        self._pulse.stop()
        for card in self._open.values():
            card.close()
        super().close()

    def _write_status(self, state: TableState) -> dict[str, Any]:
        return {
            "now": self._watch.clock(),
            "seen_at": state.read_at,
            "error": state.error,
            "notice": state.notice,
            "cancelling": sorted(state.cancelling),
            "watching": state.watching,
            "every_s": self._watch.every,
            "more": state.rows.more,
            "rows": self._watch.query.rows,
            "empty": NONE_STARTED if self._sweep and self._sweep.has_stopped else self._empty,
            "sweep": self._sweep.write_status() if self._sweep else {},
        }

    def _show(self) -> None:
        """Send what changed; called by the pump only."""
        state = self._watch.state
        # Out of sight it asks for nothing, and a page that shows it again says so.
        if state.watching:
            self._pulse.start()
        elif self.status.get("watching"):
            self._pulse.stop()
            self._curves.stop()
        changed, gone = compare(self._rows, state.rows)
        late = self._sweep.take_news() if self._sweep else set()
        if changed or gone or late:
            self._rows = state.rows
            self._seq += 1
            if 2 * len(changed) > len(state.rows.jobs):
                self._send_all()
            else:
                known = {row["id"] for row in changed}
                changed += [write_row(job) for job in state.rows.jobs if job.id in late - known]
                rows = [*self._complete(changed), *(self._sweep.rows(late) if self._sweep else ())]
                self.send({"type": "rows", "seq": self._seq, "changed": rows, "gone": gone})
            self._curves.send_again(late)
        if not state.watching and self._sent_seq != self._seq:
            self._send_all()  # what is saved with the page is whole
        if (part := self._sweep) and state.watching and part.is_due(time.monotonic()):
            self._worker.do("why", lambda: self._learn(part))
        status = self._write_status(state)
        quiet = {"now", "seen_at"}
        same = all(self.status.get(name) == value for name, value in status.items() if name not in quiet)
        if not same or time.monotonic() - self._updated > UPDATE_S:
            self._updated = time.monotonic()
            self.status = status

    def _learn(self, part: SweepPart) -> None:
        part.learn()
        # On the Hub the next look at the list is soon enough: each of these is a request or two.
        if self._watch.client.local:
            self._watch.do(self._show)

    def _send_curves(self, message: dict[str, Any]) -> None:
        self.send(self._sweep.add_value(message) if self._sweep else message)

    def _send_all(self) -> None:
        self._sent_seq = self._seq
        self.send_state("jobs")

    def _cards(self) -> Mapping[str, LiveView]:
        return self._open

    def _take(self, content: dict[str, Any]) -> None:
        kind, job_id = content.get("type"), _id(content.get("id"))
        if kind == "watch":
            self._hear(content)
        elif kind == "cancel" and isinstance(content.get("ids"), list):
            self._watch.cancel([one for one in map(_id, content["ids"][:MAX_ROWS]) if one])
        elif kind == "keep" and job_id:
            self._keep(job_id)
        elif kind == "rerun" and job_id:
            self._watch.rerun(job_id)
        elif kind == "sweep":
            self._do_to_all(content.get("do"))
        elif kind == "compare":
            self._curves.answer(content)
        elif kind == "card" and job_id:
            self._worker.do(job_id, lambda: self._make_card(job_id))
        else:
            self._page_links.answer(content)

    def _hear(self, content: dict[str, Any]) -> None:
        self._watch.hear_view(str(content.get("view"))[:VIEW_CHARS], visible=content.get("visible") is True)
        seq = content.get("seq")
        if content.get("visible") is True and isinstance(seq, int):
            self._watch.do(lambda: self._send_all() if seq != self._seq else None)

    def _do_to_all(self, what: object) -> None:
        if part := self._sweep:
            self._worker.do("sweep", lambda: part.do(what))

    def _keep(self, job_id: str) -> None:
        watch, facts = self._watch, self._find(job_id)
        if facts and watch.runtime.is_followed(watch.client, facts):
            watch.runtime.follower(watch.client, facts).idle.stop()

    def _complete(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        rows = [{**row, "run": 0, "values": [], "reused": False} for row in _with_cells(rows)]
        return [self._sweep.complete(row) for row in rows] if self._sweep else rows

    def _find(self, job_id: str) -> JobFacts | None:
        return self._watch.job(job_id) or (self._sweep.job(job_id) if self._sweep else None)

    def _make_card(self, job_id: str) -> None:
        """Ask the Hub for what a card shows, on the thread of the worker: buttons and looks do not wait for it."""
        facts = self._find(job_id)
        if facts is None or job_id in self._open:
            return
        try:
            job = open_job(self._watch.client, facts, runtime=self._watch.runtime)
        except Exception as error:  # noqa: BLE001 - the reader waits for a card
            self._watch.say(f"The card cannot be shown: {report(error)}")
            return
        self._watch.do(lambda: self._open_card(job))

    def _open_card(self, job: Job) -> None:
        if job.id in self._open:
            return
        if len(self._open) >= MAX_CARDS:
            self._open.pop(next(iter(self._open))).close()
        self._open[job.id] = card = JobCard(job)
        self.adopt(card)
        self.cards = {one: f"anywidget:{made.model_id}" for one, made in self._open.items()}


def _with_cells(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the number of the cell that started each job of this notebook, and what a notebook is really called."""
    cells, names = cells_of_notebook(), names_of_notebooks()
    own = {job_id: {"notebook": name} for job_id, name in names.items()}
    return [
        {**row, "cell": cells.get(row["id"], ""), "labels": {**row["labels"], **own.get(row["id"], {})}} for row in rows
    ]


def _id(value: object) -> str | None:
    return value if isinstance(value, str) and JOB_ID.fullmatch(value) else None
