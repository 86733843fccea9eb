"""What may stand at the cursor of a magic line: text in, candidates out."""

from __future__ import annotations

import argparse
import contextlib
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from hfjobs_magic.options.cron import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hfjobs_magic.facts import JobFacts, ScheduledFacts


@dataclass(frozen=True)
class Candidate:
    """One thing that may be written at the cursor."""

    text: str
    """What is inserted."""
    note: str = ""
    """What a reader sees beside it."""


class Sources(Protocol):
    """What is known of the world: asked only for the value that stands at the cursor."""

    def values(self, what: str, *, typed: str, local: bool) -> Iterable[Candidate]:
        """Values of the option or argument `what`; `typed` is what is there of it already."""


@dataclass(frozen=True)
class Flag:
    """One option."""

    names: tuple[str, ...]
    """Its spellings."""
    what: str
    """Its keyword."""
    help: str
    """One clause."""
    takes_value: bool
    """Whether a value follows."""
    repeats: bool
    """Whether it may be given again."""
    choices: tuple[str, ...] = ()
    """The only values there are, where there are few."""


@dataclass(frozen=True)
class Positional:
    """One argument without an option."""

    what: str
    """Its keyword."""
    repeats: bool
    """Whether several may be given."""


@dataclass(frozen=True)
class Grammar:
    """What a line may hold."""

    flags: tuple[Flag, ...]
    """Options."""
    verbs: Mapping[str, Grammar] = field(default_factory=dict)
    """Commands, each with a line of its own behind it."""
    help: str = ""
    """One clause on the command."""
    positionals: tuple[Positional, ...] = ()
    """Arguments without an option, in order."""

    def argument(self, at: int) -> Positional | None:
        """Find the argument that stands at a place, counted from 0."""
        if at < len(self.positionals):
            return self.positionals[at]
        return self.positionals[-1] if self.positionals and self.positionals[-1].repeats else None

    def flag(self, name: str) -> Flag | None:
        """Find an option by one of its spellings."""
        return next((flag for flag in self.flags if name in flag.names), None)


@dataclass(frozen=True)
class Completion:
    """What to offer, and what of the line it replaces."""

    fragment: str
    """End of the text before the cursor."""
    candidates: tuple[Candidate, ...] = ()
    """In the order in which they should be shown."""


_HELP = Flag(("-h", "--help"), "help", "show the options", takes_value=False, repeats=False)
"""Taken by the magics themselves, before their parsers."""
_OURS = re.compile(r"(?P<cell>%%hfjob)\s|\s*(?:[\w.,\s]+=\s*)?(?P<line>%hfjobs)\s")
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|\\$|"(?:\\.|[^"\\])*(?:"|\\?$)|'[^']*(?:'|$))+""", re.DOTALL)
_QUOTED = re.compile(r"""['"]""")


def grammar_of(parser: argparse.ArgumentParser) -> Grammar:
    """Read a grammar off a parser, so that both always know the same."""
    verbs: dict[str, Grammar] = {}
    flags: list[Flag] = []
    positionals: list[Positional] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - see above
            verbs = _verbs_of(action)
        elif action.help == argparse.SUPPRESS or action.dest == "token":  # a token on the line is refused
            continue
        elif action.option_strings:
            flags.append(_flag_of(action))
        else:
            positionals.append(Positional(action.dest, repeats=action.nargs in {"*", "+"}))
    if not any("--help" in flag.names for flag in flags):
        flags.append(_HELP)
    return Grammar(tuple(flags), verbs, positionals=tuple(positionals))


def _verbs_of(action: argparse._SubParsersAction[argparse.ArgumentParser]) -> dict[str, Grammar]:
    # Other names of a command share its parser; its help is kept under its first name alone.
    first = {id(inner): name for name, inner in reversed(action.choices.items())}
    helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - see above
    return {
        name: replace(grammar_of(inner), help=helps.get(first[id(inner)], "")) for name, inner in action.choices.items()
    }


