"""The table of options beside the installed `hf jobs uv run --help`: a new option upstream is noticed here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hfjobs_magic.options.table import HUB, OPTIONS, OURS

OF_THE_COMMAND_LINE = {"-h", "--help", "--token", "--format", "--json", "-q", "--quiet"}
"""How it prints, and its login."""


@pytest.fixture(scope="module")
def upstream() -> set[str]:
    hf = Path(sys.executable).with_name("hf")
    command, wide = [hf, "jobs", "uv", "run", "--help"], {**os.environ, "COLUMNS": "200"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=wide)
    rows = re.findall(r"(?m)^ {2}((?:-\w, )?--[\w-]+)", done.stdout)
    return {flag for row in rows for flag in row.split(", ")} - OF_THE_COMMAND_LINE


def test_the_table_has_every_option_of_hf_jobs_uv_run_to_the_letter(upstream: set[str]):
    assert len(upstream) > 20
    ours = {flag for option in HUB for flag in option.flags}
    assert ours == upstream


def test_ours_collide_with_none(upstream: set[str]):
    ours = [flag for option in OURS for flag in option.flags]
    assert upstream.isdisjoint(ours)
    flags = [flag for option in OPTIONS for flag in option.flags]
    assert len(flags) == len(set(flags))
