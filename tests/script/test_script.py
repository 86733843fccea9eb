"""Cell to script: line numbers kept, headers in the right place, bad cells refused."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.script.local_reads import LocalRead
from hfjobs_magic.script.packages import pep723
from hfjobs_magic.script.packages.local_imports import LocalImport
from hfjobs_magic.script.packages.requirements import InferredRequirement, Kernel
from hfjobs_magic.script.script import check_requirements, from_cell, from_source
from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.python_syntax import CELL

if TYPE_CHECKING:
    from pathlib import Path

LINE = "%%hfjob --with rich"


def known() -> Kernel:
    return Kernel({"cv2": ["opencv-python"]}, {"opencv-python": "4.10"}, table={"sklearn": "scikit-learn"})


def run(text: str, path: Path) -> subprocess.CompletedProcess[str]:
    path.write_text(text, encoding="utf-8", newline="")
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=60)


def test_line_one_is_the_magic_line_and_the_header_is_below_the_code():
    script = from_cell("import rich\nprint(1)", magic_line=LINE, dependencies=["rich>=13", 'a; python_version<"4"'])
    assert script.text == (
        "# %%hfjob --with rich\n"
        "import rich\n"
        "print(1)\n"
        "\n"
        "# /// script\n"
        "# dependencies = [\n"
        '#   "rich>=13",\n'
        '#   "a; python_version<\\"4\\"",\n'
        "# ]\n"
        "# ///\n"
    )
    assert script.extra == ()
    assert pep723.read(script.text)


def test_a_magic_line_that_goes_on_takes_as_many_lines():
    script = from_cell("x = 1", magic_line="%%hfjob --with rich \\\n  --flavor t4-small", deps="none")
    assert script.text == "# %%hfjob --with rich \\\n#   --flavor t4-small\nx = 1\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_cell_with_its_own_header_keeps_it_and_the_rest_goes_to_uv(newline: str):
    cell = newline.join(["# /// script", '# dependencies = ["torch"]', "# ///", "import torch", ""])
    script = from_cell(cell, magic_line=LINE, dependencies=["rich"])
    assert script.text == f"# {LINE}\n{cell}"
    assert script.extra == ("rich",)
    assert script.inferred == ()


def test_a_header_says_what_the_job_is_like():
    cell = "x = 1\n# /// script\n# requires-python = '>=3.11'\n"
    cell += "# [tool.hf-jobs]\n# flavor = 't4-small'\n# timeout = 90\n# ///\n"
    script = from_cell(cell, magic_line=LINE)
    assert script.jobs == {"flavor": "t4-small", "timeout": "90"}
    assert script.python == ">=3.11"
    asked = from_cell(cell, magic_line=LINE, python="3.10")
    assert asked.python == "3.10"
    assert asked.notes == ("Python 3.10 is not what the script block requires (>=3.11).",)
    assert from_source(cell).jobs == script.jobs


def test_a_header_that_cannot_be_used_is_refused_with_the_cells_line():
    with pytest.raises(CellError, match=r"Line 4: \[tool.hf-jobs\] has no key 'flavour'"):
        from_cell("# /// script\n# [tool.hf-jobs]\n# flavour = ''\n# ///\nx = 1\n", magic_line=LINE)


def test_what_has_no_name_cannot_stand_in_a_header():
    script = from_cell("x = 1", magic_line=LINE, dependencies=["rich", "git+https://example.org/x.git"])
    assert script.extra == ("git+https://example.org/x.git",)
    assert script.text.endswith('# dependencies = [\n#   "rich",\n# ]\n# ///\n')


def test_imports_become_requirements_when_nothing_is_declared():
    cell = "import cv2, os\nfrom sklearn import svm\n"
    script = from_cell(cell, magic_line=LINE, kernel=known)
    assert script.inferred == (
        InferredRequirement("opencv-python", "cv2", 2, "kernel"),
        InferredRequirement("scikit-learn", "sklearn", 3, "table"),
    )
    header = pep723.read(script.text)
    assert header
    assert header.dependencies == ("opencv-python", "scikit-learn")
    more = from_cell(cell, magic_line=LINE, kernel=known, dependencies=["rich", "opencv-python-headless"])
    assert [item.requirement for item in more.inferred] == ["scikit-learn"]
    assert more.requirements == ("rich", "opencv-python-headless", "scikit-learn")
    assert [item.requirement for item in from_cell("%pip install rich\n" + cell, magic_line=LINE).inferred] == [
        *("rich", "cv2", "sklearn")
    ]
    assert from_source(cell, kernel=known).extra == ()
    assert from_source(cell, kernel=known, deps=None).extra == ("opencv-python", "scikit-learn")
    more = from_cell(cell, magic_line=LINE, kernel=known, dependencies=["rich"], deps="infer")
    assert [item.requirement for item in more.inferred] == ["opencv-python", "scikit-learn"]


def test_a_header_that_declares_its_packages_is_left_alone_and_what_it_lacks_is_known():
    cell = "# /// script\n# dependencies = ['rich']\n# ///\nimport cv2, rich\n"
    script = from_cell(cell, magic_line=LINE, kernel=known)
    assert (script.inferred, script.extra, script.requirements) == ((), (), ("rich",))
    assert script.contents.undeclared == (InferredRequirement("opencv-python", "cv2", 5, "kernel"),)
    assert from_source("import cv2", kernel=known, deps="note").contents.undeclared
    assert not from_source("import cv2", kernel=known, deps="none").contents.undeclared


def test_imports_are_left_alone_with_none_and_pinned_with_pin():
    cell = "import cv2\nimport sklearn\n"
    assert from_cell(cell, magic_line=LINE, deps="none", kernel=known).text == f"# {LINE}\n{cell}"
    pinned = from_cell(cell, magic_line=LINE, deps="pin", kernel=known, dependencies=["scikit_learn>=1"])
    assert [item.requirement for item in pinned.inferred] == ["opencv-python==4.10"]
    assert '"scikit_learn>=1"' in pinned.text
    assert '"opencv-python==4.10"' in pinned.text


def test_the_kernel_is_not_asked_where_nothing_is_to_be_inferred():
    def never() -> Kernel:
        raise AssertionError

    from_cell("import os\n", magic_line=LINE, kernel=never)
    from_cell("import cv2\n", magic_line=LINE, deps="none", kernel=never)


def test_a_module_of_ones_own_is_not_looked_for_elsewhere_and_told_of():
    script = from_cell("import helpers.more\n", magic_line=LINE, kernel=lambda: Kernel(local=frozenset({"helpers"})))
    assert script.inferred == ()
    assert script.contents.local_imports == (LocalImport("helpers.more", 2, is_certain=True),)


def test_a_header_without_dependencies_leaves_imports_to_uv():
    cell = "# /// script\n# requires-python = '>=3.10'\n# ///\nimport cv2\n"
    script = from_cell(cell, magic_line=LINE, kernel=known)
    assert script.extra == ("opencv-python",)
    assert from_cell(cell.replace("requires-python = '>=3.10'", "dependencies = []"), magic_line=LINE).extra == ()


def test_a_future_import_still_works():
    from_cell("from __future__ import annotations\n", magic_line=LINE, dependencies=["rich"])


@pytest.mark.parametrize("cell", ["  \n", "# only a comment\n", "%pip install rich\n"])
def test_a_cell_that_does_nothing_is_refused(cell: str):
    with pytest.raises(CellError, match=r"The cell (is empty|has no code)"):
        from_cell(cell, magic_line=LINE)


def test_a_syntax_error_shows_as_python_shows_it():
    with pytest.raises(CellError) as caught:
        from_cell("x = 1\nx = = 2\n", magic_line=LINE)
    shown = "\n".join(caught.value._render_traceback_())
    assert "line 3" in shown
    assert "x = = 2" in shown
    assert "SyntaxError" in shown
    assert "Nothing was submitted." in shown


def test_syntax_of_a_newer_python_is_left_to_it_when_it_is_asked_for():
    cell = "lazy import json\nimport cv2\n%pip install rich\nx = 1\n"
    with pytest.raises(CellError):
        from_cell(cell, magic_line=LINE)
    for python in ("3.15", ">=3.15", "python3.15", "cpython@3.16"):
        script = from_cell(cell, magic_line=LINE, python=python, deps="pin", kernel=known)
        assert script.text.startswith(f"# {LINE}\nlazy import json\nimport cv2\n# %pip install rich\nx = 1\n")
        assert [item.requirement for item in script.inferred] == ["rich", "opencv-python==4.10"]
        assert "Line 2 is not valid in Python" in script.notes[0]


def test_an_error_of_every_python_is_refused_whatever_is_asked_for():
    with pytest.raises(CellError, match="Nothing was submitted"):
        from_cell("x = = 2\n", magic_line=LINE, python="3.14")


@pytest.mark.parametrize("text", ["x = '\0'\n", "x = '\ud800'\n", "x = " + "(" * 5000 + ")" * 5000])
def test_what_no_compiler_takes_is_refused(text: str):
    with pytest.raises(CellError):
        from_cell(text, magic_line=LINE)


def test_a_bad_requirement_is_refused_with_an_example():
    with pytest.raises(OptionError, match="--with torch== is not a requirement"):
        from_cell("x = 1", magic_line=LINE, dependencies=["torch=="])
    check_requirements(["git+https://example.org/x.git", "./local", "torch[gpu]>=2"])


def test_the_same_cell_has_the_same_digest():
    one, two = (from_source("print(1)") for _ in range(2))
    assert one.digest == two.digest != from_source("print(2)").digest


def test_a_file_of_this_machine_is_told_of():
    cell = "open('/home/me/a.txt')\nopen('/data/b.txt')\n"
    script = from_cell(cell, magic_line=LINE, mounts=["/data"])
    assert script.contents.reads == (LocalRead("/home/me/a.txt", 2, is_certain=True),)


@pytest.mark.parametrize("comment", ["# -*- coding: latin-1 -*-", "# vim: set fileencoding=nonsense :"])
def test_a_comment_cannot_change_the_encoding_of_the_file(comment: str, tmp_path: Path):
    cell = f"{comment}\nprint(ascii('ü'))\n"
    done = run(from_cell(cell, magic_line="%%hfjob --label coding=rot13").text, tmp_path / "cell.py")
    assert done.stdout == "'\\xfc'\n", done.stderr


AWAITING = {
    "raw": "import asyncio\nawait asyncio.sleep(0)\n\ndef f():\n    raise ValueError('é\\n\\'')\nf()\n",
    "one kind of quotes": "'''doc\nstring'''\nimport asyncio\nawait asyncio.sleep(0)\n1 / 0\n",
    "both kinds": "a = '''\n'\\''''\nb = \"\"\"\n\\\\\"\"\"\n"
    "import asyncio\nawait asyncio.sleep(0)\nassert (a, b) == (\"\\n''\", '\\n\\\\')\n1 / 0\n",
    "carriage returns": "import asyncio\r\nawait asyncio.sleep(0)\r\n1 / 0\r\n",
    "future": "from __future__ import annotations\nimport asyncio\n"
    "async with asyncio.Lock():\n    x: Nope = 1\nraise KeyError\n",
}


@pytest.mark.parametrize("cell", AWAITING.values(), ids=AWAITING)
def test_an_error_after_a_top_level_await_names_its_line_and_shows_it(cell: str, tmp_path: Path):
    path = tmp_path / "cell.py"
    script = from_cell(cell, magic_line="%%hfjob --name it's", dependencies=["rich"])
    assert pep723.read(script.text)
    done = run(script.text, path)
    last = re.findall(r'File "(.*)", line (\d+), in .*\n\s*(.*)', done.stderr)[-1]
    lines = split_lines(cell)
    expected = next(at for at, line in enumerate(lines) if re.match(r"1 / 0|\s*raise", line))
    assert last[0] == str(path), done.stderr
    assert (int(last[1]), last[2]) == (expected + 2, lines[expected].strip()), done.stderr


def test_names_stay_global_beside_a_top_level_await(tmp_path: Path):
    cell = (
        "import asyncio, inspect, pickle\nfrom os.path import *\ncount = 0\n\n"
        "class Point:\n    x = 1\n\ndef more():\n    global count\n    count += 1\n\n"
        "async def slow():\n    await asyncio.sleep(0)\n    return 5\n\n"
        "task = asyncio.create_task(slow())\nmore()\n"
        "print(await task, count, pickle.loads(pickle.dumps(Point())).x,"
        " inspect.getsource(more).count('count'), __name__)\n"
    )
    done = run(from_cell(cell, magic_line=LINE).text, tmp_path / "cell.py")
    assert done.stdout == "5 1 1 2 __main__\n", done.stderr


def test_uv_finds_the_header_below_a_top_level_await(tmp_path: Path):
    path = tmp_path / "cell.py"
    cell = "import asyncio\nawait asyncio.sleep(0)\nprint('ran')\nraise SystemExit(3)\n"
    path.write_text(from_cell(cell, magic_line=LINE).text, encoding="utf-8")
    command = [sys.executable, "-m", "uv", "run", "--no-project", "--offline", "--python", sys.executable, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.stdout, done.returncode) == ("ran\n", 3), done.stderr


STATEMENTS = st.sampled_from(
    [
        *(
            "x = 1",
            "",
            "# a comment? é",
            "s = '''\n\n!not\n'''",
            "\ty = 1\n".lstrip(),
            "z = (1,\n\n2)",
            "w = 1 + \\\n 2",
        ),
        *(
            "if True:\n\tq = '\x0c\u2028'",
            "%pip install rich",
            "if True:\n    !pip install \\\n  rich",
            "b = rb'\\x00'",
        ),
        *('t = """\n\'\'\'\n"""', "# // note", "def f(a, b):\n  return a"),
    ]
)


