"""Words before the cursor to candidates, without IPython and without a Hub."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.magics.completion.grammar import (
    Candidate,
    complete,
    grammar_of,
    job_ids,
    magic_line,
    secret_names,
    split,
    variable_names,
)
from hfjobs_magic.options.line import parser
from hfjobs_magic.options.table import OPTIONS
from tests.fakes import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterable

LINE = grammar_of(parser())


class World:
    """Fixed values, two an option, and a note of what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, bool]] = []

    def values(self, what: str, *, typed: str, local: bool) -> Iterable[Candidate]:
        self.asked.append((what, typed, local))
        return {
            "flavor": [Candidate("a10g-small", "$1.00/h"), Candidate("t4-small", "$0.40/h")],
            "secrets": [Candidate("HF_TOKEN"), Candidate("MY_KEY")],
            "env_file": [Candidate("my vars"), Candidate("vars")],
            "job_ids": [Candidate("aaa"), Candidate("bbb")],
            "job_id": [Candidate("aaa"), Candidate("bbb")],
        }.get(what, [])


def texts(line: str, grammar=LINE) -> list[str]:
    return [item.text for item in complete(grammar, line, World()).candidates]


def commands() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(add_help=False)
    verbs = made.add_subparsers(dest="verb")
    verbs.add_parser("ls", aliases=["ps"], help="list jobs", add_help=False).add_argument("-a", action="store_true")
    verbs.add_parser("cancel", add_help=False).add_argument("job_ids", nargs="+")
    verbs.add_parser("logs", add_help=False).add_argument("job_id")
    inner = verbs.add_parser("scheduled", add_help=False).add_subparsers(dest="verb")
    inner.add_parser("suspend", add_help=False).add_argument("--format", choices=("json", "quiet"))
    return made


COMMANDS = grammar_of(commands())


def test_an_empty_line_offers_every_option_of_the_table_with_its_help():
    offered = {item.text: item.note for item in complete(LINE, "", World()).candidates}
    for option in OPTIONS:
        long = [flag for flag in option.flags if flag.startswith("--")]
        assert {offered[flag] for flag in long} == {option.help}
    assert offered["--help"] == "show the options"


@pytest.mark.parametrize(
    ("line", "fragment", "offered"),
    [
        ("--fl", "--fl", ["--flavor"]),
        ("--flavor", "--flavor", ["--flavor"]),
        ("--flavor ", "", ["a10g-small", "t4-small"]),
        ("--flavor=", "", ["a10g-small", "t4-small"]),
        ("--flavor=t", "t", ["t4-small"]),
        ("--flavor a1", "a1", ["a10g-small"]),
        ("--flavor 'a1", "a1", ["a10g-small"]),
        ("--flavor x", "x", []),
        ("--wait --secrets MY", "MY", ["MY_KEY"]),
        ("-s ", "", ["HF_TOKEN", "MY_KEY"]),
        ("-sH", "H", ["HF_TOKEN"]),
        ("--env-file ", "", [r"my\ vars", "vars"]),
        (r"--env-file my\ v", r"my\ v", [r"my\ vars"]),
        ("--env-file 'my v", "my v", ["my vars"]),
        ("-", "-", None),
        ("--name ", "", []),
        ("--name --fl", "--fl", []),
        ("-- ", "", []),
        ("-- --fl", "--fl", []),
        ("train", "train", []),
    ],
)
def test_what_stands_at_the_cursor_decides(line: str, fragment: str, offered: list[str] | None):
    found = complete(LINE, line, World())
    assert found.fragment == fragment
    if offered is not None:
        assert [item.text for item in found.candidates] == offered


def test_a_lone_dash_offers_short_spellings_too():
    assert {"-e", "--env", "-d"} <= set(texts("-"))
    assert "-e" not in texts("")


def test_an_option_is_offered_once_unless_it_may_be_repeated():
    offered = texts("--flavor t4-small --timeout=10m -e A=1 -d --")
    assert not {"--flavor", "--timeout", "--detach"} & set(offered)
    assert {"--env", "--image"} <= set(offered)


