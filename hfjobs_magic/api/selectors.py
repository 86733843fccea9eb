"""Selectors: how a job is named on a line. Text and a list of jobs in, jobs out.

::

    687fb701029421ae5549d998   an id, also as NAMESPACE/ID
    687fb7                     the beginning of one id
    my-training                a name; names need not be unique
    @latest  @2                the newest, the second newest
    @running                   all that run
    @status=ERROR              all in a stage
    @label=team=nlp            all with a label
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hfjobs_magic.facts import JobFacts, ScheduledFacts

_ID = re.compile(r"(?:(?P<namespace>[\w.-]+)/)?(?P<id>[0-9a-f]{24})")
_PREFIX = re.compile(r"[0-9a-f]{3,23}")
_STAGES = ("SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED")

SHOWN = 5
"""Jobs named in a message that has to choose between several."""


def full_id(selector: str) -> tuple[str | None, str] | None:
    """Namespace (None where it names none) and id of a selector that is an id; None for any other.

    Such a job is asked for by itself: no list has to be read.
    """
    found = _ID.fullmatch(selector.strip())
    return (found["namespace"], found["id"]) if found else None


def is_id_like(selector: str) -> bool:
    """Whether a selector is an id without a namespace, or what may be the beginning of one."""
    return bool(re.fullmatch("[0-9a-f]{24}", selector) or _PREFIX.fullmatch(selector))


def select(selector: str, jobs: Iterable[JobFacts]) -> tuple[JobFacts, ...]:
    """Jobs that `selector` means, newest first.

    Raises
    ------
    OptionError
        When none is meant, the beginning of an id is that of several, or the selector is none.
    """
    newest_first = sorted(jobs, key=lambda job: job.created_at or 0.0, reverse=True)
    word = selector.strip()
    found = _at(word, newest_first) if word.startswith("@") else _named(word, newest_first)
    if not found:
        raise OptionError(f"No job is meant by {selector!r}. `%hfjobs ls -a` lists all.")
    return tuple(found)


def select_scheduled(selector: str, jobs: Iterable[ScheduledFacts]) -> ScheduledFacts:
    """Scheduled job that `selector` means: an id, the beginning of one, or a name.

    Raises
    ------
    OptionError
        When none is meant, or several are: what happens to a schedule goes on happening, so none is picked.
    """
    word = selector.strip()
    exact = full_id(word)
    known = list(jobs)
    found = [job for job in known if job.id == exact[1]] if exact else [job for job in known if job.name == word]
    if not found and _PREFIX.fullmatch(word):
        found = [job for job in known if job.id.startswith(word)]
    if not found:
        raise OptionError(f"No scheduled job is meant by {selector!r}. `%hfjobs scheduled ls -a` lists all.")
    if len(found) > 1:
        shown = ", ".join(f"{job.id} ({job.name}, {job.schedule})" for job in found[:SHOWN])
        raise OptionError(f"{selector!r} means {len(found)} scheduled jobs: {shown}. Write the id of one.")
    return found[0]


def _named(word: str, jobs: Sequence[JobFacts]) -> list[JobFacts]:
    exact = full_id(word)
    if exact:
        return [job for job in jobs if job.id == exact[1]]
    named = [job for job in jobs if job.name == word]
    if named or not _PREFIX.fullmatch(word):
        return named
    begun = [job for job in jobs if job.id.startswith(word)]
    if len(begun) > 1:
        shown = ", ".join(f"{job.id} ({job.name})" for job in begun[:SHOWN])
        raise OptionError(f"{len(begun)} ids begin with {word}: {shown}. Write more of it.")
    return begun


def _at(word: str, jobs: Sequence[JobFacts]) -> list[JobFacts]:
    what, given, value = word[1:].partition("=")
    if what == "latest" and not given:
        return list(jobs[:1])
    if what.isdecimal() and not given:
        return list(jobs[int(what) - 1 : int(what)]) if int(what) else []
    if what == "running" and not given:
        return [job for job in jobs if job.stage == "RUNNING"]
    if what == "status" and value:
        return _in_stages(word, value, jobs)
    if what == "label" and value:
        key, has_value, wanted = value.partition("=")
        return [job for job in jobs if key in job.labels and (not has_value or job.labels[key] == wanted)]
    raise OptionError(
        f"{word} selects nothing. There are @latest, @2 for the second newest, @running, "
        "@status=ERROR and @label=KEY=VALUE."
    )


def _in_stages(word: str, value: str, jobs: Sequence[JobFacts]) -> list[JobFacts]:
    stages = {part.strip().upper() for part in value.split(",")}
    if stages - set(_STAGES):
        raise OptionError(f"{word}: the stages are {', '.join(_STAGES)}.")
    return [job for job in jobs if job.stage in stages]
