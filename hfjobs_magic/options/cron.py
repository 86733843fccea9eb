"""Schedules as text: which ones the Hub accepts, and what they mean in words.

The Hub accepts presets and cron expressions of five to seven fields, in UTC; the form is the pattern of its OpenAPI
document (``schedule`` of ``POST /api/scheduled-jobs``), which has no names such as ``MON``.
"""

from __future__ import annotations

import re
import unicodedata

from hfjobs_magic.errors import OptionError

PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@yearly", "@annually")

HOW = 'Write five fields in UTC, as "0 9 * * 1" for Mondays at 09:00, or @hourly, @daily, @weekly, @monthly, @yearly.'

_SAME_AS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
# Field by field: the Hub's pattern as a whole takes minutes on a long run of digits.
_FIELD = re.compile(r"(?:\d+,)+\d+|(?:\*|\d+)[/-]\d+|\d+|\*")
_FIELDS = range(5, 8)
_BOUNDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))
_LONGEST = 200
"""Characters; seven long fields are far shorter."""


def parse_schedule(schedule: object, what: str = "--schedule") -> str:
    """Return the schedule with single blanks between its fields.

    Raises
    ------
    OptionError
        When the Hub would refuse it; `what` says where it was given.
    """
    fields = schedule.split() if isinstance(schedule, str) else []
    text = " ".join(fields)
    if text in PRESETS:
        return text
    written = repr(schedule)[:_LONGEST]
    text = unicodedata.normalize("NFKC", text).replace("\u2217", "*") if not text.isascii() else text
    if text.lower() in PRESETS or (not str(schedule).isascii() and text.isascii()):
        raise OptionError(f'{what} {written} is not a valid schedule. Write "{text.lower()}".')
    if re.search(r"[A-Za-z]{3}", text) and len(fields) in _FIELDS and len(text) < _LONGEST:
        raise OptionError(
            f"{what} {written} has a name in it; the Hub accepts numbers only: 1 is Monday and January. For example: "
            '"0 9 * * 1".'
        )
    if len(fields) not in _FIELDS or len(text) > _LONGEST or not all(map(_FIELD.fullmatch, fields)):
        raise OptionError(f"{what} {written} is not a valid schedule. {HOW}")
    _check_fields(f"{what} {written}", fields)
    return text


def _check_fields(said: str, fields: list[str]) -> None:
    """Refuse numbers that a field cannot have."""
    for field in fields:
        if re.search(r"/0+$", field):
            raise OptionError(f"{said}: {field} is a step of nothing. {HOW}")
    if len(fields) == len(_BOUNDS):  # the Hub's document does not say what further fields mean
        for field, (name, low, high) in zip(fields, _BOUNDS, strict=True):
            values = [int(number) for number in re.findall(r"\d+", field.partition("/")[0])]
            if not all(low <= value <= high for value in values):
                raise OptionError(f"{said}: the {name} is from {low} to {high}, not {field}. {HOW}")
            if "-" in field and values[0] > values[-1]:
                raise OptionError(f"{said}: {field} ends before it begins. {HOW}")
        _check_date(said, *fields[2:])


def _check_date(said: str, day: str, month: str, weekday: str) -> None:
    """Refuse a day that none of the months has; with a day of the week beside it, the Hub takes either."""
    if weekday != "*" or not (day.isdecimal() and re.fullmatch(r"\d+(?:,\d+)*", month)):
        return
    months = [int(one) for one in month.split(",")]
    if int(day) > max(_MOST_DAYS[one - 1] for one in months):
        named = join_with_and([_MONTHS[one - 1] for one in months])
        raise OptionError(f"{said}: {named} {'has' if len(months) == 1 else 'have'} no day {int(day)}. {HOW}")


def in_words(schedule: str) -> str:
    """Return a usual schedule in words, such as ``every Monday at 09:00 UTC``; any other as it is written."""
    fields = _SAME_AS.get(schedule, schedule).split()
    return (_phrase(*fields) if len(fields) == len(_BOUNDS) else None) or schedule


def _phrase(minute: str, hour: str, day: str, month: str, weekday: str) -> str | None:
    days = _days(day, month, weekday)
    if days == "every day" and (interval := _interval(minute, hour)):
        return interval
    if days is None or not minute.isdecimal() or not re.fullmatch(r"\d+(?:,\d+)*", hour):
        return None
    times = [f"{int(one):02}:{int(minute):02}" for one in hour.split(",")]
    return f"{days} at {join_with_and(times)} UTC"


def _interval(minute: str, hour: str) -> str | None:
    """Return what repeats evenly within a day: ``every 15 minutes``, ``every 6 hours``."""
    minutes = re.fullmatch(r"\*(?:/(\d+))?", minute)
    if minutes and hour == "*":
        return _every(int(minutes[1] or 1), 60, "minute")
    hours = re.fullmatch(r"\*(?:/(\d+))?", hour)
    if not minute.isdecimal() or not hours:
        return None
    phrase = _every(int(hours[1] or 1), 24, "hour")
    return phrase if phrase is None or int(minute) == 0 else f"{phrase}, {int(minute)} minutes past"


def _every(step: int, of: int, unit: str) -> str | None:
    """Return None where the steps are uneven: ``*/7`` starts over with each hour."""
    if step == 1:
        return f"every {unit}"
    return f"every {step} {unit}s" if 0 < step < of and of % step == 0 else None


def _days(day: str, month: str, weekday: str) -> str | None:
    if (day, month) == ("*", "*"):
        return _weekdays(weekday)
    if weekday != "*" or not day.isdecimal():
        return None
    if month == "*":
        return f"on the {_ordinal(int(day))} of every month"
    return f"every year on {_MONTHS[int(month) - 1]} {int(day)}" if month.isdecimal() else None


def _weekdays(field: str) -> str | None:
    if field == "*":
        return "every day"
    if span := re.fullmatch(r"(\d)-(\d)", field):
        first, last = int(span[1]) % 7, int(span[2])
        return f"{_DAYS[first]} to {_DAYS[last % 7]}" if first < last else None
    if not re.fullmatch(r"\d(?:,\d)*", field):
        return None
    return f"every {join_with_and([_DAYS[int(one) % 7] for one in field.split(',')])}"


_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


_MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _ordinal(number: int) -> str:
    teens = 10 < number % 100 < 14
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def join_with_and(items: list[str]) -> str:
    """Join items with commas and a final ``and``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
