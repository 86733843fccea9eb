"""What is known of a job, and what becomes of it."""

from __future__ import annotations

from dataclasses import replace

from hfjobs_magic.facts import JobFacts
from hfjobs_magic.follow.state import (
    TOLD_S,
    JobState,
    JobStatus,
    LinesMissing,
    LogState,
    NoticeGiven,
    StreamChanged,
    apply,
    with_cancel,
    with_cancel_error,
    with_facts,
    with_trouble,
)
from hfjobs_magic.widgets.traits import write_job, write_stream_note

FACTS = JobFacts(id="6" * 24, name="cell-1", url="http://hub/jobs/me/6", namespace="me", stage="SCHEDULING")


def make_status(stage: str = "RUNNING") -> JobStatus:
    return JobStatus(replace(FACTS, stage=stage))


def test_cancelling_lasts_until_the_end():
    status = with_cancel(make_status())
    assert status.cancelling
    status = with_facts(status, replace(FACTS, stage="RUNNING"), 5.0)
    assert status.cancelling
    status = with_facts(status, replace(FACTS, stage="CANCELED"), 6.0)
    assert not status.cancelling


def test_a_cancel_that_failed_is_taken_back_and_said_until_the_next_one_or_the_end():
    status = with_cancel_error(with_cancel(make_status()), "Nothing answers.", 5.0)
    assert (status.cancelling, status.notice) == (False, "Cancel did not work: Nothing answers.")
    assert with_cancel(status).notice == ""
    assert with_facts(status, replace(FACTS, stage="COMPLETED"), 6.0).notice == ""


def test_that_a_cancel_failed_is_told_until_the_hub_says_much_later_that_the_job_goes_on():
    status = with_cancel_error(with_cancel(make_status()), "Nothing answers.", 5.0)
    running = replace(FACTS, stage="RUNNING")
    assert with_facts(status, running, 5.0 + TOLD_S).notice == status.notice
    assert with_facts(status, running, 6.0 + TOLD_S).notice == ""
    # While the Hub says nothing, nothing newer is known.
    assert with_trouble(with_trouble(status, "Nothing answers."), "").notice == status.notice


def test_trouble_goes_when_it_is_over_and_stops_no_cancel():
    status = with_trouble(with_cancel(make_status()), "Nothing answers.")
    assert (status.cancelling, status.notice) == (True, "Nothing answers.")
    assert with_trouble(status, "").notice == ""


def test_a_late_answer_does_not_revive_a_job():
    ended = make_status("COMPLETED")
    assert with_facts(ended, replace(FACTS, stage="RUNNING"), 5.0) == ended
    assert with_cancel(ended) == ended
    assert with_cancel_error(ended, "Too late.", 5.0) == ended


def test_the_end_of_a_cancelled_job_is_when_we_first_saw_it():
    # The Hub names no end for a cancelled job.
    status = with_facts(make_status(), replace(FACTS, stage="CANCELED"), 7.0)
    status = with_facts(status, replace(FACTS, stage="CANCELED"), 99.0)
    assert status.finished_at == 7.0
    dated = replace(FACTS, stage="COMPLETED", finished_at=6.5)
    assert with_facts(make_status(), dated, 7.0).finished_at == 6.5


def test_what_is_wrong_now_is_said_before_what_was_said_in_the_beginning():
    log = apply(LogState(), NoticeGiven("The timeout was shortened."))
    assert JobState(make_status(), log).notice == "The timeout was shortened."
    assert JobState(with_trouble(make_status(), "Nothing answers."), log).notice == "Nothing answers."


def test_a_card_hears_when_the_log_is_tried_again_and_that_lines_are_missing_for_good():
    def note(log: LogState) -> dict[str, object]:
        return write_stream_note(JobState(make_status(), log))

    assert note(LogState()) == {"retry_at": None, "missing": False, "unreachable": False}
    log = apply(apply(LogState(), LinesMissing()), StreamChanged("reconnecting", 5.0))
    assert note(log) == {"retry_at": 5.0, "missing": True, "unreachable": False}
    assert note(apply(log, StreamChanged("complete"))) == {"retry_at": None, "missing": True, "unreachable": False}


def test_the_trait_of_a_job_is_plain_json():
    made = write_job(JobState(make_status()), now=3.0, local=True, hardware="2 vCPU", usd_per_minute=None, timeout_s=60)
    assert made["stage"] == "RUNNING"
    assert made["now"] == 3.0
    assert {type(value) for value in made.values()} <= {str, float, int, bool, type(None)}
