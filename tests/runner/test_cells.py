"""What a cell may do in a job, tried in real processes."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest

from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.exchange.outputs import collect
from hfjobs_magic.local import tools
from hfjobs_magic.runner.prints import MAX_BYTES, MAX_PIECES
from hfjobs_magic.runner.record_files import EARLIER
from hfjobs_magic.script import runner_archive
from hfjobs_magic.script.cell import RUNNER_NEEDS
from hfjobs_magic.script.runner_archive import FOLDERS, archive

SHIPPED = [
    path for folder in FOLDERS for path in sorted((Path(runner_archive.__file__).parents[1] / folder).glob("*.py"))
]
"""All modules that jobs run."""


def found(version: str) -> str | None:
    """A Python of that version on this machine: of a pyenv, whose names on the path may not run, or on the path."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    for program in sorted(pyenv.glob(f"versions/{version}.*/bin/python")):
        return str(program)
    program = shutil.which(f"python{version}")
    return None if program is None or Path(program).is_relative_to(pyenv) else program


VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PYTHONS = {version: program for version in VERSIONS if (program := found(version))}
"""Those of this machine; for the others speak the tests of syntax and of what uv resolves."""

EVERYTHING = '''\
import asyncio, inspect, os, pickle, sys, warnings
print(sys.argv[1:], __name__, os.path.basename(__file__))
class Tool:
    """One of the cell's own."""
    def forward(self):
        return 1
assert inspect.getsource(Tool).startswith("class Tool:\\n    \\"\\"\\"One"), inspect.getsource(Tool)
assert type(pickle.loads(pickle.dumps(Tool()))) is Tool
def call(depth):
    return inspect.currentframe().f_lineno
assert call(0) == 11
!echo one \\
    two
said = !echo three
assert said == ["three"], said
%time total = sum(range(10))
await asyncio.sleep(0)
handle = display({"a": 1}, display_id=True)
handle.update({"a": 2})
warnings.warn("here")
total
'''


@pytest.mark.parametrize("python", PYTHONS)
def test_everything_works_in_each_python(run_cell, python: str):
    ran = run_cell(EVERYTHING, "a b", "-x", python=PYTHONS[python])
    assert ran.code == 0, ran.log
    assert "['a b', '-x'] __main__ cell.py" in ran.log
    assert "one two" in ran.log
    assert "cell.py:21: UserWarning: here" in ran.log
    assert [output["output_type"] for output in ran.outputs] == [
        "display_data",
        "update_display_data",
        "execute_result",
    ]
    assert [output["data"]["text/plain"] for output in ran.shown] == ["{'a': 2}", "45"]
    assert ran.exit["cell"] == "completed"
    assert ran.exit["python"].startswith(python)
    assert "[output 1] {'a': 1}\n" in ran.log
    assert "[output 3] 45\n" in ran.log


def test_the_oldest_ipython_that_is_admitted_will_do(run_cell):
    oldest = RUNNER_NEEDS.replace(">=", "==")
    python = next(PYTHONS[version] for version in ("3.11", "3.10", "3.12") if version in PYTHONS)
    ran = run_cell(f"{EVERYTHING}import IPython\nprint('IPython', IPython.__version__)\n1 / 0\n", python=python,
                   packages=[oldest])  # fmt: skip
    assert f"IPython {oldest.partition('==')[2]}" in ran.log
    assert len(ran.outputs) == 3
    assert "The cell, line 25\n" in ran.log
    assert "ZeroDivisionError: division by zero (line 25)\n" in ran.log


GROUP = "raise ExceptionGroup('many', [ValueError('a'), ExceptionGroup('inner', [TypeError('b')])])"


