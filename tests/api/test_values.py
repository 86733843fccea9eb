"""Values of jobs, brought back from real jobs of the local service."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from huggingface_hub import HfApi

import hfjobs_magic
from hfjobs_magic.api.sweep_results import SweepValue
from hfjobs_magic.errors import (
    CellError,
    FilesError,
    JobFailedError,
    OptionError,
    ValueUnavailableError,
    WaitTimedOutError,
)
from hfjobs_magic.magics.hfjobs import HfJobsMagic
from hfjobs_magic.options.value_names import parse_value
from hfjobs_magic.script.names.cell_names import Notebook, bring
from hfjobs_magic.script.names.inputs import choose_inputs
from tests.waiting import UNTIL_TOLD, tell

if TYPE_CHECKING:
    from collections.abc import Callable
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
    attached = hfjobs_magic.attach(job.id, local=True).values["other"]
    for other in (values["other"], attached):
        with pytest.raises(ValueUnavailableError, match="not asked for other: it gives back cfg, grid, model, best"):
            other.get()


def test_a_frame_and_a_data_set_come_back(local):
    code = "import pandas, datasets\ndf = pandas.DataFrame({'x': [1, 2], 'y': ['a', None]}, index=['r', 's'])\n"
    code += "rows = datasets.Dataset.from_pandas(df, split='train')\n"
    job = run(code, "df", "rows", python=sys.executable).wait(timeout=TIMEOUT_S)
    frame, rows = job.values["df"].get(), job.values["rows"].get()
    assert (rows["x"][:], rows.split) == ([1, 2], "train")
    pd.testing.assert_frame_equal(frame, pd.DataFrame({"x": [1, 2], "y": ["a", None]}, index=["r", "s"]))


def test_a_value_comes_back_to_whoever_attaches(local):
    job = run("acc = 0.5\n", "acc").wait(timeout=TIMEOUT_S)
    assert hfjobs_magic.attach(job.id, local=True).values["acc"].get() == 0.5


def test_a_handle_says_what_it_is_and_waits(local, tmp_path: Path):
    go = tmp_path / "go"
    job = run(f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\nacc = [1]\n", "acc")
    acc = job.values["acc"]
    assert repr(acc).startswith("<acc of job cell-")
    uses: list[Callable[[], object]] = [lambda: acc + 1, lambda: acc[0], lambda: len(acc), lambda: float(acc)]
    uses += [lambda: f"{acc:.2f}", lambda: acc == [1], lambda: acc != [1], lambda: np.asarray(acc), lambda: np.sum(acc)]
    for use in uses:
        with pytest.raises(ValueUnavailableError, match=r"acc is a handle .* `acc\.get\(\)` or `await acc`"):
            use()
    with pytest.raises(AttributeError, match="shape: acc is a handle"):
        _ = acc.shape
    with pytest.raises(ValueUnavailableError, match=r"acc is a value of job .*, which is (SCHEDULING|RUNNING)"):
        _ = acc.size
    with pytest.raises(WaitTimedOutError):
        acc.get(timeout=0.05)
    # No format takes a handle, and no pickle has its value.
    way = r"a value of job cell-\w+ \((SCHEDULING|RUNNING)\) that is not here yet; `acc = acc\.get\(\)` waits for it"
    for wanted in ("acc", "acc:pickle", "acc:json"):
        with pytest.raises(OptionError, match=rf"-i acc is {way}"):
            choose_inputs(parse_value(wanted, "-i"), {"acc": acc})
    with pytest.raises(CellError, match=rf"Line 1 uses acc, {way}"):
        bring(ast.parse("acc"), "acc", Notebook({"acc": acc}))
    inside = r"holds acc of job cell-\w+ \((SCHEDULING|RUNNING)\), which is not here yet; put acc\.get\(\) there"
    for holder in ([1, acc], {"best": {"of": acc}}, ((acc,),)):
        for wanted in ("cfg", "cfg:pickle"):
            with pytest.raises(OptionError, match=rf"-i cfg {inside}"):
                choose_inputs(parse_value(wanted, "-i"), {"cfg": holder})
        with pytest.raises(CellError, match=rf"Line 1 uses cfg \(.*\), which {inside}"):
            bring(ast.parse("cfg"), "cfg", Notebook({"cfg": holder}))
    go.touch()

    async def wait() -> list[int]:
        return await acc

    assert asyncio.run(wait()) == [1]
    assert repr(acc) == f"<acc of job {job.name}: list, 3 B>"


@pytest.mark.parametrize("attached", [False, True])
def test_a_name_that_was_not_asked_for_is_refused_while_the_job_runs(local, attached: bool):
    job = run(f"{UNTIL_TOLD}acc = 1\n", "acc")
    handle = hfjobs_magic.attach(job.id, local=True) if attached else job
    sentence = r"was not asked for nosuch: it gives back acc\. Run the cell again with -o nosuch"
    with pytest.raises(ValueUnavailableError, match=sentence):
        handle.values["nosuch"].get()
    with pytest.raises(ValueUnavailableError, match=sentence):
        asyncio.run(handle.values["nosuch"]._get_async())
    assert list(handle.values) == ["acc"]
    tell(local, job.id)
    assert handle.values["acc"].get(timeout=TIMEOUT_S) == 1


def test_what_was_deleted_or_damaged_is_said_to_be(local):
    job = run(
        "import os\nopen('results/a', 'w').close()\nacc, other, late = 1, 2, 3\n", "acc,other,late", out_dir="results"
    )
    job.wait(timeout=TIMEOUT_S)
    late = job.values["late"]
    assert late.size == 1
    api = HfApi(endpoint=local.endpoint, token=local.token)
    bucket, folder = f"{local.namespace}/jobs-artifacts", job.facts.folder.split("/", 2)[2]
    api.batch_bucket_files(
        bucket, add=[(b"{", f"{folder}/values/1/acc.json"), (b"33", f"{folder}/values/1/late/value.json")]
    )
    with pytest.raises(ValueUnavailableError, match=r"value\.json was deleted from its job's folder, or changed"):
        late.get()
    newer = b'{"version": 99, "name": "late"}'
    api.batch_bucket_files(bucket, add=[(newer, f"{folder}/values/1/late.json")])
    with pytest.raises(ValueUnavailableError, match=r"^late was written by a newer version of .*%pip install -U"):
        job.values["late"].get()
    lists = {
        b"no json": r"The list of files of job \S+ is damaged\. `%hfjobs rerun",
        b'{"version": 1, "files": [{"path": "../a"}, {"path": "b", "size": "x"}]}': r"is damaged \(2 entries ignored\)",
        b'{"version": 2}': r"The list of files of job \S+ was written by a newer version",
    }
    for content, sentence in lists.items():
        api.batch_bucket_files(bucket, add=[(content, f"{folder}/files.json")])
        assert re.search(sentence, repr(job.files)), repr(job.files)
        with pytest.raises(FilesError, match=sentence):
            job.files.pull()
    api.batch_bucket_files(bucket, delete=[f"{folder}/values/1/other.json"])
    again = rf"`%hfjobs rerun {job.id} --local` runs the job again\.$"
    with pytest.raises(ValueUnavailableError, match=rf"acc is damaged: its manifest makes no sense\. {again}"):
        job.values["acc"].get()
    with pytest.raises(ValueUnavailableError, match=rf"other is missing in the folder of job .* {again}"):
        job.values["other"].get()
    assert job.values.say_missing().startswith(f"Missing in the folder of job {job.name}: other.")
    HfJobsMagic(None).hfjobs(f"clean {job.id} --yes --local")
    for name in ("acc", "other"):
        with pytest.raises(ValueUnavailableError, match=rf"{name} was deleted with everything .* had left\. {again}"):
            job.values[name].get()
    assert re.search(rf"was deleted, its values too: acc, other, late\. {again}", job.values.say_missing())
    files = job.files
    assert re.search(rf"was deleted, its files too\. {again}", repr(files))
    with pytest.raises(FilesError, match="was deleted, its files too"):
        files.pull()


@pytest.mark.parametrize("end", ["os._exit(3)", "os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"])
def test_a_job_whose_process_is_ended_says_what_became_of_its_values(local, end: str):
    code = f"import os\nopen('results/a', 'w').close()\nacc = 1\n{end}\n"
    job = run(code, "acc", out_dir="results")
    with pytest.raises(JobFailedError, match=r"its process was ended before, and acc with it\. `job\.files` has"):
        job.values["acc"].get(timeout=TIMEOUT_S)
    assert [file.path for file in job.files] == ["a"]
    assert job.values.say_missing() == f"Job {job.name} ended in ERROR before it sent acc."


def test_a_process_that_leaves_with_code_0_says_what_became_of_its_values(local):
    job = run("import os\nacc = 1\nos._exit(0)\n", "acc").wait(timeout=TIMEOUT_S)
    sentence = r"acc did not come back\. Values are sent when the cell ends; its process was ended before, and acc with"
    for one in (job, hfjobs_magic.attach(job.id, local=True)):
        with pytest.raises(ValueUnavailableError, match=sentence):
            one.values["acc"].get()
        assert one.values.say_missing().startswith(f"Job {job.name} sent no acc. Values are sent when the cell ends;")


def test_a_job_that_fails_gives_what_was_there_and_its_own_error_for_the_rest(local):
    job = run("before = 1\nraise KeyError('gone')\nafter = 2\n", "before", "after", "sum=before + 1")
    assert job.values["before"].get() == 1
    for name in ("after", "sum"):
        with pytest.raises(JobFailedError, match=rf"KeyError: 'gone'.* By then there was no {name}\.$") as raised:
            job.values[name].get()
        assert isinstance(raised.value, KeyError)
    with pytest.raises(ValueUnavailableError, match=r"^after is a handle .* KeyError: 'gone'.* there was no after"):
        job.values["after"] + 1
    with pytest.raises(ValueUnavailableError, match=r"^before is a handle .* or `await before` gives it\.$"):
        job.values["before"] + 1
    with pytest.raises(OptionError, match=r"-i after is a value of job .* \(ERROR\) .* or says why it cannot come"):
        choose_inputs(parse_value("after", "-i"), {"after": job.values["after"]})


def test_what_a_sweep_gives_is_no_value_to_send():
    with pytest.raises(OptionError, match=r"-i acc is the values of a sweep's runs; `acc = acc\.get\(\)` waits"):
        choose_inputs(parse_value("acc:pickle", "-i"), {"acc": SweepValue(None, "acc")})


def test_a_value_that_was_changed_on_the_way_is_refused(local):
    job = run("acc = 0.5\n", "acc").wait(timeout=TIMEOUT_S)
    acc = job.values["acc"]
    file = acc.path / "value.json"
    file.write_text("0.9")
    assert acc.get() == 0.5, "what is here and wrong is fetched again"
    assert json.loads(file.read_text()) == 0.5


def test_only_cells_give_values_back(local):
    with pytest.raises(OptionError, match="outputs brings back values of a cell"):
        run("# /// script\n# dependencies = []\n# ///\nacc = 1\n", "acc")
    with pytest.raises(OptionError, match="outputs needs IPython in the job"):
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
