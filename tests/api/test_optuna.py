"""The loop of docs/sweeps.md that asks Optuna for the next run, as it stands there but for where it runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna

if TYPE_CHECKING:
    import pytest

    from hfjobs_magic.local.daemon import Service

PAGE = Path(__file__).parents[2] / "docs" / "sweeps.md"


def test_the_documented_loop_learns_from_what_its_jobs_give_back(local: Service, capsys: pytest.CaptureFixture[str]):
    (code,) = re.findall(r"```python\n(import time\n.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    first = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0)).ask()
    lr = first.suggest_float("lr", 1e-5, 1e-1, log=True)
    for there, here in (
        ("TRIALS, AT_ONCE = 40, 4", "TRIALS, AT_ONCE = 4, 2"),
        ('flavor="t4-small", timeout="30m"', "local=True"),
        # One of them fails.
        ("loss = (lr", f"assert lr != {lr!r}\nloss = (lr"),
    ):
        assert code.count(there) == 1, there
        code = code.replace(there, here)
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    trials = names["study"].trials
    assert [trial.state.name for trial in trials] == ["FAIL", "COMPLETE", "COMPLETE", "COMPLETE"]
    for trial in trials[1:]:
        chosen = trial.params
        assert trial.value == (chosen["lr"] - 0.01) ** 2 + 0.1 / chosen["layers"]
    said = capsys.readouterr().out
    assert "AssertionError" in said
    assert str(names["study"].best_params) in said
