"""Expressions on the lines of `%%hfjob` and `%hfjobs`, in a real IPython and on a real local service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.errors import OptionError
from tests.magics.test_hfjob import count_jobs, run_cell
from tests.magics.test_hfjobs import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service

NAMES = {"cfg": {"lr": 3e-4}, "lr": 0.00012345, "name": "run", "image": "python:3.12"}


@pytest.fixture(autouse=True)
def _names(shell: InteractiveShell) -> Iterator[None]:
    shell.user_ns.update(NAMES)
    yield
    for name in NAMES:
        shell.user_ns.pop(name, None)


def test_a_cells_line_takes_expressions_and_leaves_json_alone(shell: InteractiveShell, local: Service):
    run_cell(
        shell,
        "--local --detach --as job -e LR={cfg['lr']} -e SHORT={lr:.1e} --name {name.upper()} "
        """-e 'CFG={"a": 1, "lr": {lr:.1e}}' -- {name}-$name '$name' {{name}}""",
        "import os, sys\nprint(os.environ['LR'], os.environ['SHORT'], os.environ['CFG'], sys.argv[1:])\n",
    )
    job: Job = shell.user_ns["job"]
    assert job.name == "RUN"
    assert list(job.wait(timeout=120).logs()) == [
        "0.0003 1.2e-04 {\"a\": 1, \"lr\": 1.2e-04} ['run-run', '$name', '{name}']"
    ]


def test_a_failing_expression_sends_nothing(shell: InteractiveShell, local: Service):
    before = count_jobs(local)
    with pytest.raises(OptionError, match=r"\{cfg\['wd'\]\} failed with KeyError: 'wd'"):
        run_cell(shell, "--local -e WD={cfg['wd']}")
    with pytest.raises(OptionError, match="There is no variable 'epochs'"):
        run_cell(shell, "--local -- {epochs}")
    assert count_jobs(local) == before


def test_in_a_function_its_own_variables_come_first(shell: InteractiveShell, local: Service):
    job = hfjobs_magic.run("print('hi')", local=True).wait(timeout=120)
    shell.user_ns.update(jid="of the notebook")
    code = (
        "def read(jid, image='python:3.12'):\n"
        "    %hfjobs logs --local $jid\n"
        "    %hfjobs run --local --detach --as started {image} echo {jid}\n"
        f"read('{job.id}')\n"
    )
    result = shell.run_cell(code)
    result.raise_error()
    assert list(shell.user_ns["started"].wait(timeout=120).logs()) == [job.id]
    with pytest.raises(OptionError, match="of the notebook"):
        shell.run_cell("%hfjobs logs --local $jid").raise_error()


def test_every_verb_takes_expressions(shell: InteractiveShell, local: Service, tmp_path: Path):
    job = hfjobs_magic.run("print('hi')", local=True).wait(timeout=120)
    shell.user_ns.update(job=job, jid=job.id)
    assert shown(shell, "logs --local $jid")["text/plain"] == "hi"
    assert '"stage": "COMPLETED"' in shown(shell, "inspect --local {job.id}")["text/plain"]
    assert shown(shell, "logs --local {[job.id][0]}")["text/plain"] == "hi"
    with pytest.raises(OptionError, match="There is no variable 'nope'"):
        shown(shell, "logs --local {nope}")
    text = shown(shell, "run --local --dry-run --name {name} {image} bash -c 'echo $HOME' {lr:.1e}")["text/plain"]
    assert "python:3.12" in text
    assert """bash -c 'echo $HOME' 1.2e-04""" in text
    (tmp_path / "x.py").write_text("print(1)\n")
    shell.user_ns["path"] = tmp_path / "x.py"
    assert "--lr 0.0003" in shown(shell, "uv run --local --dry-run {path} --lr {cfg['lr']}")["text/plain"]
    shell.user_ns.pop("path")
    shell.user_ns.pop("jid")


def test_a_pasted_line_is_answered_with_what_to_write(shell: InteractiveShell):
    with pytest.raises(OptionError, match="Write --all"):
        shown(shell, "ls \N{EM DASH}all")
    with pytest.raises(OptionError, match="Write --flavor"):
        run_cell(shell, "\N{EN DASH}flavor t4-small")
