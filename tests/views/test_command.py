"""The command that starts the same job from a terminal is one that hf's own parser takes, and holds no secret."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.line import read_line
from hfjobs_magic.options.run_options import RunOptions, from_keywords
from hfjobs_magic.script.script import from_cell, from_source
from hfjobs_magic.views.command import hf_command

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
    command = hf_command("mine", ODD, from_source("print(1)"))
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
    command = hf_command("mine", RunOptions(secrets=("HF_TOKEN",)), from_source("print(1)"))
    assert command == "hf jobs uv run --secrets HF_TOKEN mine.py"


def test_packages_that_the_imports_need_are_named():
    script = from_cell("import rich\n", magic_line="%%hfjob")
    command = hf_command("mine", RunOptions(), script)
    assert command.count("rich") == (1 if script.extra else 0)


def test_a_job_of_which_not_all_is_known_has_none():
    assert hf_command("mine", None, from_source("print(1)")) == ""
    assert hf_command("mine", RunOptions(), None) == ""
