"""What can be known to fail fails here: one sentence, and nothing was sent that could start a job or an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import BudgetError, CellError, HfJobsError, OptionError
from hfjobs_magic.local import daemon
from tests.counting import counted
from tests.magics.test_hfjob import run_cell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


@pytest.fixture
def asked(local: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """What the local service was asked, in order."""
    monkeypatch.chdir(tmp_path)
    with counted(local) as (service, requests):
        monkeypatch.setattr(daemon, "ensure", lambda: service)
        yield requests


REFUSALS = [
    ("--local", "  \n\n", CellError, "The cell is empty. Write the code to run below the %%hfjob line."),
    ("--local", "for x in\n", CellError, "SyntaxError at line 2: invalid syntax. Nothing was submitted."),
    ("--local --flavor t4-smal", "1\n", OptionError, "There is no flavor 't4-smal'. Did you mean t4-small?"),
    ("--local --flavor A10G-Small", "1\n", OptionError, "There is no flavor 'A10G-Small'. Did you mean a10g-small?"),
    ("--local --flavor a10g", "1\n", OptionError, "There is no flavor 'a10g'. Did you mean a10g-small or a10g-large?"),
    (
        "--local --with 'torch --index-url https://download.pytorch.org/whl/cpu'",
        "1\n",
        OptionError,
        "--with 'torch --index-url https://download.pytorch.org/whl/cpu': a requirement has no options such as "
        "--index-url. "
        "Write --with 'torch'; an index goes on the line, as in -e UV_INDEX=https://…",
    ),
    ("--local --flavor h1000", "1\n", OptionError, "There is no flavor 'h1000'."),
    ("--local -s NOT_SET_ANYWHERE", "1\n", OptionError, "The secret NOT_SET_ANYWHERE is not set here;"),
    ("--local -s KEY=value", "1\n", OptionError, "--secrets KEY=… would save the secret in the notebook."),
    ("--local -e NOT_SET_ANYWHERE", "1\n", OptionError, "--env NOT_SET_ANYWHERE: NOT_SET_ANYWHERE is not set"),
    ("--local -e 1A=1", "1\n", OptionError, "--env 1A: a variable's name"),
    ("--local -l a.b=c", "1\n", OptionError, "--label a.b=c: use ASCII letters"),
    ("--local --timeout soon", "1\n", OptionError, "--timeout soon is not a time."),
    (
        "--local --dry-run --flavor a10g-smal",
        "1\n",
        OptionError,
        "There is no flavor 'a10g-smal'. Did you mean a10g-small?",
    ),
    ("--local --env-file none.env", "1\n", OptionError, "--env-file none.env: there is no such file."),
    ("--local --secrets-file none.env", "1\n", OptionError, "--secrets-file none.env: there is no such file."),
    ("--local --secrets-file .", "1\n", OptionError, "--secrets-file . is a folder. Write the file with the lines"),
    (
        "--local --with requirements.txt",
        "1\n",
        OptionError,
        "--with requirements.txt is a file, not a package. Write %pip install -r requirements.txt in the cell.",
    ),
    (
        "--local -v hf://buckets/local/b:/data",
        "1\n",
        OptionError,
        "--volume hf://buckets/local/b:/data: /data is where",
    ),
    ("--local -v ./nowhere:/in", "1\n", OptionError, "--volume ./nowhere: there is no such folder here"),
    ("--local --dry-run -v ./nowhere:/in", "1\n", OptionError, "--volume ./nowhere: there is no such folder here"),
    ("--local -v hf://datasets/me/d:/in:rw", "1\n", OptionError, "--volume hf://datasets/me/d:/in:rw: only a"),
    ("--local --with ./nowhere", "1\n", CellError, "The job is to install ./nowhere, a path of this machine, which"),
    ("--local --map-file .", "1\n", OptionError, ". is a folder. Write the file, with its path."),
    ("--local --with 'not a requirement'", "1\n", OptionError, "--with not a requirement is not a requirement."),
    ("--local -- {x}", "%%bash\nls\n", HfJobsError, ""),
    ("--local --script", "!nvidia-smi\n", CellError, ""),
    ("--local --script", "x = !ls\n", CellError, ""),
    ("--local", "!conda install numpy\n", CellError, "Line 2: the job has no conda."),
    ("--local", "print(nowhere_to_be_found)\n", CellError, "Line 2 uses nowhere_to_be_found, which neither"),
    ("--local", "x = 1\n%%bash\necho hi\n", CellError, "Line 3 is a %%bash, which has to be the first line below"),
    ("--local", "if True:\n    %%time\n    y = 2\n", CellError, "Line 3 is a %%time, which has to be the first"),
    ("--local", "x = 1\n\n%%hfjob\ny = 2\n", CellError, "Line 4 is a %%hfjob, which has to be the first"),
    ("--local --script", "x = 1\n%%bash\necho hi\n", CellError, "Line 3"),
    *(
        (
            f"--local {flags}",
            "x = 1\nname = input('who? ')\n",
            CellError,
            "Line 3 calls input(), which fails: a job has no keyboard. Pass the value with -e NAME=VALUE, and read it "
            "from os.environ. Nothing was submitted.",
        )
        for flags in ("", "--script", "--dry-run", "--schedule @daily")
    ),
    (
        "--local",
        "from getpass import getpass\nkey = getpass()\n",
        CellError,
        "Line 3 calls getpass.getpass(), which fails: a job has no keyboard. Pass it with --secrets, and read it from "
        "os.environ. Nothing was submitted.",
    ),
    ("--local --names some", "1\n", OptionError, "--names some: write --names none"),
]


@pytest.mark.parametrize(("line", "cell", "kind", "message"), REFUSALS)
def test_a_refusal_sends_nothing(
    shell: InteractiveShell, asked: list[str], line: str, cell: str, kind: type[HfJobsError], message: str
):
    with pytest.raises(kind) as caught:
        run_cell(shell, line, cell)
    assert str(caught.value).startswith(message)
    assert [request for request in asked if not request.startswith("GET ")] == []
    assert len(str(caught.value).splitlines()) <= 3


def test_a_value_of_a_secret_is_in_no_refusal(shell: InteractiveShell, asked: list[str], monkeypatch):
    monkeypatch.setenv("MY_KEY", "s3cr3t-value")
    for line in ("--local -s MY_KEY --flavor nope", "--local -s MY_KEY -s OTHER=s3cr3t-value"):
        with pytest.raises(OptionError) as caught:
            run_cell(shell, line)
        assert "s3cr3t-value" not in str(caught.value)


def test_a_job_that_is_taken_sends_what_it_needs_and_no_more(shell: InteractiveShell, asked: list[str]):
    run_cell(shell, "--local --detach --as job --timeout 2m", "print(1)\n")
    # Contents of files travel over Xet, beside the Hub's own API.
    writes = [request for request in asked if request.startswith("POST /api/")]
    assert writes == [
        "POST /api/buckets/local/jobs-artifacts",
        "POST /api/buckets/local/jobs-artifacts/batch",
        "POST /api/jobs/local",
    ]
    assert "GET /api/whoami-v2" not in asked


def test_a_cap_that_cannot_be_kept_sends_nothing(shell: InteractiveShell, asked: list[str], monkeypatch):
    from hfjobs_magic.api import submit  # noqa: PLC0415 - patched at its seam
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415

    # The service in the Hub's place: not free.
    service = daemon.ensure()
    client = JobsClient(endpoint=service.endpoint, token=service.token, namespace="local")
    monkeypatch.setattr(submit, "connect", lambda **_: client)
    with pytest.raises(BudgetError, match=r"--timeout 10h can cost \$10\.00, more than --max-cost 2"):
        run_cell(shell, "--flavor a10g-small --timeout 10h --max-cost 2")
    assert [request for request in asked if not request.startswith("GET ")] == []
