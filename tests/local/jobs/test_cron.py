from __future__ import annotations

import contextlib
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.local.errors import ApiError
from hfjobs_magic.local.jobs.cron import check_schedule, find_next_run

TUESDAY = datetime(2026, 11, 24, 23, 30, 15, tzinfo=timezone.utc)


def following(schedule: str) -> str:
    seconds = find_next_run(check_schedule(schedule), TUESDAY.timestamp())
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("@hourly", "2026-11-25 00:00:00"),
        ("@daily", "2026-11-25 00:00:00"),
        ("@weekly", "2026-11-29 00:00:00"),
        ("@monthly", "2026-12-01 00:00:00"),
        ("@yearly", "2027-01-01 00:00:00"),
        ("@annually", "2027-01-01 00:00:00"),
        ("* * * * *", "2026-11-24 23:31:00"),
        ("*/20 * * * * ", "2026-11-24 23:40:00"),
        ("0 9 * * 1", "2026-11-30 09:00:00"),
        ("5,35 1-3 * * *", "2026-11-25 01:05:00"),
        ("0 0 29 2 *", "2028-02-29 00:00:00"),
    ],
)
def test_presets_and_five_fields_are_those_of_cron_in_utc(schedule: str, expected: str):
    assert following(schedule) == expected


def test_a_sixth_field_in_front_is_the_second_and_a_seventh_at_the_end_the_year():
    assert following("*/10 * * * * *") == "2026-11-24 23:30:20"
    assert following("5 0 12 1 1 * 2030") == "2030-01-01 12:00:05"


@pytest.mark.parametrize(
    "schedule",
    ["", "@reboot", "@Daily", "* * * *", "* * * * * * * *", "*****", "a * * * *", "*  * * * *", "MON * * * *", 5, None],
)
def test_what_the_hub_does_not_take_is_refused_with_an_example(schedule: object):
    with pytest.raises(ApiError, match="is not a valid schedule; expected: five fields such as '0 9") as refused:
        check_schedule(schedule)
    assert refused.value.status == 422


@pytest.mark.parametrize("schedule", ["60 * * * *", "0 0 31 2 *", "0 0 1 1 1 * 1999", "*/0 * * * *", "0 0 * * 8"])
def test_a_schedule_that_never_comes_is_refused(schedule: str):
    with pytest.raises(ApiError, match="never comes"):
        check_schedule(schedule)


def test_a_long_run_of_digits_is_refused_at_once():
    with pytest.raises(ApiError):
        check_schedule("1" * 100_000 + "x")


FIELD = st.sampled_from(["*", "0", "7", "59", "1-5", "*/3", "2,4", "99", "5-2", "1/2", "*-3"])


@given(st.lists(FIELD, min_size=5, max_size=7))
def test_every_schedule_of_the_hubs_form_is_either_followed_or_refused_in_words(words: list[str]):
    with contextlib.suppress(ApiError):
        schedule = check_schedule(" ".join(words))
        assert find_next_run(schedule, TUESDAY.timestamp()) > TUESDAY.timestamp()
