"""`%%hfjob` on an index of this machine: what cannot be installed is refused, what is known is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import OptionError
from tests.api.index import serve_index
from tests.magics.test_hfjob import count_jobs, run_cell
from tests.magics.test_hfjobs import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.api.job import Job
    from hfjobs_magic.local.daemon import Service
    from tests.api.index import Index


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Index]:
    with serve_index() as made:
        monkeypatch.setenv("UV_DEFAULT_INDEX", made.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        made.add("alpha")
        yield made


@pytest.mark.parametrize("line", ["--local", "--local --dry-run", "--local --schedule @daily"])
def test_a_misspelt_package_sends_nothing(shell: InteractiveShell, local: Service, index: Index, line: str):
    before = count_jobs(local)
    with pytest.raises(OptionError, match=r"transformerz was not found .* Did you mean transformers\?"):
        run_cell(shell, line, "import transformerz\n")
    assert count_jobs(local) == before
    assert shown(shell, "scheduled ls --local")["text/plain"].startswith("No ")


def test_a_python_that_does_not_exist_sends_nothing(shell: InteractiveShell, local: Service, index: Index):
    before = count_jobs(local)
    for python in ("banana", "9", "3.99"):
        with pytest.raises(OptionError, match="--python"):
            run_cell(shell, f"--local -p {python}")
    assert count_jobs(local) == before


def test_a_name_is_never_a_path(shell: InteractiveShell, local: Service, index: Index, tmp_path: Path):
    before = sorted(tmp_path.parent.rglob("up*"))
    with pytest.raises(OptionError, match=r"Write --name up\."):
        run_cell(shell, "--local --name '../../up'")
    assert sorted(tmp_path.parent.rglob("up*")) == before


def test_a_file_is_told_what_it_does_not_declare(shell: InteractiveShell, local: Service, index: Index, tmp_path: Path):
    (tmp_path / "été 1.py").write_text("import beta_package\nmodel.push_to_hub('x')\n")
    text = shown(shell, "uv run --local --dry-run 'été 1.py'")["text/plain"]
    assert "Line 1 imports beta_package, and the job has no beta_package. Add --with beta_package." in text
    assert "Line 2 has push_to_hub(), and the job gets no token. Add --secrets HF_TOKEN." in text
    assert "Name      ete-1-" in text


def test_what_was_said_before_is_under_the_card(shell: InteractiveShell, local: Service, index: Index):
    run_cell(shell, "--local --as job --detach", "def f(model):\n    model.push_to_hub('x')\n")
    job: Job = shell.user_ns["job"]
    assert "the job gets no token" in job.notice
    job.wait(timeout=120)


@pytest.mark.parametrize("cell", ["!hf upload me/x out\n", "%%bash\nhf upload me/x out\n", "out = !hf upload me/x\n"])
def test_a_command_gets_its_package_and_is_told_of_its_token(
    shell: InteractiveShell, local: Service, index: Index, cell: str
):
    index.add("huggingface-hub")
    (output,) = run_cell(shell, "--local --dry-run", cell)
    text = output.data["text/plain"]
    line = 3 if cell.startswith("%%") else 2
    assert f"huggingface_hub (line {line}: the command hf needs it)" in text
    assert f"Line {line} has hf upload, and the job gets no token. Add --secrets HF_TOKEN." in text
