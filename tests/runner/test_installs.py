"""``!pip install`` in a job: answered when nothing else is on the line."""

from __future__ import annotations

import pytest

from hfjobs_magic.runner.installs import answer


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
