"""Schedules as text: which ones are taken, what is said of the others, and what they mean in words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.cron import PRESETS, in_words, parse_schedule
from hfjobs_magic.options.run_options import from_keywords
from tests.options.lines import options_of

WORDS = {
    "@hourly": "every hour",
    "@daily": "every day at 00:00 UTC",
    "@weekly": "every Sunday at 00:00 UTC",
    "@monthly": "on the 1st of every month at 00:00 UTC",
    "@yearly": "every year on January 1 at 00:00 UTC",
    "@annually": "every year on January 1 at 00:00 UTC",
    "* * * * *": "every minute",
    "*/15 * * * *": "every 15 minutes",
    "*/7 * * * *": "*/7 * * * *",
    "0 * * * *": "every hour",
    "30 * * * *": "every hour, 30 minutes past",
    "0 */6 * * *": "every 6 hours",
    "5 */6 * * *": "every 6 hours, 5 minutes past",
    "0 */5 * * *": "0 */5 * * *",
    "0 9 * * *": "every day at 09:00 UTC",
    "30 8,20 * * *": "every day at 08:30 and 20:30 UTC",
    "0 9 * * 1": "every Monday at 09:00 UTC",
    "0 9 * * 0": "every Sunday at 09:00 UTC",
    "0 9 * * 7": "every Sunday at 09:00 UTC",
    "0 9 * * 1-5": "Monday to Friday at 09:00 UTC",
    "0 9 * * 6-7": "Saturday to Sunday at 09:00 UTC",
    "0 9 * * 1,3,5": "every Monday, Wednesday and Friday at 09:00 UTC",
    "0 9 15 * *": "on the 15th of every month at 09:00 UTC",
    "0 9 22 * *": "on the 22nd of every month at 09:00 UTC",
    "0 9 11 * *": "on the 11th of every month at 09:00 UTC",
    "0 9 14 7 *": "every year on July 14 at 09:00 UTC",
    "0 9 1 * 1": "0 9 1 * 1",
    "0,30 9 * * *": "0,30 9 * * *",
    "0 9 */2 * *": "0 9 */2 * *",
    "0 0 9 * * 1": "0 0 9 * * 1",
}


@pytest.mark.parametrize(("schedule", "words"), WORDS.items())
def test_the_usual_schedules_are_said_in_words_and_others_as_they_are(schedule: str, words: str):
    assert in_words(parse_schedule(schedule)) == words


REFUSED = {
    "every day": "--schedule 'every day' is not a valid schedule. Write five fields in UTC, as \"0 9 * * 1\" for",
    "@midnight": "--schedule '@midnight' is not a valid schedule.",
    "0 9 * *": "--schedule '0 9 * *' is not a valid schedule.",
    "* * * * * * * *": "--schedule '* * * * * * * *' is not a valid schedule.",
    "0 9 * * 1-5/2": "--schedule '0 9 * * 1-5/2' is not a valid schedule.",
    "0 9 * * MON": "--schedule '0 9 * * MON' has a name in it; the Hub accepts numbers only: 1 is Monday and January.",
    "60 * * * *": "--schedule '60 * * * *': the minute is from 0 to 59, not 60.",
    "0 24 * * *": "--schedule '0 24 * * *': the hour is from 0 to 23, not 24.",
    "0 0 0 * *": "--schedule '0 0 0 * *': the day of the month is from 1 to 31, not 0.",
    "0 0 1 13 *": "--schedule '0 0 1 13 *': the month is from 1 to 12, not 13.",
    "0 0 * * 1,8": "--schedule '0 0 * * 1,8': the day of the week is from 0 to 7, not 1,8.",
    "*/0 * * * *": "--schedule '*/0 * * * *': */0 is a step of nothing.",
    "0 */00 * * *": "--schedule '0 */00 * * *': */00 is a step of nothing.",
    "0 0 * * 5-1": "--schedule '0 0 * * 5-1': 5-1 ends before it begins.",
    "0 0 30 2 *": "--schedule '0 0 30 2 *': February has no day 30.",
    "0 0 31 4,6 *": "--schedule '0 0 31 4,6 *': April and June have no day 31.",
    "9" * 5000: "--schedule '9999",
}


@pytest.mark.parametrize(("schedule", "message"), REFUSED.items(), ids=[text[:20] for text in REFUSED])
def test_what_is_no_schedule_is_refused_with_an_example(schedule: str, message: str):
    with pytest.raises(OptionError) as caught:
        options_of(f"--schedule '{schedule}'")
    said = str(caught.value)
    assert said.startswith(message)
    assert '"0 9 * * 1"' in said
    assert len(said) < 500


def test_blanks_are_made_single():
    assert parse_schedule("  0   9 * *\t1 ") == "0 9 * * 1"


def field() -> st.SearchStrategy[str]:
    number = st.integers(0, 99).map(str)
    return st.one_of(
        st.just("*"),
        number,
        st.tuples(st.sampled_from("*0123456789"), st.sampled_from("/-"), number).map("".join),
        st.lists(number, min_size=2, max_size=4).map(",".join),
        st.text("0123456789*,/-L#?", max_size=5),
    )


PATTERN = re.compile(
    r"^(?:(@(annually|yearly|monthly|weekly|daily|hourly))|"
    r"((((\d+,)+\d+|((\*|\d+)(\/|-)\d+)|\d+|\*) ?){5,7}))$"
)
"""Of the Hub's OpenAPI document, ``schedule`` of ``POST /api/scheduled-jobs/{namespace}``."""


