"""The command that starts the same job from a terminal is one that hf's own parser takes, and holds no secret."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from hfjobs_magic.magics.commands.run import UV_RUN, command_of
from hfjobs_magic.magics.commands.run import read as read_uv_run
from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.line import read_line
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.options.words import split_line
from hfjobs_magic.script.script import from_cell, from_source
from hfjobs_magic.views.command import start_command

if TYPE_CHECKING:
    import pytest

ODD = from_keywords(
    {
        "flavor": "t4-small",
        "dependencies": ["torch>=2,<3"],
        "env": {"GREETING": "it's $HOME; rm"},
        "secrets": ["HF_TOKEN"],
        "labels": ["team=nlp"],
        "timeout": "90m",
        "attempts": 2,
        "ssh": True,
        "detach": True,
        "local": True,
        "script_args": ["--lr", "1e-3 or so"],
    }
)


def test_what_is_written_for_a_shell_is_read_as_the_same_options():
    command = start_command("mine", ODD, from_source("print(1)"))
    words = shlex.split(command)
    assert words[:4] == ["hf", "jobs", "uv", "run"]
    assert words[words.index("mine.py") :] == ["mine.py", "--lr", "1e-3 or so"]
    own = shlex.join(words[4 : words.index("mine.py")])
    read = resolve([Layer("line", read_line(own))])
    for name in ("flavor", "dependencies", "env", "secrets", "labels", "timeout", "attempts", "ssh"):
        assert getattr(read, name) == getattr(ODD, name), name
    assert "--local" not in words
    assert "--detach" not in words


def test_a_secret_is_named_and_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret_value")
    command = start_command("mine", RunOptions(secrets=("HF_TOKEN",)), from_source("print(1)"))
    assert command == "hf jobs uv run --secrets HF_TOKEN mine.py"


def test_the_line_of_a_local_job_starts_a_local_job():
    options = replace(ODD, env=(*ODD.env, 'TABLE={"lr": 1}', "NAME={lr}"), script_args=(*ODD.script_args, "$HOME"))
    line = start_command("mine", options, from_source("print(1)"), endpoint="http://127.0.0.1:1", local=True)
    magic, _, words = line.partition(" ")
    assert magic == "%hfjobs"
    read_line_of = split_line(words)
    command = command_of(read_line_of.words)
    assert command is UV_RUN
    # Of a notebook in which the same names are variables.
    read = read_uv_run(command, read_line_of.after(len(command.words)), {"lr": 1e-3, "HOME": "/home/me"})
    assert read.given["local"] is True
    assert (read.what, read.rest) == ("mine.py", options.script_args)
    assert read.given["env"] == list(options.env)
    assert "HF_TOKEN" in read.given["secrets"]


def test_a_line_that_a_notebook_could_not_hold_is_not_offered():
    options = RunOptions(env=("TEXT=one\ntwo",))
    assert start_command("mine", options, from_source("print(1)"), local=True) == ""
    assert start_command("mine", options, from_source("print(1)")).startswith("hf jobs uv run")


def test_of_another_hub_its_address_is_named():
    command = start_command("mine", RunOptions(), from_source("print(1)"), endpoint="https://hub.test")
    assert command == "HF_ENDPOINT=https://hub.test hf jobs uv run mine.py"


def test_packages_that_the_imports_need_are_named():
    script = from_cell("import rich\n", magic_line="%%hfjob")
    command = start_command("mine", RunOptions(), script)
    assert command.count("rich") == (1 if script.extra else 0)


def test_a_job_of_which_not_all_is_known_has_none():
    assert start_command("mine", None, from_source("print(1)")) == ""
    assert start_command("mine", RunOptions(), None) == ""
