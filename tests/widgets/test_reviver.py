"""Cards and tables of an earlier kernel, made anew: by a page's wish, and nothing else by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ipywidgets
import pytest

import hfjobs_magic
from hfjobs_magic.errors import HfJobsError, OptionError
from hfjobs_magic.magics.revival import reconnect, revive, revive_later
from hfjobs_magic.records import notebooks
from hfjobs_magic.records.notebooks import Note
from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.reviver import Reviver
from hfjobs_magic.widgets.table import JobsTable
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service
    from hfjobs_magic.widgets.live_view import LiveView

LINE = "%hfjobs ls -a --local --limit 3"


@pytest.fixture(autouse=True)
def _own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def made() -> Iterator[list[LiveView]]:
    """What was made in the test, filled by `look`; closed behind it."""
    views: list[LiveView] = []
    yield views
    for view in views:
        view.close()


def look(views: list[LiveView], kind: type[LiveView], key: str, value: str) -> Any:
    """Return the view of a job or a table; None where it was not made."""
    there = [one for one in ipywidgets.widgets.widget._instances.values() if isinstance(one, kind)]
    found = next((one for one in there if getattr(one, key)["id"] == value), None)
    if found is not None and found not in views:
        views.append(found)
    return found


def test_a_page_asks_for_what_it_lost_and_for_nothing_else():
    asked: list[tuple[str, str, dict[str, Any]]] = []
    reviver = Reviver(lambda *what: asked.append(what))
    for message in (
        {"type": "cancel", "view": "card", "id": "a"},
        {"type": "revive", "view": "shell", "id": "a"},
        {"type": "revive"},
        ["revive"],
        {"type": "revive", "view": "card", "id": "a", "local": True},
        {"type": "revive", "view": "table", "id": "table-1", "local": "yes", "line": LINE, "namespace": None},
    ):
        reviver._handle_custom_msg(message, [])
    wait_until(lambda: len(asked) == 2 and reviver._worker.is_idle)
    assert asked == [
        ("card", "a", {"namespace": "", "line": "", "local": True}),
        ("table", "table-1", {"namespace": "", "line": LINE, "local": False}),
    ]
    reviver.close()
    reviver._handle_custom_msg({"type": "revive", "view": "card", "id": "b"}, [])
    assert reviver._worker.is_stopped
    assert len(asked) == 2


@pytest.mark.parametrize(
    "line",
    ["", "%hfjobs", "%hfjobs cancel @running", "%hfjobs ls --help", '%hfjobs ls "', "%hfjobs lls", "%hfjobs ls --nope"],
)
def test_a_line_that_lists_no_jobs_makes_no_table(line: str, made: list[LiveView]):
    with pytest.raises(OptionError):
        revive("table", "table-x", local=True, line=line)
    assert look(made, JobsTable, "place", "table-x") is None


def test_a_table_of_a_line_takes_the_place_that_the_page_names(local: Service, made: list[LiveView]):
    revive("table", "table-y", line=LINE)
    table = look(made, JobsTable, "place", "table-y")
    assert table.place["line"] == LINE
    assert table.place["local"]


def test_a_card_comes_with_those_that_were_started_from_it(local: Service, made: list[LiveView]):
    first, again = (hfjobs_magic.run("print(1)", local=True).wait(timeout=120) for _ in range(2))
    notebooks.notes().link(again.id, first.id)
    revive("card", first.id, local=True)
    card = look(made, JobCard, "job", first.id)
    wait_until(lambda: [job_id for job_id, _ in card.again] == [again.id])
    with pytest.raises(HfJobsError):
        revive("card", "0" * 24, local=True)


def test_what_cannot_be_revived_keeps_nothing_else_from_it(local: Service, made: list[LiveView]):
    job = hfjobs_magic.run("print(1)", local=True).wait(timeout=120)
    gone = Note("0" * 24, "gone", "/a.ipynb", local=True, namespace="local")
    here = Note(job.id, job.name, "/a.ipynb", local=True, namespace="local")
    below = Note("1" * 24, "below", "/a.ipynb", local=True, namespace="local", started_from=job.id)
    revive_later([gone, here, below])
    wait_until(lambda: look(made, JobCard, "job", job.id) is not None)
    assert look(made, JobCard, "job", "1" * 24) is None


def test_one_click_brings_back_all_that_the_page_lost_and_the_first_says_what_is_wrong(
    local: Service, made: list[LiveView]
):
    first, other, again = (hfjobs_magic.run("print(1)", local=True).wait(timeout=120) for _ in range(3))
    notebooks.notes().link(again.id, other.id)

    def lost(view: str, view_id: str, line: str = "") -> dict[str, Any]:
        return {"view": view, "id": view_id, "local": True, "namespace": "", "line": line}

    with pytest.raises(HfJobsError):
        reconnect(json.dumps([lost("card", "0" * 24), lost("card", first.id)]))
    assert look(made, JobCard, "job", first.id) is None
    wanted = [("card", first.id), ("card", "0" * 24), ("card", other.id), ("card", again.id)]
    reconnect(json.dumps([*(lost(*one) for one in wanted), lost("table", "table-z", LINE)]))
    assert look(made, JobCard, "job", first.id) is not None
    wait_until(lambda: look(made, JobsTable, "place", "table-z") is not None)
    card = look(made, JobCard, "job", other.id)
    wait_until(lambda: [job_id for job_id, _ in card.again] == [again.id])
    # Once, by the card that it stands below.
    there = [one for one in ipywidgets.widgets.widget._instances.values() if isinstance(one, JobCard)]
    assert [one.job["id"] for one in there].count(again.id) == 1