@given(st.lists(field(), min_size=4, max_size=8).map(" ".join))
def test_nothing_is_let_through_that_the_hubs_own_pattern_refuses(text: str):
    try:
        taken = parse_schedule(text)
    except OptionError:
        return
    assert PATTERN.match(taken)
    assert in_words(taken)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_the_hubs(preset: str):
    assert PATTERN.match(parse_schedule(preset))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--schedule @daily --wait", "--wait and --schedule do not go together: there is no end to wait for."),
        ("--schedule @daily --reuse", "--reuse and --schedule do not go together: every run is a new job."),
        ("--schedule @daily --ssh", "The Hub takes no --ssh for a scheduled job. Leave it out, or leave --schedule"),
        ("--schedule @daily --network-group ring", "The Hub takes no --network-group for a scheduled job."),
        ("--suspend", '--suspend describes a schedule. Add one, as in --schedule "0 9 * * 1".'),
        ("--no-concurrency", "--concurrency describes a schedule. Add one"),
    ],
)
def test_combinations_that_mean_nothing_are_refused(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        options_of(line)
    assert str(caught.value).startswith(message)


def test_a_default_of_the_session_about_jobs_that_start_now_is_no_reason_to_refuse():
    origins = {"wait": "environment", "reuse": "%hfjobs config"}
    options = from_keywords({"schedule": "@daily", "wait": True, "reuse": True, "origins": origins})
    assert options.schedule == "@daily"


def test_a_switch_is_on_off_or_left_to_the_hub():
    assert options_of("--schedule @daily").concurrency is None
    assert options_of("--schedule @daily --concurrency").concurrency is True
    assert options_of("--schedule @daily --no-concurrency").concurrency is False


@pytest.mark.parametrize(
    ("schedule", "meant"),
    [("@Daily", "@daily"), ("0 9 \u2217 \u2217 1", "0 9 * * 1"), ("\uff10 9 * * 1", "0 9 * * 1")],
)
def test_a_schedule_with_signs_of_a_page_is_answered_with_what_to_write(schedule: str, meant: str):
    with pytest.raises(OptionError) as caught:
        options_of(f"--schedule '{schedule}'")
    assert str(caught.value) == f'--schedule {schedule!r} is not a valid schedule. Write "{meant}".'


@pytest.mark.parametrize("schedule", ["0 0 29 2 *", "0 0 31 1,2 *", "0 0 31 2 1", "0 0 30 * *", "0 0 1-5 * *"])
def test_a_day_that_comes_is_a_schedule(schedule: str):
    assert parse_schedule(schedule) == schedule
