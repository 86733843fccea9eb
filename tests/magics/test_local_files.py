"""Files and modules beside the notebook: refused where the job surely lacks them, with what sends them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import CellError
from tests.magics.test_hfjob import count_jobs, run_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from hfjobs_magic.local.daemon import Service


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook's folder."""
    (tmp_path / "helper.py").write_text("def up(n):\n    return n + 1\n", encoding="utf-8")
    (tmp_path / "pk").mkdir()
    (tmp_path / "pk" / "__init__.py").write_text("y = 7\n", encoding="utf-8")
    (tmp_path / "loose" / "sub").mkdir(parents=True)
    (tmp_path / "loose" / "sub" / "__init__.py").write_text("z = 8\n", encoding="utf-8")
    (tmp_path / "2024 data").mkdir()
    (tmp_path / "2024 data" / "d.csv").write_text("a\n1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(shell: InteractiveShell, line: str, cell: str) -> str:
    with pytest.raises(CellError) as caught:
        run_cell(shell, f"--local {line}", cell)
    return str(caught.value)


def plan(shell: InteractiveShell, line: str, cell: str) -> str:
    (shown,) = run_cell(shell, f"--local --dry-run {line}", cell)
    return str(shown.data["text/plain"])


def logs(shell: InteractiveShell, line: str, cell: str) -> list[str]:
    run_cell(shell, f"--local --as job {line}", cell)
    job = shell.user_ns["job"]
    job.wait(timeout=120)
    return list(job.logs())


MODULE = "import helper\nprint(helper.up(41))\n"


@pytest.mark.usefixtures("beside")
def test_a_module_beside_the_notebook_is_refused_and_goes_along_as_the_refusal_says(
    shell: InteractiveShell, local: Service
):
    before = count_jobs(local)
    assert refusal(shell, "", MODULE) == (
        "Line 2 imports helper (helper.py), code of this machine, which the job will not have. "
        "Add -i helper_py=Path('helper.py') to the line, and above the import "
        "`import sys; sys.path[:0] = [str(helper_py.parent)]`. Nothing was submitted."
    )
    assert count_jobs(local) == before
    above = "import sys; sys.path[:0] = [str(helper_py.parent)]\n"
    assert "helper (" not in plan(shell, "-i helper_py=Path('helper.py')", above + MODULE)
    assert logs(shell, "-i helper_py=Path('helper.py')", above + MODULE) == ["42"]


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize(
    ("earlier", "uses"),
    [
        ("import helper", "print(helper.up(41))\n"),
        ("from helper import up as one_more", "print(one_more(41))\n"),
        ("import helper\ndef add(n):\n    return helper.up(n)", "print(add(41))\n"),
    ],
)
def test_a_module_that_an_earlier_cell_imports_goes_along_as_the_refusal_says(
    shell: InteractiveShell, local: Service, monkeypatch: pytest.MonkeyPatch, earlier: str, uses: str
):
    monkeypatch.syspath_prepend(str(Path.cwd()))
    shell.run_cell(earlier, store_history=True)
    said = refusal(shell, "", uses)
    assert "Line 2 uses helper" in said
    way = re.search(r"Add (-i \S+) to the line, and at the top of the cell `(.*?)` and `(.*?)`\.", said)
    assert way, said
    assert logs(shell, way[1], f"{way[2]}\n{way[3]}\n{uses}") == ["42"]


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize(
    ("line", "cell", "printed"),
    [
        ("", "import pk\nprint(pk.y)\n", "7"),
        ("", "from loose import sub\nimport loose.sub\nprint(sub.z)\n", "8"),
        ("--script", MODULE, "42"),
        ("--script", "import helper, pk\nprint(helper.up(pk.y))\n", "8"),
    ],
)
def test_a_folder_goes_along_as_the_refusal_says(
    shell: InteractiveShell, local: Service, line: str, cell: str, printed: str
):
    said = refusal(shell, line, cell)
    way = re.search(r"Add (-v .* -e PYTHONPATH=\S+) to the line", said)
    assert way, said
    assert logs(shell, f"{line} {way[1]}", cell) == [printed]


@pytest.fixture
def modules(beside: Path) -> Path:
    """Modules that need each other, and one that reads a file beside itself."""
    (beside / "first.py").write_text("import json, second\nfrom third import part\nx = second.x + part.x\n")
    (beside / "second.py").write_text("import third\nx = 1\n")
    (beside / "third").mkdir()
    (beside / "third" / "__init__.py").write_text("import helper\n")
    (beside / "third" / "part.py").write_text("from . import helper\nx = helper.up(1)\n")
    (beside / "reads.py").write_text("from pathlib import Path\nx = (Path(__file__).parent / 'x.txt').read_text()\n")
    (beside / "x.txt").write_text("read")
    return beside


@pytest.mark.usefixtures("modules")
def test_what_a_module_needs_goes_along_as_the_refusal_says(shell: InteractiveShell, local: Service):
    cell = "import first\nprint(first.x)\n"
    said = refusal(shell, "", cell)
    assert "Line 2 imports first (first.py), code of this machine, which the job will not have." in said
    line = re.findall(r"Add (-\S.*?) to the line", said)
    above = re.search(r"above the import `(.*?)`", said)
    assert above, said
    assert logs(shell, " ".join(line), f"{above[1]}\n{cell}") == ["3"]
    alone = plan(shell, "-i first_py=Path('first.py')", f"import sys; sys.path[:0] = [str(first_py.parent)]\n{cell}")
    assert "imports first, which imports second.py, third, helper.py, code of this machine, which the job has" in alone


@pytest.mark.usefixtures("modules")
def test_a_module_that_reads_files_beside_itself_goes_with_its_folder(shell: InteractiveShell, local: Service):
    cell = "import reads\nprint(reads.x)\n"
    said = refusal(shell, "", cell)
    way = "Add -v .:/code -e PYTHONPATH=/code to the line: reads.py looks for files beside itself (__file__)."
    assert way in said
    assert logs(shell, "-v .:/code -e PYTHONPATH=/code", cell) == ["read"]
    alone = plan(shell, "-i reads_py=Path('reads.py')", f"import sys; sys.path[:0] = [str(reads_py.parent)]\n{cell}")
    assert "reads.py looks for files beside itself (__file__), and the line sends it alone. If it needs them" in alone


@pytest.mark.usefixtures("beside")
def test_a_file_is_refused_and_goes_along_as_the_refusal_says(shell: InteractiveShell, local: Service):
    cell = "import csv\nprint(*csv.DictReader(open('2024 data/d.csv')))\n"
    before = count_jobs(local)
    assert refusal(shell, "", cell) == (
        "Line 3 reads 2024 data/d.csv, a file of this machine, which the job will not have. "
        "Add -i d_csv=Path('2024 data/d.csv') to the line, and write str(d_csv) for '2024 data/d.csv'. "
        "Nothing was submitted."
    )
    assert count_jobs(local) == before
    changed = cell.replace("'2024 data/d.csv'", "str(d_csv)")
    assert logs(shell, "-i d_csv=Path('2024 data/d.csv')", changed) == ["{'a': '1'}"]


@pytest.mark.parametrize("command", ["!python {0} 'a b'", "x = !python {0} 'a b'\nprint(x[0])", "%run {0} 'a b'"])
def test_a_script_that_a_command_runs_goes_along_as_the_refusal_says(
    shell: InteractiveShell, local: Service, beside: Path, command: str
):
    (beside / "go.py").write_text("import sys\nprint('went', sys.argv[1:])\n", encoding="utf-8")
    assert refusal(shell, "", f"{command.format('go.py')}\n") == (
        "Line 2 runs go.py, a file of this machine, which the job will not have. "
        "Add -i go_py=Path('go.py') to the line, and write {go_py} for go.py. Nothing was submitted."
    )
    assert logs(shell, "-i go_py=Path('go.py')", f"{command.format('{go_py}')}\n") == ["went ['a b']"]


def test_a_plain_script_reads_it_from_a_mount_as_the_refusal_says(
    shell: InteractiveShell, local: Service, beside: Path
):
    (beside / "sub").mkdir()
    (beside / "sub" / "d.csv").write_text("one line", encoding="utf-8")
    said = refusal(shell, "--script", "print(open('sub/d.csv').read())\n")
    assert "Mount its folder with -v ./sub:/files, and read /files/d.csv." in said
    assert logs(shell, "--script -v ./sub:/files", "print(open('/files/d.csv').read())\n") == ["one line"]


@pytest.mark.usefixtures("beside", "local")
def test_everything_is_said_at_once_with_the_changes_together(shell: InteractiveShell):
    said = refusal(shell, "", "import helper, pk\nopen('helper.py'), open('2024 data/d.csv')\n")
    assert said.count(" of this machine, which the job will not have.") == 3  # the cell names helper.py itself
    assert said.count("Nothing was submitted.") == 1


@pytest.mark.usefixtures("beside", "local")
def test_what_a_helper_of_the_notebook_reads_is_refused_too(shell: InteractiveShell):
    shell.run_cell("def load():\n    return open('2024 data/d.csv').read()\n")
    assert "Line 2 reads 2024 data/d.csv" in refusal(shell, "", "text = load()\n")


@pytest.mark.usefixtures("beside", "local")
@pytest.mark.parametrize(
    ("line", "cell", "note"),
    [
        (
            "",
            "if flag:\n    import helper\n",
            "imports helper (helper.py), code of this machine, which the job has only",
        ),
        ("--image my/image", MODULE, "Line 2 imports helper (helper.py), code of this machine, which the job has only"),
        (
            "",
            "import loose\n",
            "Line 2 imports loose (loose), code of this machine, which the job has only if it is sent.",
        ),
        (
            "",
            "!make\nopen('2024 data/d.csv')\n",
            "Line 3 reads 2024 data/d.csv, a file of this machine, which the job has",
        ),
        (
            "--image my/image",
            "open('2024 data/d.csv')\n",
            "Line 2 reads 2024 data/d.csv, a file of this machine, which",
        ),
        (
            "",
            "open('no.csv')\n",
            "Line 2 reads no.csv, which is not here either. The job has it only if the cell makes it",
        ),
        (
            "",
            "open('a.csv'), open('b.csv')\n!python c.py\n",
            "Line 2 reads a.csv, line 2 reads b.csv and line 3 runs c.py, which are not here either. "
            "The job has them only if the cell makes them, or from a --volume.",
        ),
        (
            "",
            "[open('a.csv'), open('b.csv'), open('c.csv'), open('d.csv'), open('e.csv')]\n",
            "line 2 reads c.csv and 2 more, which are not here either. The job has them only",
        ),
    ],
)
def test_what_is_not_certain_is_said_in_the_plan(shell: InteractiveShell, line: str, cell: str, note: str):
    shell.user_ns["flag"] = True
    assert note in plan(shell, line, cell)


@pytest.mark.usefixtures("beside", "local")
@pytest.mark.parametrize(
    ("line", "cell"),
    [
        ("-v ./pk:/code/pk -e PYTHONPATH=/code", "import pk\n"),
        ("-v ./pk:/code/pk", "import sys; sys.path.append('/code')\nimport pk\n"),
        ("--deps none", MODULE),
        ("-v './2024 data:/d'", "open('/d/d.csv')\n"),
        ("", "open('new.py', 'w').write('x = 1')\nimport new\n"),
    ],
)
def test_what_is_sent_or_made_is_worth_no_word(shell: InteractiveShell, line: str, cell: str):
    assert "this machine," not in plan(shell, line, cell)


@pytest.mark.usefixtures("local")
def test_a_file_of_this_machine_may_be_there_for_a_local_job(shell: InteractiveShell, beside: Path):
    path = beside / "2024 data" / "d.csv"
    reads = f"open('{path}')\n"
    if str(path).startswith("/tmp/"):
        assert "reads" not in plan(shell, "", reads)
    else:
        assert f"Line 2 reads {path}, a file of this machine, which the job has only" in plan(shell, "", reads)
