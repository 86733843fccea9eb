"""``%%hfjob -i``: values of the notebook, in a real IPython with real jobs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.utils.capture import capture_output

from hfjobs_magic.errors import OptionError
from hfjobs_magic.magics.completion.notebook_names import input_names, output_names
from hfjobs_magic.values.table import NAMES
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job

LOCAL = f"--local -p {sys.executable}"


@pytest.fixture(autouse=True)
def _own_names(shell: InteractiveShell) -> Iterator[None]:
    before = set(shell.user_ns)
    shell.run_cell("import numpy as np, pandas as pd\ndf = pd.DataFrame({'x': range(3)})\n").raise_error()
    shell.run_cell("scale = 2\ndef total(frame):\n    return int(frame.x.sum()) * scale\n").raise_error()
    yield
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]


def submit(shell: InteractiveShell, line: str, cell: str) -> Job:
    with capture_output():
        shell.run_cell_magic("hfjob", f"{LOCAL} --as job {line}", cell)
    job: Job = shell.user_ns["job"]
    job.follow()
    wait_until(lambda: job.facts.is_terminal)
    return job


def test_data_goes_along_with_the_code_that_uses_it(shell: InteractiveShell, local):
    job = submit(shell, "-i df,scale -i n=len(df)+1", "print(total(df), n, scale)\n")
    assert list(job.logs()) == ["6 4 2"]
    assert job.script is not None
    assert job.script.brought == ("total",), "a name under -i is not also a definition"


def test_a_plan_says_what_goes_how_large_and_as_what(shell: InteractiveShell, local):
    with capture_output() as shown:
        shell.run_cell_magic("hfjob", "--local --dry-run -i df -i half=np.zeros(4)", "print(df, half)\n")
    text = shown.outputs[0].data["text/plain"]
    assert "Values sent" in text
    assert "df (pandas.DataFrame as parquet, " in text
    assert "half (numpy.ndarray as npy, 160 B); " in text
    assert "pandas (for -i df)" in text
    assert "pyarrow (for -i df)" in text
    assert "numpy (for -i half)" in text


def test_large_values_are_asked_about(shell: InteractiveShell, local, monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "n")
    line = f"{LOCAL} --max-input 1kB -i large=np.zeros(1000)"
    with pytest.raises(OptionError, match=r"-i take up 8\.1 kB, large 8\.1 kB of that\. Nothing was submitted"):
        shell.run_cell_magic("hfjob", line, "print(large.sum())\n")
    assert asked == ["The values of -i take up 8.1 kB, large 8.1 kB of that. Send them? [y/N] "]
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("--yes was given"))
    job = submit(shell, "--yes --max-input 1kB -i large=np.zeros(1000)", "print(large.sum())\n")
    assert list(job.logs()) == ["0.0"]


def test_names_of_the_notebook_are_offered_with_type_and_size():
    names = {
        "df": pd.DataFrame({"x": range(3)}),
        "cfg": {"lr": 1},
        "np": np,
        "_private": 1,
        "total": len,
        "it": object(),
    }
    assert [(item.text, item.note) for item in input_names(names, "")] == [
        ("cfg", "dict, 1 item"),
        ("df", "DataFrame, 3 × 1, 156 B"),
    ]
    assert [item.text for item in input_names(names, "df,")] == ["df,cfg"]
    assert not list(input_names(names, "x=d"))
    assert [item.text for item in input_names(names, "cfg,df:")] == ["cfg,df:parquet", "cfg,df:pickle"]
    assert [item.text for item in input_names(names, "it:")] == ["it:pickle"]
    assert not list(input_names(names, "nobody:"))
    assert not list(input_names(names, "x=df:"))


def test_formats_of_a_value_of_the_job_are_all_that_there_are():
    assert [item.text for item in output_names({}, "loss,acc:")] == [f"loss,acc:{name}" for name in NAMES]
    for typed in ("acc", "acc,", ":", "a b:", "best={1: 2}", "best=x[1:"):
        assert not list(output_names({}, typed)), typed


def test_tab_offers_them(shell: InteractiveShell):
    line = "%%hfjob -i d"
    with provisionalcompleter():
        assert "df" in {item.text for item in shell.Completer.completions(line, len(line))}
    for line, formats in (("%%hfjob -i df:", {"df:parquet", "df:pickle"}), ("%%hfjob -o a,acc:np", {"a,acc:npy"})):
        with provisionalcompleter():
            assert formats <= {item.text for item in shell.Completer.completions(line, len(line))}