@settings(deadline=None)
@given(
    above=st.lists(STATEMENTS, max_size=8),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    waits=st.booleans(),
    header=st.sampled_from(["", '# /// script\n# dependencies = ["a"]\n# ///\n']),
    magic_line=st.sampled_from(["%%hfjob", "%%hfjob --name '''", "%%hfjob -l coding=x \\\n --name é"]),
)
def test_a_raised_error_names_the_line_the_editor_shows(
    above: list[str], newline: str, waits: bool, header: str, magic_line: str
):
    body = "".join(f"{item}\n" for item in above) + header + ("await nothing()\n" if waits else "")
    cell = (body + "raise LookupError\n").replace("\n", newline)
    script = from_cell(cell, magic_line=magic_line, dependencies=["rich"])
    line = len(split_lines(magic_line)) + len(split_lines(cell))
    with pytest.raises(LookupError) as caught:
        exec(compile(script.text, CELL, "exec"), {"__file__": CELL, "nothing": _nothing})  # noqa: S102 - the point
    assert traceback.extract_tb(caught.value.__traceback__)[-1].lineno == line


async def _nothing() -> None:
    pass


@settings(deadline=None)
@given(above=st.lists(STATEMENTS, max_size=8), newline=st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_syntax_error_names_the_line_the_editor_shows(above: list[str], newline: str):
    cell = ("".join(f"{item}\n" for item in above) + "x = = 2\n").replace("\n", newline)
    with pytest.raises(CellError) as caught:
        from_cell(cell, magic_line=LINE)
    assert caught.value.syntax_error
    assert caught.value.syntax_error.lineno == 1 + len(split_lines(cell))


@settings(deadline=None)
@given(cell=st.text(max_size=60), magic_line=st.text(max_size=30))
def test_no_text_crashes(cell: str, magic_line: str):
    try:
        script = from_cell(cell, magic_line=magic_line)
    except CellError:
        return
    compile(script.text, CELL, "exec")


NESTED_QUOTES = """row = {'model': 'tiny'}\nprint(f"model: {row["model"]}")\n"""


def test_syntax_that_a_header_allows_a_newer_python_for_is_left_to_it(monkeypatch: pytest.MonkeyPatch):
    cell = f"# /// script\n# requires-python = '>=3.10'\n# dependencies = []\n# ///\nlazy import json\n{NESTED_QUOTES}"
    script = from_cell(cell, magic_line=LINE)
    assert "is not valid in Python" in script.notes[0]
    assert "the job's own Python (>=3.10) decides." in script.notes[0]
    with pytest.raises(CellError, match=r"add -p 3\.15\. Nothing was submitted"):
        from_cell(cell.replace(">=3.10", ">=3.10,<3.15"), magic_line=LINE)


def test_an_f_string_of_several_lines_is_left_to_a_newer_python():
    """Before 3.12 its error has the line of its end, where no f-string is to be seen."""
    text = 'a = "b"\ncard = f"""---\n{f" \\n --max {a}" if a else ""}\n---\n"""\n'
    header = "# /// script\n# requires-python = '>=3.10'\n# dependencies = []\n# ///\n"
    from_cell(f"{header}{text}", magic_line=LINE)
    if sys.version_info < (3, 12):
        with pytest.raises(CellError, match=r"this kernel's version, add -p 3\.12\."):
            from_cell(text, magic_line=LINE)


def test_syntax_of_a_newer_python_is_answered_with_the_way_to_run_it():
    with pytest.raises(CellError, match=r"If this is newer than Python 3\.\d+, this kernel's version, add -p 3\.15\."):
        from_cell("lazy import json\n", magic_line=LINE)
    with pytest.raises(CellError, match=r"^SyntaxError at line \d: .*\. Nothing was submitted\.$"):
        from_cell("x = f'{1}' y\n", magic_line=LINE)


def test_a_file_with_newer_syntax_is_sent_as_hf_jobs_sends_it():
    script = from_source("lazy import json\n")
    assert "the job's own Python decides." in script.notes[0]
    with pytest.raises(CellError, match=r"^SyntaxError at line \d: .*\. Nothing was submitted\.$"):
        from_source("x = = 1\n")


def test_quotes_inside_an_f_string_are_syntax_of_3_12():
    is_old = sys.version_info < (3, 12)
    assert bool(from_cell(NESTED_QUOTES, magic_line=LINE, python="3.12").notes) == is_old
    assert bool(from_source(NESTED_QUOTES).notes) == is_old
    refused = pytest.raises(CellError, match=r"add -p 3\.12\.") if is_old else contextlib.nullcontext()
    with refused:
        from_cell(NESTED_QUOTES, magic_line=LINE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("numpy=1.26", "'numpy==1.26'"),
        ("torch\u22652", "'torch>=2'"),
        ("torch\uff1e=2", "'torch>=2'"),
        ("torch\u22602.1", "'torch!=2.1'"),
    ],
)
def test_a_version_with_the_signs_of_conda_or_of_a_page_is_answered_with_what_to_write(written: str, meant: str):
    with pytest.raises(OptionError) as caught:
        check_requirements([written])
    assert str(caught.value) == f"--with {written} is not a requirement. Write --with {meant}."


@pytest.mark.parametrize("written", ["requirements.txt", "-r requirements.txt", "-rrequirements.txt"])
def test_a_file_of_requirements_is_named_once_in_what_to_write(written: str):
    with pytest.raises(OptionError) as caught:
        check_requirements([written])
    said = f"--with {written} is a file, not a package. Write %pip install -r requirements.txt in the cell."
    assert str(caught.value) == said
