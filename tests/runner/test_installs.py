"""``!pip install`` in a job: answered, whatever else is on the line."""

from __future__ import annotations

import pytest

from hfjobs_magic.runner.installs import answer, answer_parts


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("pip install -q rich 'x>1'", "rich x>1"),
        ("pip install rich && pip install x", "rich x"),
        ("pip install rich; pip install x", "rich x"),
        ("pip install rich > /dev/null 2>&1", "rich"),
        ("pip install rich 2>&1 | tail -n 1 && uv pip install x", "rich x"),
        ("CMAKE_ARGS='-DA=on -DB' A=1 pip install rich", "rich"),
        ("sudo -H /usr/bin/python3 -m pip install rich", "rich"),
        ("pip -q install rich", "rich"),
    ],
)
def test_lines_that_only_install_do_nothing(line: str, names: str):
    assert answer(line) == f"{names}: installed with the job's other packages, before it began."


@pytest.mark.parametrize(
    "line", ["ls", "pip list", "apt-get install x && pip install y", "pip install x & ls", "ls; pip"]
)
def test_others_are_run(line: str):
    assert answer(line) is None


@pytest.mark.parametrize(
    ("line", "run"),
    [
        ("cd /tmp && pip install rich", "cd /tmp && echo 'rich{said}'"),
        ("pip install -q rich | tail -n 1; ls", "echo 'rich{said}' ; ls"),
        ("apt-get install x && pip install y || exit 1", "apt-get install x && echo 'y{said}' || exit 1"),
        ("ls && pip list", "ls && pip list"),
        ("echo 'a && pip install b'", "echo 'a && pip install b'"),
        ("pip install x & ls", "pip install x & ls"),
    ],
)
def test_what_else_is_on_a_line_is_run(line: str, run: str):
    # As `shlex.quote` has the apostrophe.
    said = """: installed with the job'"'"'s other packages, before it began."""
    assert answer_parts(line) == run.format(said=said)