@pytest.mark.parametrize(
    ("code", "kind", "line", "leaves"),
    [
        (f"def fail():\n    {GROUP}\nfail()", "ExceptionGroup", 5, True),
        (f"try:\n    {GROUP}\nexcept ExceptionGroup:\n    raise RuntimeError('after')", "RuntimeError", 7, True),
        (f"try:\n    {GROUP}\nexcept ExceptionGroup:\n    raise RuntimeError from None", "RuntimeError", 7, False),
    ],
    ids=["group", "after", "from-none"],
)
def test_a_group_of_errors_is_an_error_with_the_newest_ipython(run_cell, code: str, kind: str, line: int, leaves: bool):
    python = next(PYTHONS[version] for version in ("3.12", "3.13", "3.11") if version in PYTHONS)
    shown = f"import IPython\nprint('IPython', IPython.__version__)\n{code}\n"
    ran = run_cell(shown, python=python, packages=["ipython>=9.8"])
    if kind == "ExceptionGroup":
        (told,) = ran.outputs
        assert "\n".join(told["traceback"]).count("many (2 sub-exceptions)") == 1
    assert re.search(r"IPython 9\.|IPython [1-9]\d", ran.log)
    assert (ran.code, ran.exit["error"]["type"], ran.exit["error"]["line"]) == (1, kind, line)
    assert [output["ename"] for output in ran.outputs] == [kind]
    assert ("ValueError: a" in ran.log and "TypeError: b" in ran.log) == leaves
    assert not re.search(r"interactiveshell\.py|cell\.py|hfjobs_runner", ran.log)


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ('def f():\n    exec("x = 1\\ny = (")\nf()\n', ["  The cell, line 4", "  The cell, line 3 in f", "    y = ("]),
        ("import os\nopen('helper.py', 'w').write('def f(:')\nimport helper\n", ["  The cell, line 4", "    def f(:"]),
        ("import concurrent.futures as c, multiprocessing as m\ndef f(x): return 1 / x\n"
         "with c.ProcessPoolExecutor(1, m.get_context('fork')) as p: list(p.map(f, [0]))\n",
         ["  The cell, line 3, in f", "The cell, line 4"]),
    ],
    ids=["exec", "import", "worker"],
)  # fmt: skip
def test_a_traceback_has_the_frames_that_somebody_wrote(run_cell, cell: str, rows: list[str]):
    ran = run_cell(cell)
    assert set(rows) <= set(ran.log.splitlines()), ran.log
    assert not re.search(r"interactiveshell\.py|cell\.py|hfjobs_runner", ran.log)
    assert ran.exit["error"]["line"] is not None


@pytest.mark.slow  # uv asks an index
@pytest.mark.parametrize("python", [VERSIONS[0], VERSIONS[-1]])
def test_there_is_an_ipython_for_each_python(python: str):
    uv = tools.find_uv()
    assert uv, tools.UV_MISSING
    words = [uv, "pip", "compile", "-q", "--no-header", "--no-annotate", "--python-version", python, "-"]
    made = subprocess.run(words, input=RUNNER_NEEDS, capture_output=True, text=True, check=False, timeout=120)
    assert made.returncode == 0, made.stderr
    assert re.search(r"^ipython==[89]\.", made.stdout, re.MULTILINE)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_runner_is_python_3_9(path: Path):
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_the_same_runner_has_the_same_bytes():
    made = archive()
    archive.cache_clear()
    assert archive() == made


def test_an_error_has_the_lines_of_the_editor(run_cell):
    ran = run_cell("def f(x):\n    return 1 / x\n\nf(0)\n\n# /// script\n# dependencies = [\n# ]\n# ///\n")
    # What is written below the cell for uv is none of them.
    assert "dependencies" not in ran.log
    assert "dependencies" in ran.notebook.cells[0].source
    assert ran.code == 1
    (record,) = ran.records
    assert record["output"]["ename"] == "ZeroDivisionError"
    assert "The cell, line 5\n" in ran.log
    assert "The cell, line 3, in f(x)" in ran.log
    assert "[output 1] ZeroDivisionError: division by zero (line 3)\n" in ran.log
    assert record["error"]["bases"][:2] == ["ZeroDivisionError", "ArithmeticError"]
    assert [(frame["file"], frame["line"]) for frame in record["error"]["frames"]] == [("The cell", 5), ("The cell", 3)]
    assert ran.exit["cell"] == "failed"
    assert ran.exit["error"]["line"] == 3
    assert ran.exit["code"] == 1
    assert ran.shown[0].output_type == "error"