def test_only_the_value_at_the_cursor_is_asked_for():
    world = World()
    complete(LINE, "--local --flavor t4 --secrets ", world)
    assert world.asked == [("secrets", "", True)]


def test_a_line_of_commands_offers_commands_then_what_each_takes():
    assert texts("", COMMANDS) == ["ls", "ps", "cancel", "logs", "scheduled"]
    assert [item.note for item in complete(COMMANDS, "p", World()).candidates] == ["list jobs"]
    assert texts("ls -", COMMANDS) == ["--help", "-a", "-h"]
    assert texts("scheduled ", COMMANDS) == ["suspend"]
    assert texts("scheduled suspend --format ", COMMANDS) == ["json", "quiet"]
    assert texts("nonsense ", COMMANDS) == []


def test_jobs_are_offered_where_a_command_takes_one_and_each_once():
    assert texts("cancel ", COMMANDS) == ["aaa", "bbb"]
    assert texts("cancel aaa ", COMMANDS) == ["bbb"]
    assert texts("logs a", COMMANDS) == ["aaa"]
    assert texts("logs aaa ", COMMANDS) == ["--help"]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("%%hfjob --fl", ("%%hfjob", "--fl")),
        ("\n%%hfjob ", ("%%hfjob", "")),
        ("%%hfjob --flavor x \\\n --ti", ("%%hfjob", "--flavor x   --ti")),
        ("x = 1\n  jobs = %hfjobs ls", ("%hfjobs", "ls")),
        ("%hfjobs logs \\\n", ("%hfjobs", "logs  ")),
        ("%%hfjob", None),
        ("%%hfjobs ls", None),
        ("%%hfjob\nimport o", None),
        ("x = 1\n%%hfjob --fl", None),
        ("hfjobs = l", None),
        ("print('%hfjobs l", None),
        ("", None),
    ],
)
def test_the_line_of_a_magic_is_told_from_other_lines(before: str, found: tuple[str, str] | None):
    assert magic_line(before) == found


@pytest.mark.parametrize(
    ("text", "words", "current"),
    [
        ("a b", ["a"], "b"),
        ("a b ", ["a", "b"], ""),
        ("'a b' c", ["a b"], "c"),
        ("a 'b c", ["a"], "'b c"),
        (r"a\ b c\ ", ["a b"], "c\\ "),
        ('--x="a b" ', ["--x=a b"], ""),
        ("", [], ""),
    ],
)
def test_a_line_is_split_as_a_shell_would(text: str, words: list[str], current: str):
    assert split(text) == (words, current)


@given(st.text(alphabet=st.sampled_from("ab -='\"\\\n%{}$é\t")) | st.text(), st.sampled_from([LINE, COMMANDS]))
def test_no_line_is_too_strange(text: str, grammar):
    assert text.endswith(complete(grammar, text, World()).fragment)
    magic_line(text)
    magic_line(f"%%hfjob {text}")


def test_secrets_are_names_that_look_like_one_and_the_hubs_first():
    environment = {"HOME": "/x", "WANDB_API_KEY": "v1", "HF_TOKEN": "v2", "KEYBOARD": "de", "db_password": "v3"}
    found = secret_names(environment, logged_in=True)
    assert found == [
        Candidate("HF_TOKEN", "set here"),
        Candidate("WANDB_API_KEY", "set here"),
        Candidate("db_password", "set here"),
    ]
    assert secret_names({}, logged_in=True) == [Candidate("HF_TOKEN", "from hf auth login")]
    assert secret_names({}, logged_in=False) == []
    assert variable_names(environment) == [Candidate("HOME", "set here"), Candidate("KEYBOARD", "set here")]


def test_a_job_is_offered_once_with_its_stage_and_name():
    assert job_ids([FACTS, FACTS]) == [Candidate(FACTS.id, "scheduling · cell-1")]
