"""The static twin of a card: what it holds, and what it must not."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from hfjobs_magic.views import card
from hfjobs_magic.views.card import CardView
from tests.browser.jobs import make_job, make_metrics, make_training, training_log

ALLOWED = {"div", "b", "span", "a", "br", "code", "pre", "svg", "polyline"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.charts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        self.charts += [value for name, value in attrs if name == "aria-label" and value]
        if tag != "br":
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_first_files_are_named_and_the_command_that_brings_them() -> None:
    job = make_job(id="6923b1c7a1f0c2d4e5f60718", local=True)
    assert "--pull" not in card.html(CardView(job=job))
    files = [("a<b>", "3 B"), ("x" * 300, "1.2 MB")]
    read = Reader(card.html(CardView(job=job, out_dir="results", files=files, file_count=9_000)))
    assert "a<b> 3 B" in read.text
    assert f"{'x' * 100}… +200 characters 1.2 MB" in read.text
    assert (
        "… 8,998 more. %hfjobs files 6923b1c7a1f0c2d4e5f60718 --local --pull results brings the files here."
        in read.text
    )


def series(y: list[float], *, step: list[float] | None = None, log: bool = False) -> dict[str, Any]:
    """A trait ``training`` of one metric."""
    made = {"key": "loss", "step": step, "epoch": None, "time": [1.0, 2.0, 3.0], "y": y, "min": y, "max": y, "log": log}
    return {"x_choices": ["step", "time"], "x_label": "step", "series": [made]}


def make_view(**changes: Any) -> CardView:
    lines = training_log()
    view: dict[str, Any] = {"job": make_job(), "lines": lines, "total": len(lines), "metrics": make_metrics(120, 2)}
    return CardView(**{**view, **changes})


def test_a_running_job_says_when_it_was_seen_and_how_to_see_it_live():
    now = 1_763_000_000.0
    job = make_job(created_at=now - 95, started_at=now - 83, now=now)
    read = Reader(card.html(make_view(job=job)))
    assert "Running train-distilbert a10g-small" in read.text
    assert "queued 0:12 · running 1:23 · ~$0.0231" in read.text
    assert "As it was at 2025-11-13 02:13:20 UTC; %hfjobs attach 6923b1c7a1f0c2d4e5f60718 shows it live." in read.text


def test_an_ended_job_is_the_whole_story():
    job = make_job(
        stage="ERROR", message="Job failed with exit code: 1", created_at=0.5, started_at=2.0, finished_at=62.0
    )
    read = Reader(card.html(make_view(job=job)))
    assert "ran 1:00" in read.text
    assert "Job failed with exit code: 1" in read.text
    assert "As it was" not in read.text
    assert "58%" in read.text
    assert ("href", job["url"]) in read.attributes
    assert read.text.count("GPU") == 2
    assert Reader(card.html(make_view(job=job, advice="<b>Cheaper"))).text.endswith("<b>Cheaper")


def test_a_failed_job_says_the_exception_and_the_line_in_the_place_of_its_exit_code():
    failure = {"words": "ValueError: <b>boom</b> (line 12)", "headline": "ValueError at line 12"}
    job = make_job(stage="ERROR", message="Job failed with exit code: 1. Reason: Error", failure=failure)
    read = Reader(card.html(make_view(job=job)))
    assert "ValueError: <b>boom</b> (line 12)" in read.text
    assert "exit code" not in read.text
    assert "ValueError" not in Reader(card.html(make_view(job={**job, "stage": "COMPLETED"}))).text


def test_a_job_that_waits_says_for_what():
    job = make_job(stage="SCHEDULING", started_at=None, message="3rd in line, 2 running on <this> machine.")
    assert "3rd in line, 2 running on <this> machine." in Reader(card.html(make_view(job=job))).text
    assert "in line" not in Reader(card.html(make_view(job={**job, "stage": "RUNNING"}))).text


@pytest.mark.parametrize("stage", ["SCHEDULING", "RUNNING", "COMPLETED", "CANCELED", "DELETED"])
def test_nothing_in_it_runs_or_fetches(stage: str):
    read = Reader(card.html(make_view(job=make_job(stage=stage))))
    assert read.tags <= ALLOWED
    names = {name for name, _ in read.attributes}
    assert names <= {
        "data-hfjob",
        "style",
        "href",
        "rel",
        "role",
        "aria-label",
        "width",
        "height",
        "viewbox",
        "fill",
    } | {
        "stroke",
        "stroke-width",
        "points",
    }
    assert not any("url(" in (value or "") for name, value in read.attributes if name == "style")


def test_what_a_job_prints_stays_text():
    job = make_job(name="<script>alert(1)</script>", message='"><img src=x>', stage="ERROR", url="javascript:alert(1)")
    read = Reader(card.html(make_view(job=job, lines=["</pre><script>x</script>", "\x1b[31m<b>&"], total=2)))
    assert read.tags <= ALLOWED
    assert "</pre><script>x</script>" in read.text
    assert not any(name == "href" for name, _ in read.attributes)


@pytest.mark.parametrize("line", ["x" * 100_000, "é" * 5000, "\x1b[31m<\x1b[0m" * 2000, '"' * 4000])
def test_it_stays_small(line: str):
    training = make_training(300)
    made = card.html(
        make_view(
            lines=[line] * 500,
            total=1_000_000,
            metrics=make_metrics(300, 8),
            training={**training, "series": [{**series, "key": line} for series in training["series"] * 3]},
            job=make_job(name=line),
        )
    )
    assert len(made.encode()) <= 30_000
    Reader(made)


def test_only_the_newest_lines_are_there_and_the_others_are_counted():
    read = Reader(card.html(make_view(lines=[f"line {n}" for n in range(60)], total=1060)))
    assert "… 1,010 lines before" in read.text
    assert "line 59" in read.text
    assert not re.search(r"line 9\b", read.text)


def test_a_gap_is_a_gap():
    metrics = make_metrics(60)
    assert metrics["cpu_pct"].count(None) == 3
    assert card.html(make_view(metrics=metrics)).count("<polyline") == 3


def test_what_the_job_printed_is_drawn_before_what_the_machine_did():
    read = Reader(card.html(make_view(training=make_training(250))))
    assert re.findall(r"(loss|grad_norm|learning_rate|CPU|Memory|GPU \d) ", " ".join(read.charts)) == [
        *("loss", "grad_norm", "learning_rate", "CPU", "Memory", "GPU 0", "GPU 1")
    ]
    assert read.charts[0] == "loss 0.109, 0.0337 to 0.732"


def test_a_log_scale_is_drawn_as_one():
    made = card.html(make_view(metrics={}, training=series([1, 10, 100], log=True)))
    assert 'points="0.0,47.0 110.0,24.0 220.0,1.0"' in made


def test_a_metric_that_was_printed_at_steps_that_are_not_even_is_drawn_by_step():
    made = card.html(make_view(metrics={}, training=series([0, 1, 2], step=[0, 30, 40])))
    assert 'points="0.0,47.0 165.0,24.0 220.0,1.0"' in made