def test_a_traceback_shows_what_the_editor_does(run_cell):
    cell = (
        "files = !echo a\ndef f(x):  # why f\n    return 1 / x  # why 1\n\n"
        "if files:\n    %env SEEN=1\n    f(0)  # why 0\n"
    )
    ran = run_cell(cell)
    rows = [
        "3 def f(x):  # why f",
        "----> 4     return 1 / x  # why 1",
        "      7     %env SEEN=1",
        "----> 8     f(0)  # why 0",
    ]
    assert [row for row in rows if row not in ran.log] == [], ran.log
    assert "get_ipython" not in ran.log


@pytest.mark.parametrize(
    ("line", "below", "rows"),
    [
        ("%%hfjob --local \\", "#   --name a\n# why\n", ["1 %%hfjob --local \\", "2   --name a", "3 # why"]),
        ("%%hfjob --as '# %%hfjob'", "", ["1 %%hfjob --as '# %%hfjob'"]),
        ("%%hfjob", "%%time\n", ["1 %%hfjob", "2 %%time"]),
    ],
)
def test_a_traceback_has_the_magic_line_as_it_was_written(run_cell, line: str, below: str, rows: list[str]):
    ran = run_cell(f"{below}1 / 0\n", line=line)
    shown = [row.strip() for row in ran.log.splitlines()]
    at = shown.index(f"----> {len(rows) + 1} 1 / 0")
    assert shown[at - len(rows) : at] == rows, ran.log
    # A colour that was not ended would go on in all that follows.
    (magic,) = [row for row in "\n".join(ran.outputs[0]["traceback"]).split("\n") if line in row]
    assert magic.endswith(f" {line}")


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [
        ("import sys\nsys.exit()", 0, "completed"),
        ("import sys\nsys.exit(3)", 3, "exited"),
        ("exit(4)", 4, "exited"),
        ("raise SystemExit('enough')", 1, "exited"),
        ("import os\nos._exit(5)", 5, None),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", 139, None),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 137, None),
        ("assert False, 'no'", 1, "failed"),
        ("1 +", 1, "failed"),
        ("%nonsense", 1, "failed"),
        ("%%capture\n1 / 0", 1, "failed"),
    ],
)
def test_how_a_cell_ends(run_cell, cell: str, code: int, said: str | None):
    ran = run_cell(f"print('begun')\n{cell}\n" if not cell.startswith("%%") else cell)
    assert (ran.code, ran.exit["code"], ran.exit["cell"]) == (code, code, said), ran.log
    assert ran.notebook.cells[0].source.startswith("# %%hfjob\n")
    assert "To exit" not in ran.log


def test_warnings_that_are_errors_are_the_cells(run_cell):
    ran = run_cell("import warnings\n!echo shell\nwarnings.warn('mine')\n", env={"PYTHONWARNINGS": "error"})
    assert (ran.exit["cell"], ran.exit["error"]["type"], ran.exit["error"]["line"]) == ("failed", "UserWarning", 4)
    assert run_cell("1 + 1\n", env={"PYTHONWARNINGS": "error"}).code == 0


def test_a_runner_that_cannot_start_says_why(run_cell, tmp_path):
    (tmp_path / "IPython.py").write_text("import nosuchthing\n")
    ran = run_cell("print('begun')\n", env={"PYTHONPATH": str(tmp_path)})
    assert (ran.code, ran.exit["cell"]) == (1, "unstarted")
    assert ran.exit["exit"] == "ModuleNotFoundError: No module named 'nosuchthing'"
    assert "begun" not in ran.log


