"""Events and what they make of a job's state."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic.facts import JobFacts
from hfjobs_magic.follow.state import (
    CancelAsked,
    CancelFailed,
    FactsSeen,
    JobState,
    LinesMissing,
    NoticeGiven,
    NoticeOver,
    StreamChanged,
    apply,
)
from hfjobs_magic.widgets.traits import snapshot, stream_note

FACTS = JobFacts(id="6" * 24, name="cell-1", url="http://hub/jobs/me/6", namespace="me", stage="SCHEDULING")


def make_state(stage: str = "RUNNING") -> JobState:
    return JobState(replace(FACTS, stage=stage))


def test_cancelling_lasts_until_the_end():
    state = apply(make_state(), CancelAsked())
    assert state.cancelling
    state = apply(state, FactsSeen(replace(FACTS, stage="RUNNING"), 5.0))
    assert state.cancelling
    state = apply(state, FactsSeen(replace(FACTS, stage="CANCELED"), 6.0))
    assert not state.cancelling


def test_a_cancel_that_failed_is_taken_back_with_a_notice():
    state = apply(apply(make_state(), CancelAsked()), CancelFailed("Cancel did not work."))
    assert not state.cancelling
    assert state.notice == "Cancel did not work."


def test_a_notice_goes_when_it_is_no_longer_so_and_stops_no_cancel():
    state = apply(apply(make_state(), CancelAsked()), NoticeGiven("Nothing answers."))
    assert (state.cancelling, state.notice) == (True, "Nothing answers.")
    assert apply(state, NoticeOver("Something else.")) == state
    assert apply(state, NoticeOver("Nothing answers.")).notice == ""


def test_a_late_answer_does_not_revive_a_job():
    ended = make_state("COMPLETED")
    assert apply(ended, FactsSeen(replace(FACTS, stage="RUNNING"), 5.0)) == ended
    assert not apply(ended, CancelAsked()).cancelling


def test_the_end_of_a_cancelled_job_is_when_we_first_saw_it():
    # The Hub names no end for a cancelled job.
    state = apply(make_state(), FactsSeen(replace(FACTS, stage="CANCELED"), 7.0))
    state = apply(state, FactsSeen(replace(FACTS, stage="CANCELED"), 99.0))
    assert state.finished_at == 7.0
    dated = replace(FACTS, stage="COMPLETED", finished_at=6.5)
    assert apply(make_state(), FactsSeen(dated, 7.0)).finished_at == 6.5


def test_the_stream_is_what_was_last_said():
    assert apply(make_state(), StreamChanged("reconnecting")).stream == "reconnecting"


def test_a_card_hears_when_the_log_is_tried_again_and_that_lines_are_missing_for_good():
    assert stream_note(make_state()) == {"retry_at": None, "missing": False}
    state = apply(apply(make_state(), LinesMissing()), StreamChanged("reconnecting", 5.0))
    assert stream_note(state) == {"retry_at": 5.0, "missing": True}
    assert stream_note(apply(state, StreamChanged("complete"))) == {"retry_at": None, "missing": True}


def test_a_snapshot_is_plain_json():
    made = snapshot(make_state(), now=3.0, local=True, hardware="2 vCPU", usd_per_minute=None, timeout_s=60)
    assert made["stage"] == "RUNNING"
    assert made["now"] == 3.0
    assert {type(value) for value in made.values()} <= {str, float, int, bool, type(None)}
