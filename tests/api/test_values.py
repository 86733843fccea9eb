"""Values of jobs, brought back from real jobs of the local service."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import hfjobs_magic
from hfjobs_magic.errors import JobFailedError, OptionError, ValueUnavailableError, WaitTimedOutError

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT_S = 120


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


# Jobs that need numpy or pandas run in the tests' own environment, which has them: nothing is downloaded.
def run(code: str, *outputs: str, **options) -> hfjobs_magic.Job:
    return hfjobs_magic.run(code, local=True, outputs=list(outputs), **options)


CODE = """\
import numpy as np
import pathlib
history = [0.5, 0.75, 0.7]
cfg = {"lr": 1e-3, "layers": (1, 2), 3: {4}}
grid = np.arange(6, dtype="f4").reshape(2, 3)
pathlib.Path("model").mkdir()
(pathlib.Path("model") / "weights.bin").write_bytes(bytes(range(256)))
model = pathlib.Path("model")
thing = object()
"""


def test_values_of_every_kind_come_back_and_the_others_say_why(local):
    wanted = ("cfg,grid,model", "best=max(history):json", "thing", "missing")
    job = run(CODE, *wanted, python=sys.executable).wait(timeout=TIMEOUT_S)
    values = job.values
    assert list(values) == ["cfg", "grid", "model", "best", "thing", "missing"]
    assert values["cfg"].get() == {"lr": 1e-3, "layers": (1, 2), 3: {4}}
    np.testing.assert_array_equal(values["grid"].get(), np.arange(6, dtype="f4").reshape(2, 3), strict=True)
    assert (values["model"].get() / "weights.bin").read_bytes() == bytes(range(256))
    assert values["best"].get() == 0.75
    assert (values["grid"].type, values["cfg"].type) == ("numpy.ndarray", "dict")
    for name, sentence in (("thing", "thing is of type object, which has no format"), ("missing", "NameError")):
        with pytest.raises(ValueUnavailableError, match=sentence):
            values[name].get()
    assert any(line.startswith("[values] thing is of type object") for line in job.logs())
    with pytest.raises(
        ValueUnavailableError, match=r"gave no value other back\. Ask for it on the line, as in -o other"
    ):
        values["other"].get()


def test_a_frame_comes_back(local):
    code = "import pandas\ndf = pandas.DataFrame({'x': [1, 2], 'y': ['a', None]}, index=['r', 's'])\n"
    job = run(code, "df", dependencies=["pyarrow"], python=sys.executable).wait(timeout=TIMEOUT_S)
    frame = job.values["df"].get()
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"x": [1, 2], "y": ["a", None]}, index=["r", "s"]))


def test_a_value_comes_back_to_whoever_attaches(local):
    job = run("acc = 0.5\n", "acc").wait(timeout=TIMEOUT_S)
    assert hfjobs_magic.attach(job.id, local=True).values["acc"].get() == 0.5


def test_a_handle_says_what_it_is_and_waits(local, tmp_path: Path):
    go = tmp_path / "go"
    job = run(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\nacc = [1]\n", "acc")
    acc = job.values["acc"]
    assert repr(acc).startswith("<acc of job cell-")
    for use in (lambda: acc + 1, lambda: acc[0], lambda: len(acc), lambda: float(acc), lambda: f"{acc:.2f}"):
        with pytest.raises(ValueUnavailableError, match=r"acc is a handle .* `acc\.get\(\)` or `await acc`"):
            use()
    with pytest.raises(AttributeError, match="shape: acc is a handle"):
        _ = acc.shape
    with pytest.raises(ValueUnavailableError, match=r"acc is a value of job .*, which is (SCHEDULING|RUNNING)"):
        _ = acc.size
    with pytest.raises(WaitTimedOutError):
        acc.get(timeout=0.05)
    go.touch()

    async def wait() -> list[int]:
        return await acc

    assert asyncio.run(wait()) == [1]
    assert repr(acc) == f"<acc of job {job.name}: list, 3 B>"


def test_a_job_that_fails_gives_what_was_there_and_its_own_error_for_the_rest(local):
    job = run("before = 1\nraise KeyError('gone')\nafter = 2\n", "before", "after", "sum=before + 1")
    assert job.values["before"].get() == 1
    for name in ("after", "sum"):
        with pytest.raises(JobFailedError, match="KeyError: 'gone'") as raised:
            job.values[name].get()
        assert isinstance(raised.value, KeyError)


def test_a_value_that_was_changed_on_the_way_is_refused(local):
    job = run("acc = 0.5\n", "acc").wait(timeout=TIMEOUT_S)
    acc = job.values["acc"]
    file = acc.path / "value.json"
    file.write_text("0.9")
    assert acc.get() == 0.5, "what is here and wrong is fetched again"
    assert json.loads(file.read_text()) == 0.5


def test_only_cells_give_values_back(local):
    with pytest.raises(OptionError, match="-o brings back values of a cell"):
        run("# /// script\n# dependencies = []\n# ///\nacc = 1\n", "acc")
    with pytest.raises(OptionError, match="-o needs IPython in the job"):
        run("acc = 1\n", "acc", script=True)


def test_reuse_tells_jobs_with_other_values_apart(local):
    one = run("acc, n = 1, 2\n", "acc").wait(timeout=TIMEOUT_S)
    assert run("acc, n = 1, 2\n", "acc", reuse=True).id == one.id
    assert run("acc, n = 1, 2\n", "n", reuse=True).wait(timeout=TIMEOUT_S).values["n"].get() == 2


def test_a_job_that_runs_again_gives_its_own_values(local):
    job = run("import os\nme = os.environ['JOB_ID']\n", "me").wait(timeout=TIMEOUT_S)
    again = job.rerun().wait(timeout=TIMEOUT_S)
    assert (job.values["me"].get(), again.values["me"].get()) == (job.id, again.id)


def test_a_long_argument_is_refused_in_a_sentence(local):
    with pytest.raises(OptionError, match="more than 255 bytes"):
        hfjobs_magic.run("print(1)\n", local=True, script_args=["x" * 256])