def test_a_cell_magic_keeps_the_lines_of_the_editor(run_cell):
    ran = run_cell("%%time\n\nx = 1\n1 / 0\n")
    assert ran.code == 1
    assert ran.exit["error"]["line"] == 5
    assert "5 1 / 0" in ran.log.replace("----> ", "")
    assert "run_cell_magic" not in ran.log
    ran = run_cell("%%bash\necho $0 $((1 + 1))\n")
    assert ran.code == 0
    assert "2\n" in ran.log


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("return 1\n", 2),
        ("x = = 1\n", 2),
        *((f"%%{magic}\nx = = 1\n", 3) for magic in ("time", "timeit -n1 -r1", "capture", "prun")),
        ("%%time\nreturn 1\n", 3),
        ("%%timeit -n1 -r1\nx = 1\n1 / 0\n", 4),
        ("%%prun\nx = 1\n1 / 0\n", 4),
    ],
)
def test_an_error_below_a_magic_is_the_cells(run_cell, cell: str, line: int):
    ran = run_cell(cell)
    assert ran.exit["error"]["line"] == line, ran.log
    assert ran.log.count(f"line {line}") == (1 if "capture" in cell else 2), ran.log  # in the traceback and the cue
    assert f" (line {line})" in ran.log
    assert not re.search(r"interactiveshell|codeop|compilerop|cell\.py|<timed|<unknown>|<string>", ran.log)
    assert "Cell In" not in str(ran.exit["error"]["frames"])


@pytest.mark.parametrize(
    ("cell", "line", "said"),
    [
        ("%%bash\necho hi\nexit 3\n", 2, "CalledProcessError: Command '%%bash' returned non-zero exit status 3."),
        ("# why\n%%sh\nfalse\n", 3, "CalledProcessError: Command '%%sh' returned non-zero exit status 1."),
        ("%%timeit -n x\ny = 1\n", 2, "ValueError: invalid literal for int() with base 10: 'x'"),
    ],
)
@pytest.mark.parametrize("python", [*PYTHONS][:1] + [*PYTHONS][-1:])
def test_a_magic_that_fails_names_its_line(run_cell, cell: str, line: int, said: str, python: str):
    ran = run_cell(cell, python=PYTHONS[python])
    assert ran.exit["error"]["line"] == line
    rows = [f"The cell, line {line}", f"----> {line} {cell.splitlines()[line - 2]}", "", said]
    assert "\n".join(["Traceback (most recent call last)", *rows]) in ran.log, ran.log
    assert "\n".join(rows[:-1]) in "\n".join(ran.outputs[0]["traceback"])


@pytest.mark.parametrize("broken", ["RuntimeError('inner')", "SystemExit(3)", "KeyboardInterrupt"])
def test_an_error_that_gives_no_text_is_the_error(run_cell, broken: str):
    ran = run_cell(f"class Bad(Exception):\n    def __str__(self): raise {broken}\nraise Bad(1)\n")
    assert "\n\nBad: <exception str() failed>\n" in ran.log, ran.log
    assert (ran.code, ran.exit["error"]["type"], ran.exit["error"]["line"]) == (1, "Bad", 4)


def test_an_error_that_ipython_cannot_write_is_written_as_python_does(run_cell):
    ran = run_cell("e = ValueError('v')\ne.__notes__ = [1]\nraise e\n")
    (told,) = ran.outputs
    assert (told["ename"], told["evalue"], ran.exit["error"]["line"]) == ("ValueError", "v", 4)
    for text in (ran.log, "\n".join(told["traceback"])):
        assert "  The cell, line 4, in <module>\n    raise e\nValueError: v\n1" in text
        assert not re.search(r"interactiveshell|ultratb|hfjobs_runner|Unexpected", text)


def test_of_code_that_is_in_no_file_no_line_is_made_up(run_cell):
    ran = run_cell("exec('def f():\\n    return g')\nf()\n")
    assert "File <string>:2, in f()\n" in ran.log
    assert "Could not get source" not in ran.log + str(ran.outputs)


