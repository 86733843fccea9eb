"""When a schedule is due: the Hub's rules for schedules and croniter's arithmetic. Pure.

Times are UTC, as on the Hub. Five fields are minute, hour, day of month, month, day of week; a sixth one is the second
and comes first, a seventh one is the year and comes last. The Hub's document admits five to seven fields without saying
what they mean; this is how JavaScript's cron libraries read them.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from croniter import CroniterError, croniter

from hfjobs_magic.local.errors import ApiError

_FIELD = re.compile(r"(?:\d+,)+\d+|(?:\*|\d+)[/-]\d+|\d+|\*")
"""What the pattern in the Hub's OpenAPI document admits, applied to each field: applied to the whole text it would take
minutes on a long run of digits, and would accept "*****" as five fields."""

_FIELDS = range(5, 8)
"""How many fields a schedule may have, see above."""

_PRESETS = frozenset({"@annually", "@yearly", "@monthly", "@weekly", "@daily", "@hourly"})
"""The names that the pattern in the Hub's document admits."""

_MAX_LENGTH = 500
"""Characters; seven long fields take far fewer."""

EXAMPLE = "five fields such as '0 9 * * 1', or @hourly, @daily, @weekly, @monthly, @yearly"
"""What is expected, for messages."""


def check_schedule(schedule: object) -> str:
    """Return the schedule if it is one that comes due.

    Raises
    ------
    ApiError
        422, with what is expected.
    """
    text = schedule.strip()[:_MAX_LENGTH] if isinstance(schedule, str) else ""
    words = text.split(" ")
    if text not in _PRESETS and not (len(words) in _FIELDS and all(map(_FIELD.fullmatch, words))):
        raise ApiError(422, f"schedule: {schedule!r} is not a valid schedule; expected: {EXAMPLE}.")
    try:
        find_next_run(text, datetime.now(timezone.utc).timestamp())
    except CroniterError as error:
        raise ApiError(422, f"schedule: {schedule!r} never comes due: {error}.") from error
    return text


def find_next_run(schedule: str, after: float) -> float:
    """Return the first time after `after`, both in Unix seconds, at which the schedule is due.

    Raises
    ------
    croniter.CroniterError
        When there is none in the next 50 years.
    """
    start = datetime.fromtimestamp(after, timezone.utc)
    due: float = croniter(schedule, start, second_at_beginning=True).get_next(float)
    return due