def _flag_of(action: argparse.Action) -> Flag:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    choices = action.choices or (metavar.split("|") if "|" in metavar else ())
    return Flag(
        names=tuple(action.option_strings),
        what=action.dest,
        help=(action.help or "").replace("%%", "%"),
        takes_value=action.nargs != 0,
        repeats=isinstance(action, argparse._AppendAction),  # noqa: SLF001 - named nowhere else
        choices=tuple(str(choice) for choice in choices),
    )


def magic_line(before: str) -> tuple[str, str] | None:
    """Find the magic whose line the cursor is on.

    Parameters
    ----------
    before
        All of the cell before the cursor.

    Returns
    -------
    tuple of str, or None
        ``%%hfjob`` or ``%hfjobs`` and what stands behind it up to the cursor, continued lines
        joined; None on any other line.
    """
    lines = before.lstrip("\n").split("\n") if before.lstrip("\n").startswith("%%hfjob") else before.split("\n")
    start = len(lines) - 1
    while start and lines[start - 1].rstrip().endswith("\\"):
        start -= 1
    found = _OURS.match(lines[start])
    if found is None or (found["cell"] and start):
        return None
    joined = " ".join([line.rstrip()[:-1] for line in lines[start:-1]] + lines[-1:])
    return found["cell"] or found["line"], joined[found.end() :]


def split(text: str) -> tuple[list[str], str]:
    """Split a line that ends at the cursor: whole words, and the one being written as it stands."""
    raw = [match[0] for match in _WORD.finditer(text)]
    # A word still grows where text ends in it; behind a blank outside quotes a new one begins.
    current = raw.pop() if raw and text.endswith(raw[-1]) else ""
    return [_plain(word) for word in raw], current


def _plain(word: str) -> str:
    for closing in ("", "'", '"', "\\"):
        with contextlib.suppress(ValueError):
            return "".join(shlex.split(word + closing))
    return word


def complete(grammar: Grammar, text: str, sources: Sources) -> Completion:
    """Say what may stand at the end of `text`, the line without the magic's name."""
    words, current = split(text)
    if "--" in words:
        return Completion(current)
    local = "--local" in words
    grammar, words = _skip_verbs(grammar, words)
    if (value := _find_value(grammar, words, current)) is not None:
        return _values(*value, sources, local=local)
    if current.startswith("-"):
        return _offer_flags(grammar.flags, words, current)
    if grammar.verbs:
        verbs = (Candidate(name, verb.help) for name, verb in grammar.verbs.items())
        return Completion(current) if words else _fit(current, verbs)
    return _argument(grammar, words, current, sources, local=local)


def _skip_verbs(grammar: Grammar, words: list[str]) -> tuple[Grammar, list[str]]:
    while words and words[0] in grammar.verbs:
        grammar, words = grammar.verbs[words[0]], words[1:]
    return grammar, words


def _find_value(grammar: Grammar, words: Sequence[str], current: str) -> tuple[Flag, str] | None:
    """Find the option whose value is being written, and what there is of it."""
    if _is_value(grammar, words) and (flag := grammar.flag(words[-1])) is not None:
        return flag, current
    return _split_glued(grammar, current)


def _argument(grammar: Grammar, words: Sequence[str], current: str, sources: Sources, *, local: bool) -> Completion:
    """Argument without an option; options, where nothing is known of it and nothing is written."""
    given = [word for at, word in enumerate(words) if not word.startswith("-") and not _is_value(grammar, words[:at])]
    argument = grammar.argument(len(given))
    found = _offer(argument.what, current, sources, local=local) if argument else Completion(current)
    left = tuple(item for item in found.candidates if item.text not in given)
    return replace(found, candidates=left) if left or current else _offer_flags(grammar.flags, words, current)