def test_an_error_of_code_that_the_cell_compiles_says_where_both_are(run_cell):
    ran = run_cell("%%time\nx = 1\nexec('a b')\n")
    assert "[output 1] SyntaxError: invalid syntax in <string>, line 1 (line 4)\n" in ran.log
    assert read_end(ran.exit, None, [], "").words == "SyntaxError: invalid syntax in <string>, line 1 (line 4)"
    assert "  File <string>:1\n    a b\n" in ran.log


WHERE = """\
import traceback, warnings, inspect, logging
warnings.warn("beyond", stacklevel=2)
def f():
    warnings.warn("beyond f", stacklevel=3)
    traceback.print_stack()
    logging.warning("logged", stack_info=True)
f()
print(inspect.getmodule(f))
"""


@pytest.mark.parametrize("magic", ["", "%%time\n", "%%capture --no-stderr --no-stdout\n"])
def test_stacks_and_warnings_name_the_cell_and_nothing_that_runs_it(run_cell, magic: str):
    ran = run_cell(magic + WHERE)
    first = 3 if magic else 2
    assert ran.code == 0, ran.log
    assert not re.search(r"interactiveshell|hfjobs_runner|runner\.pyz|runpy|hfjob_cell_main", ran.log)
    assert re.search(rf"cell\.py:{first + 1}: UserWarning: beyond$", ran.log, re.MULTILINE)
    assert re.search(rf"cell\.py:{first + 6}: UserWarning: beyond f$", ran.log, re.MULTILINE)
    assert re.search(rf'File ".*", line {first + 4}, in f\n    traceback\.print_stack', ran.log)
    assert re.search(rf'File ".*", line {first + 6}, in <module>\n', ran.log)
    assert re.search(r"<module '__main__' from '.*/cell\.py'>", ran.log)


def test_the_stack_of_another_thread_is_whole(run_cell):
    ran = run_cell(
        "import threading, traceback\none = threading.Thread(target=traceback.print_stack)\none.start(); one.join()\n"
    )
    assert "in _bootstrap_inner" in ran.log


def test_input_fails_at_once_with_a_way_out(run_cell):
    for call in ("input('name? ')", "import getpass\ngetpass.getpass()"):
        ran = run_cell(call)
        assert ran.code == 1
        assert "EOFError: A job has no keyboard, so nobody can answer input(). Pass the value" in ran.log


def test_a_debugger_fails_at_once_with_a_way_out(run_cell):
    ran = run_cell("x = 1\nbreakpoint()\n")
    assert ran.code == 1
    assert "EOFError: A job has no keyboard, so nobody can answer a debugger. Take breakpoint() out" in ran.log
    assert ran.exit["error"]["line"] == 3
    assert run_cell("breakpoint()\n", env={"PYTHONBREAKPOINT": "0", "JOB_ID": "j1"}).code == 0


def test_what_a_cell_says_when_it_exits_is_its_last_word(run_cell):
    ran = run_cell("""\
class Bad:
    def __repr__(self): raise ValueError("shown, and on it goes")
display(Bad())
import sys
sys.exit("no data today")
""")
    assert (ran.code, ran.exit["cell"], ran.exit["error"], ran.exit["exit"]) == (1, "exited", None, "no data today")
    ending = read_end(ran.exit, None, ran.log.splitlines(), "")
    assert ending.words == "the cell ended with exit code 1: no data today"


def test_errors_of_a_group_are_all_told(run_cell):
    python = next(PYTHONS[version] for version in ("3.11", "3.12", "3.13") if version in PYTHONS)
    ran = run_cell("""\
import asyncio
async def fail(name):
    raise ValueError(name) from KeyError("before")
async with asyncio.TaskGroup() as group:
    group.create_task(fail("first"))
    group.create_task(fail("second"))
""", python=python)  # fmt: skip
    assert ran.exit["error"]["type"] == "ExceptionGroup"
    for text in (ran.log, "\n".join(ran.outputs[0]["traceback"])):
        assert "ValueError: first" in text
        assert "ValueError: second" in text
        assert "KeyError: 'before'" in text
        assert "The cell, line 4, in fail\n" in text


