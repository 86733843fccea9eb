"""Which job is which run's: pure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.api.sweep_jobs import Turn, read_roster
from hfjobs_magic.facts import JobFacts

JOBS = st.lists(
    st.tuples(
        st.integers(0, 4),  # number of the run: 0 and 4 are none of three
        st.integers(1, 2),  # how often it was started
        st.sampled_from(["1-aa", "2-bb", "2-cc"]),
        st.integers(0, 3),  # when it was made
        st.sampled_from(["RUNNING", "COMPLETED", "ERROR"]),
    ),
    max_size=12,
)


def make(at: int, run: int, start: int = 1, by: str = "1-aa", made: float = 0.0, stage: str = "RUNNING") -> JobFacts:
    labels = {"sweep": "5", "sweep-run": str(run), "sweep-start": str(start), "sweep-by": by}
    return JobFacts(f"{at:024}", "n", "", "me", stage, created_at=made, labels=labels)


def test_of_two_kernels_that_start_a_run_at_once_the_first_has_it_and_the_second_ends():
    first, second, other = make(1, 1, by="2-bb", made=5), make(2, 1, by="1-aa", made=6), make(3, 2, made=7)
    roster = read_roster([other, second, first], 3)
    assert roster.current == {0: first, 1: other}
    assert roster.doubles == (second,)
    assert roster.turn == Turn(2, "bb")
    # Made in the same moment: all who look choose alike.
    assert read_roster([make(2, 1, by="2-bb"), make(1, 1)], 3).current[0].id.endswith("1")


def test_a_job_that_somebody_ran_again_is_none_of_them_and_counts_until_one_completes():
    failed, again = make(1, 1, stage="ERROR"), make(2, 1, made=9)
    assert read_roster([failed, again], 3).doubles == ()
    assert read_roster([failed, again], 3).current == {0: again}
    done = make(1, 1, stage="COMPLETED")
    assert read_roster([done, again], 3).current == {0: done}


def test_a_run_that_was_started_anew_is_the_newer_one():
    old, new = make(1, 2, stage="COMPLETED"), make(2, 2, start=2, stage="RUNNING", made=1)
    assert read_roster([old, new], 3).current == {1: new}


@given(JOBS)
def test_whatever_is_in_the_list_each_job_is_at_most_one_thing(rows: list[tuple[int, int, str, int, str]]):
    jobs = [make(at, *row) for at, row in enumerate(rows)]
    roster = read_roster(jobs, 3)
    assert roster == read_roster(list(reversed(jobs)), 3)
    assert {job.id for job in roster.current.values()}.isdisjoint(job.id for job in roster.doubles)
    assert roster.current.keys() == {row[0] - 1 for row in rows if 1 <= row[0] <= 3}
    assert not any(job.id == other.id for job in roster.doubles for other in roster.current.values())
