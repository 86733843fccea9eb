"""When a schedule is due: the Hub's rule of what a schedule may look like, and croniter's arithmetic. Pure.

Times are UTC, as on the Hub. Five fields are minute, hour, day of month, month, day of week; a sixth one stands in
front and is the second, a seventh one at the end is the year. The Hub's rule admits five to seven fields and says no
more; this reading is that of the JavaScript cron libraries.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from croniter import CroniterError, croniter

from hfjobs_magic.local.errors import ApiError

# What the pattern of the Hub's OpenAPI document admits, field by field: matched as a whole it would take minutes for
# a long run of digits, and it would take "*****" for five fields.
_FIELD = re.compile(r"(?:\d+,)+\d+|(?:\*|\d+)[/-]\d+|\d+|\*")
_FIELDS = range(5, 8)
_PRESETS = frozenset({"@annually", "@yearly", "@monthly", "@weekly", "@daily", "@hourly"})
# Characters; seven long fields are far below.
_MAX_LENGTH = 500
EXAMPLE = "five fields such as '0 9 * * 1', or @hourly, @daily, @weekly, @monthly, @yearly"


def check_schedule(schedule: object) -> str:
    """Return the schedule when it can be followed.

    Raises
    ------
    ApiError
        422, with what is expected.
    """
    text = schedule.strip()[:_MAX_LENGTH] if isinstance(schedule, str) else ""
    words = text.split(" ")
    if text not in _PRESETS and not (len(words) in _FIELDS and all(map(_FIELD.fullmatch, words))):
        raise ApiError(422, f"schedule: {schedule!r} is not a schedule; expected are {EXAMPLE}.")
    try:
        next_run(text, datetime.now(timezone.utc).timestamp())
    except CroniterError as error:
        raise ApiError(422, f"schedule: {schedule!r} never comes: {error}.") from error
    return text


def next_run(schedule: str, after: float) -> float:
    """Return the first time after `after`, both in Unix seconds, at which the schedule is due.

    Raises
    ------
    croniter.CroniterError
        When there is none in the next 50 years.
    """
    start = datetime.fromtimestamp(after, timezone.utc)
    found: float = croniter(schedule, start, second_at_beginning=True).get_next(float)
    return found
