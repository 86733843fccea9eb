"""Selectors: how a line names jobs. Text and a list of jobs in, jobs out.

Those with ``@`` mean what they mean in ``hf jobsx`` (davanstrien/hf-jobsx, ``selectors.py``).

::

    687fb701029421ae5549d998   an id, also as NAMESPACE/ID
    687fb7                     the beginning of one id
    my-training                a name; names need not be unique
    @latest  @0  @1            the newest, the newest, the one before it
    @running                   all that are running
    @status=ERROR              all in a stage
    @label=team=nlp            all with a label
    @sweep=3fa85f64            all of a sweep
    @me                        all in the namespace
    @notebook                  all of this notebook that have not ended
    @0,@3,687fb7               several of these
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hfjobs_magic.errors import OptionError
from hfjobs_magic.facts import STAGES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from hfjobs_magic.facts import JobFacts, ScheduledFacts

_ID = re.compile(r"(?:(?P<namespace>[\w.-]+)/)?(?P<id>[0-9a-f]{24})")
_PREFIX = re.compile(r"[0-9a-f]{3,23}")

SWEEP = "@sweep="
"""Before the id of a sweep."""

NOTEBOOK = "@notebook"
"""All jobs of this notebook that have not ended."""

SHOWN = 5
"""Jobs that a message names where it has to choose between several."""


def full_id(selector: str) -> tuple[str | None, str] | None:
    """Return the namespace (None where it names none) and the id of a selector that is an id; None for any other.

    Such a job can be asked for directly, without reading a list.
    """
    found = _ID.fullmatch(selector.strip())
    return (found["namespace"], found["id"]) if found else None


def is_id_like(selector: str) -> bool:
    """Whether a selector is an id without a namespace, or may be the beginning of one."""
    return bool(re.fullmatch("[0-9a-f]{24}", selector) or _PREFIX.fullmatch(selector))


def select(
    selector: str, jobs: Iterable[JobFacts], *, local: bool = False, notebook: Collection[str] = ()
) -> tuple[JobFacts, ...]:
    """Return the jobs that `selector` means, newest first; those of a list in its order, each once.

    Parameters
    ----------
    selector
        As the line has it.
    jobs
        Those that there are.
    local
        Whether they are of the local service, for what is said.
    notebook
        Ids of the jobs of this notebook, for ``@notebook``.

    Raises
    ------
    OptionError
        When a selector means no job or is not one, or when several ids begin with it.
    """
    newest_first = sorted(jobs, key=lambda job: job.created_at or 0.0, reverse=True)
    found: dict[str, JobFacts] = {}
    for word in _words(selector):
        if word == NOTEBOOK:
            meant = [job for job in newest_first if job.id in notebook and not job.is_terminal]
        else:
            meant = _at(word, newest_first) if word.startswith("@") else _match(word, newest_first)
        if not meant:
            # A list of jobs does not name their sweeps.
            flag = " --local" if local else ""
            listed = f"`%hfjobs attach {word}{flag}` says which sweeps there are." if word.startswith(SWEEP) else ""
            raise OptionError(f"No job matches {word!r}. {listed or f'`%hfjobs ls -a{flag}` lists all.'}")
        found.update((job.id, job) for job in meant)
    return tuple(found.values())


def _words(selector: str) -> list[str]:
    """Split at commas, but for those between the stages of one ``@status=``."""
    words: list[str] = []
    for word in selector.split(","):
        is_stage = bool(words) and words[-1].startswith("@status=") and word.strip().upper() in STAGES
        if is_stage:
            words[-1] += f",{word.strip()}"
        elif word.strip():
            words.append(word.strip())
    return words or [selector.strip()]


def select_scheduled(selector: str, jobs: Iterable[ScheduledFacts]) -> ScheduledFacts:
    """Return the scheduled job that `selector` means: an id, the beginning of one, or a name.

    Raises
    ------
    OptionError
        When it means none, or several: what is done to a schedule affects every later run, so none is picked.
    """
    word = selector.strip()
    exact = full_id(word)
    known = list(jobs)
    found = [job for job in known if job.id == exact[1]] if exact else [job for job in known if job.name == word]
    if not found and _PREFIX.fullmatch(word):
        found = [job for job in known if job.id.startswith(word)]
    if not found:
        raise OptionError(f"No scheduled job matches {selector!r}. `%hfjobs scheduled ls -a` lists all.")
    if len(found) > 1:
        shown = ", ".join(f"{job.id} ({job.name}, {job.schedule})" for job in found[:SHOWN])
        raise OptionError(f"{selector!r} matches {len(found)} scheduled jobs: {shown}. Write the id of one.")
    return found[0]


def _match(word: str, jobs: Sequence[JobFacts]) -> list[JobFacts]:
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
    if what == "sweep" and value:
        what, value = "label", f"sweep={value}"
    if what == "latest" and not given:
        return list(jobs[:1])
    if what.isdecimal() and not given:
        return list(jobs[int(what) : int(what) + 1])
    if what == "running" and not given:
        return [job for job in jobs if job.stage == "RUNNING"]
    if what == "me" and not given:
        return list(jobs)
    if what == "status" and value:
        return _in_stages(word, value, jobs)
    if what == "label" and value:
        key, has_value, wanted = value.partition("=")
        return [job for job in jobs if key in job.labels and (not has_value or job.labels[key] == wanted)]
    raise OptionError(
        f"{word} is not a selector. Selectors are @latest or @0, @1 for the one before it, @running, "
        "@status=ERROR, @label=KEY=VALUE, @sweep=ID, @me and @notebook."
    )


def _in_stages(word: str, value: str, jobs: Sequence[JobFacts]) -> list[JobFacts]:
    stages = {part.strip().upper() for part in value.split(",")}
    if stages - set(STAGES):
        raise OptionError(f"{word}: the stages are {', '.join(STAGES)}.")
    return [job for job in jobs if job.stage in stages]