def _is_value(grammar: Grammar, before: Sequence[str]) -> bool:
    """Whether what follows `before` is the value of an option."""
    if not before:
        return False
    flag = grammar.flag(before[-1])
    return flag is not None and flag.takes_value and not _is_value(grammar, before[:-1])


def _split_glued(grammar: Grammar, current: str) -> tuple[Flag, str] | None:
    """Take apart ``--flavor=a1`` and ``-eNAME``."""
    name, found, value = current.partition("=")
    flag = grammar.flag(name)
    if found and flag is not None and flag.takes_value and name.startswith("--"):
        return flag, value
    short = grammar.flag(current[:2])
    if short is not None and short.takes_value and len(current) > 2 and not current.startswith("--"):
        return short, current[2:]
    return None


def _offer_flags(flags: Iterable[Flag], words: Sequence[str], current: str) -> Completion:
    """Options that may still be given; the long spelling, the short one where it is being written."""
    given = {word.partition("=")[0] for word in words}
    open_flags = [flag for flag in flags if flag.repeats or not given.intersection(flag.names)]
    long = [Candidate(name, flag.help) for flag in open_flags for name in flag.names if name.startswith("--")]
    short = [Candidate(name, flag.help) for flag in open_flags for name in flag.names if not name.startswith("--")]
    return _fit(current, long + short if current.startswith("-") else long)


def _values(flag: Flag, raw: str, sources: Sources, *, local: bool) -> Completion:
    if flag.choices:
        return _fit(raw, (Candidate(choice) for choice in flag.choices))
    return _offer(flag.what, raw, sources, local=local)


def _offer(what: str, raw: str, sources: Sources, *, local: bool) -> Completion:
    quote = raw[:1] if _QUOTED.match(raw) else ""
    inside = raw[len(quote) :]
    typed = inside if quote else _plain(inside)
    found = (item for item in sources.values(what, typed=typed, local=local) if item.text.startswith(typed))
    if quote:
        return Completion(inside, tuple(found))
    return Completion(raw, tuple(Candidate(_escape(item.text), item.note) for item in found))


def _escape(text: str) -> str:
    """Text as one word of the line."""
    return re.sub(r"([\s\"'\\])", r"\\\1", text)


def _fit(current: str, candidates: Iterable[Candidate]) -> Completion:
    return Completion(current, tuple(item for item in candidates if item.text.startswith(current)))


# -- what the world's facts look like as candidates ------------------------------------------------

_SECRET = re.compile(r"(^|_)(TOKEN|KEY|SECRET|PASSWORD|PAT)$", re.IGNORECASE)
_USUAL = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def secret_names(environment: Iterable[str], *, logged_in: bool) -> list[Candidate]:
    """Names that look like secrets, never a value; HF_TOKEN first where there is one to send."""
    names = {name for name in environment if _SECRET.search(name) and _USUAL.fullmatch(name)}
    hub = ["HF_TOKEN"] if logged_in or "HF_TOKEN" in names else []
    where = "set here" if "HF_TOKEN" in names else "from hf auth login"
    return [Candidate(name, where) for name in hub] + [Candidate(name, "set here") for name in sorted(names - {*hub})]


def variable_names(environment: Iterable[str]) -> list[Candidate]:
    """Names of variables that a job may get; those that look like secrets belong to ``--secrets``."""
    return [
        Candidate(name, "set here")
        for name in sorted(environment)
        if _USUAL.fullmatch(name) and not _SECRET.search(name)
    ]


def job_ids(jobs: Iterable[JobFacts]) -> list[Candidate]:
    """Jobs by id, each once, with stage and name."""
    return list({job.id: Candidate(job.id, f"{job.stage.lower()} · {job.name}") for job in jobs}.values())


def scheduled_ids(jobs: Iterable[ScheduledFacts]) -> list[Candidate]:
    """Scheduled jobs by id, with when they start and their name."""
    return [
        Candidate(job.id, f"{'suspended' if job.suspended else in_words(job.schedule)} · {job.name}") for job in jobs
    ]