def test_a_command_that_asks_gets_no_answer_instead_of_waiting(run_cell):
    ran = run_cell("!read answer && echo got $answer || echo nobody\n_exit_code\n")
    assert "nobody\n" in ran.log


def test_packages_are_there_already(run_cell):
    ran = run_cell("!pip install -q cowsay\n%pip install 'rich>=13'\n!uv pip install polars\nprint('on')\n")
    assert ran.code == 0, ran.log
    assert "cowsay: installed with the job's other packages, before it began.\n" in ran.log
    assert ran.log.count("installed with the job's other packages") == 3


def test_names_of_the_notebook_come_first(run_cell):
    names = """\
# %% from the notebook: math
import math

# %% from the notebook: Base, line 3
from __future__ import annotations
class Base:
    def who(self) -> Unknown:
        return "base"

# %% from the notebook: area, line 7
def area(r):
    return math.pi * r / 0
"""
    cell = (
        "import inspect\nclass Own(Base):\n    pass\n"
        "print(Own().who(), inspect.getsource(Own))\nprint(inspect.getsource(Base))\n"
        "print(inspect.getsource(area))\nassert area.__code__.co_firstlineno == 7\narea(1)\n"
    )
    ran = run_cell(cell, names=names)
    assert "base class Own(Base):\n    pass\n" in ran.log, ran.log
    assert "class Base:\n    def who(self)" in ran.log
    assert "The cell, line 9" in ran.log
    assert "area, from the notebook, line 8, in area(r)" in ran.log
    assert ran.exit["error"]["frames"][-1] == {"file": "area, from the notebook", "line": 8, "name": "area"}
    assert ran.exit["error"]["line"] == 9


def test_a_traceback_has_the_lines_of_each_cell_and_none_below_it(run_cell):
    names = (
        "# %% from the notebook: Other, line 3\nclass Other:\n    def run(self): return 1 / 0\n"
        "# %% from the notebook: helper, line 14\ndef helper(n):\n    # said\n    return Other().run()\n"
    )
    ran = run_cell("import inspect\nprint(inspect.getsource(Other))\nx = 1\nhelper(0)\n", names=names)
    assert "class Other:\n    def run(self): return 1 / 0\n" in ran.log
    shown = [line.strip() for line in ran.log.split("Traceback (most recent call last)\n")[1].splitlines() if line]
    assert shown[: shown.index("ZeroDivisionError: division by zero")] == [
        "The cell, line 5",
        "3 print(inspect.getsource(Other))",
        "4 x = 1",
        "----> 5 helper(0)",
        "helper, from the notebook, line 16, in helper(n)",
        "14 def helper(n):",
        "15     # said",
        "---> 16     return Other().run()",
        "Other, from the notebook, line 4, in Other.run(self)",
        "----> 4 def run(self): return 1 / 0",
    ]


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ("x = 1\n%time y = 1 / 0\n", ["The cell, line 3", "File <timed exec>:1", "----> 1 y = 1 / 0"]),
        ("%time 1 / 0\n", ["The cell, line 2", "File <timed eval>:1", "----> 1 1 / 0"]),
        ("%%time\n1 / 0\n", ["The cell, line 3", "----> 3 1 / 0"]),
        ("%timeit 1 / 0\n", ["The cell, line 2"]),
        ("input('name')\n", ["The cell, line 2", "----> 2 input('name')"]),
        ("try:\n    input()\nexcept EOFError as e:\n    1 / 0\n", ["The cell, line 3", "The cell, line 5"]),
        ("%run {folder}/other.py\n", ["other.py:1", "----> 1 1 / 0"]),
    ],
)
def test_no_frame_of_ours_is_in_a_traceback_and_a_script_that_fails_fails_the_job(run_cell, cell: str, rows: list[str]):
    (run_cell.folder / "other.py").write_text("1 / 0\n")
    ran = run_cell(cell.replace("{folder}", str(run_cell.folder)))
    assert ran.code == 1
    assert "hfjobs_runner" not in ran.log
    assert all(row in ran.log for row in rows), ran.log
    assert ran.outputs[-1]["output_type"] == "error"


def test_a_name_of_the_notebook_that_fails_is_the_jobs_error(run_cell):
    ran = run_cell("print('never')\n", names="# %% from the notebook: nope\nimport nope_not_there\n")
    assert ran.code == 1
    assert "ModuleNotFoundError" in ran.log
    assert "never" not in ran.log
    assert ran.exit["error"]["frames"][0]["file"] == "nope, from the notebook"


def test_the_notebook_that_is_left_has_what_was_printed(run_cell):
    cell = """\
import os, signal, sys
print("one\\rtwo\\r\\nthree")
print("four", file=sys.stderr)
display(1)
handle = display(2, display_id=True)
for n in range(3): sys.stderr.write(f"\\r{n} %")
!echo five
handle.update(3)
print("six")
if os.fork() == 0:
    print("of a child", flush=True)
    os._exit(0)
os.wait()
try:
    1 / 0
except ZeroDivisionError:
    get_ipython().showtraceback()
print("seven")
os.kill(os.getpid(), signal.SIGKILL)
"""
    ran = run_cell(cell)
    assert "of a child\n" in ran.log
    assert [item.get("text") or item.get("ename") or item.data["text/plain"] for item in ran.left] == [
        "two\nthree\n", "four\n", "1", "3", "2 %", "five\nsix\n", "ZeroDivisionError", "seven\n"
    ]  # fmt: skip
    assert [item.name for item in ran.left if item.output_type == "stream"] == [
        "stdout", "stderr", "stderr", "stdout", "stdout"
    ]  # fmt: skip


def test_the_notebook_that_is_left_is_bounded(run_cell):
    cell = "import sys\nfor n in range({}): print('x' * 99, file=(sys.stdout, sys.stderr)[n % {}])\n"
    for count, streams in ((20_000, 1), (5_000, 2)):
        shown = run_cell(cell.format(count, streams), env={"JOB_ID": f"j{streams}"}).folder.parent / f"j{streams}"
        outputs = nbformat.read(shown / "cell.ipynb", 4).cells[0].outputs
        assert sum(len(item.text) for item in outputs) <= MAX_BYTES + 100
        assert len(outputs) <= MAX_PIECES
        assert outputs[-1].text.endswith("… the job's log has the rest.\n")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("print('a'); clear_output(wait=True); print('b')", ["b\n"]),
        ("print('a'); clear_output(); print('b'); display(1)", ["b\n", "1"]),
        ("print('a'); clear_output(wait=True); display(1); print('b')", ["1", "b\n"]),
        ("print('a'); display(1); clear_output(wait=True)", ["a\n", "1"]),
        ("print('a'); display(1); clear_output()", []),
        ("for n in range(3): clear_output(wait=True); print(n); display(n)", ["2\n", "2"]),
    ],
)
def test_what_is_cleared_is_no_more_in_the_notebook(run_cell, body: str, kept: list[str]):
    ran = run_cell(f"from IPython.display import clear_output\n{body}\n")
    assert [item.get("text") or item.data["text/plain"] for item in ran.left] == kept, ran.log


def test_attempts_and_runs_do_not_overwrite_each_other(run_cell):
    run_cell("display(1)\n")
    ran = run_cell("display(2)\n")
    assert [record["number"] for record in ran.records] == [1, 2, 3]
    assert [item.data["text/plain"] for item in collect(ran.records)] == ["2"]
    assert f"[outputs] {EARLIER}.\n" in ran.log
    assert json.loads((ran.folder / "exit-2.json").read_text())["cell"] == "completed"
    assert run_cell("display(3)\n", env={"JOB_ID": "j2"}).records == ran.records
    assert (ran.folder.parent / "j2" / "outputs" / "000001.json").exists()
