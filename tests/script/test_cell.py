"""A cell as its job is sent it: as it was written, its packages named, its lines kept."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import yaml as anything

from hfjobs_magic.errors import CellError
from hfjobs_magic.options.value_names import ValueName, parse_values
from hfjobs_magic.script.cell import RUNNER_NEEDS, from_cell
from hfjobs_magic.script.names.cell_names import Notebook
from hfjobs_magic.script.names.inputs import Input, choose_inputs
from hfjobs_magic.script.packages.kernel_packages import read_kernel
from hfjobs_magic.script.packages.requirements import Kernel

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.script.script import Script


def make(cell: str, **options) -> Script:
    return from_cell(cell, magic_line="%%hfjob --local", **options)


def test_the_text_stays_as_it_was_written():
    cell = "!echo one \\\n  two\nx = await thing()\n%time x\n"
    script = make(cell)
    assert script.text == f"# %%hfjob --local\n{cell}"
    assert script.is_cell
    assert script.extra == (RUNNER_NEEDS,)


@pytest.mark.parametrize(
    ("line", "packages"),
    [
        ("!pip -q install cowsay", ["cowsay"]),
        ("!pip install -q 'rich>=13' polars", ["rich>=13", "polars"]),
        ("%pip install cowsay", ["cowsay"]),
        ("!uv pip install cowsay > /dev/null 2>&1", ["cowsay"]),
        ("!python -m pip install cowsay", ["cowsay"]),
        ("!{sys.executable} -m pip install cowsay", ["cowsay"]),
        ("out = !pip install cowsay", ["cowsay"]),
        ("if True:\n    !pip install cowsay", ["cowsay"]),
        ("!sudo pip3 install cowsay", ["cowsay"]),
        ("!pip install -qU cowsay", ["cowsay"]),
        ("!pip install -Uqq cowsay --no-warn-conflicts", ["cowsay"]),
        ("!pip install cowsay && pip install 'rich>=13'", ["cowsay", "rich>=13"]),
        ("!pip install cowsay; pip install rich", ["cowsay", "rich"]),
        ("!pip install cowsay 2>&1 | tail -n 1", ["cowsay"]),
        ("!apt-get -y install ffmpeg && pip install cowsay", ["cowsay"]),
        ("!CMAKE_ARGS='-DA=on -DB=off' pip install cowsay", ["cowsay"]),
        ("!pip install git+https://a.org/b.git@main#egg=b  # don't pin", ["git+https://a.org/b.git@main#egg=b"]),
        ("!pip install -e git+https://a.org/b.git#egg=b", ["git+https://a.org/b.git#egg=b"]),
        ("!pip install cowsay>=6", ["cowsay>=6"]),
        ("!pip install cowsay rich\n!pip install -U rich cowsay", ["cowsay", "rich"]),
        ("!!pip install cowsay", ["cowsay"]),
        ("%sx pip install cowsay", ["cowsay"]),
        ("%time !pip install cowsay", ["cowsay"]),
        ("get_ipython().system('pip install cowsay')", ["cowsay"]),
        ("!pip install \\\n  cowsay \\\n  rich", ["cowsay", "rich"]),
        ("if 'google.colab' in sys.modules:\n    !pip install --no-such-option a", []),
        ("if IN_COLAB:\n    !pip install a\nelse:\n    !pip install cowsay", ["cowsay"]),
        ('if "COLAB_" not in "".join(os.environ):\n    !pip install cowsay\nelse:\n    !pip install a', ["cowsay"]),
        ("try:\n    import google.colab\n    !pip install a\nexcept ImportError:\n    !pip install cowsay", ["cowsay"]),
        ("!uv add cowsay", ["cowsay"]),
    ],
)
def test_lines_that_install_become_packages(line: str, packages: list[str]):
    script = make(f"{line}\nprint(1)\n")
    assert list(script.extra) == [RUNNER_NEEDS, *packages]
    assert all(f'#   "{item}",' in script.text for item in packages if "://" not in item)
    assert script.text.startswith(f"# %%hfjob --local\n{line}\n")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("!conda install -y cowsay", "the job has no conda. Delete the line and name the package, as PyPI calls it"),
        ("%conda install cowsay", "the job has no conda."),
        ("!conda remove -y cowsay", "the job has no conda. Delete the line. Nothing"),
        ("!pip install -r requirements.txt", "there is no file requirements.txt here to read. Name its packages with"),
        (
            "!cd repo && pip install -e .",
            "-e . installs code of this machine, which a job does not have. Bring it with",
        ),
        ("!pip install .", ". installs code of this machine"),
        ("!pip install dist/a-1-py3-none-any.whl", "a-1-py3-none-any.whl installs code of this machine"),
        ("!pip install {package}", "{package} is only known once the cell runs, and packages are installed before."),
        ("!pip install $package", "$package is only known once the cell runs"),
        ("!pip install -U --index-url https://a.org/cu121 torch", "as -e UV_INDEX=https://a.org/cu121. Delete it"),
        (
            "!pip install torch -f https://a.org/x.html",
            "-f goes on the %%hfjob line, as -e UV_FIND_LINKS=https://a.org",
        ),
        ("!pip install -i https://me:secret@a.org/simple x", "-i goes on the %%hfjob line, as -e UV_INDEX=ADDRESS."),
        ("!pip install --pre torch", "--pre goes into the package's version, as in 'torch>=2.10.dev0'."),
        ("!apt-get install -y ffmpeg && conda install -y rdkit", "the job has no conda."),
    ],
)
def test_lines_that_would_fail_in_the_job_are_refused_with_the_way(line: str, said: str):
    with pytest.raises(CellError, match="Line 3: ") as raised:
        make(f"x = 1\n{line}\n")
    assert said in str(raised.value)
    assert "Nothing was submitted." in str(raised.value)


def test_pip_in_a_subprocess_gets_a_note():
    script = make("import subprocess, sys\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'cowsay'])\n")
    assert any(note.startswith("Line 3 runs pip, which the job's environment does not have") for note in script.notes)


@pytest.mark.parametrize(
    ("call", "is_said"),
    [
        ("subprocess.check_call([sys.executable, '-m', 'pip', 'install', 'cowsay'])", True),
        ("done = subprocess.run(['pip', 'install', 'cowsay'], check=True)", True),
        ("subprocess.run('pip install cowsay'.split(), check=True)", True),
        ("subprocess.check_call(shlex.split('pip install cowsay'))", True),
        ("subprocess.check_call(f'{sys.executable} -m pip install cowsay', shell=True)", True),
        ("subprocess.check_call(f'echo {sys.executable} pip install cowsay', shell=True)", False),
        ("subprocess.check_call('a b'.split('pip install cowsay'))", False),
        ("subprocess.run(['pip', 'install', 'cowsay'])", False),
    ],
)
def test_pip_for_what_is_there_anyway_is_said_where_it_fails_the_cell(call: str, is_said: bool):
    notes = make(f"import shlex, subprocess, sys\n{call}\nimport cowsay\n").notes
    assert any("there without it. Delete the line, or add --with pip." in note for note in notes) == is_said


def test_a_file_of_requirements_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "dev.txt").write_text("rich>=13  # tables\n", encoding="utf-8")
    text = "# ours\n\ncowsay==6.1 \\\n    --hash=sha256:ab\n-r more/dev.txt\npolars; python_version < '4'\n"
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    (tmp_path / "own.txt").write_text("-e .\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = make("!pip install -q -r requirements.txt\n").requirements
    assert found == ("cowsay==6.1", "rich>=13", 'polars; python_version < "4"')
    with pytest.raises(CellError, match=r"Line 2: -e \. installs code of this machine"):
        make("!pip install -r own.txt\n")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("!pip uninstall -y torch", "Line 2 has uninstall, which does nothing: the job's environment is new."),
        ("%pip uninstall -y torch", "Line 2 has uninstall, which does nothing"),
        ("!pip install --no-deps cowsay", "Line 2 has --no-deps, which a job cannot have"),
        ("!python -m spacy download en_core_web_sm", "Line 2 runs spacy download, which needs pip. Add --with pip."),
        ("%%bash\n# tools\nset -e\npip install -q a && pip install b", "Line 5 runs pip, which the job's environment"),
        ("import os, sys\nos.system(f'{sys.executable} -m pip install {1}{2} a')", "Line 3 runs pip, which the job's"),
        ("import os\nos.system('pip install -q a')\nos.system('pip install b')", "Line 3 runs pip, which the job's"),
    ],
)
def test_what_a_line_of_pip_cannot_do_is_said_once(cell: str, said: str):
    assert next(note for note in make(cell).notes if re.search("pip|deps|uninstall", note)).startswith(said)
    assert sum("runs pip" in note for note in make(cell).notes) <= 1


def test_pip_as_the_way_out_of_a_missing_package_is_no_matter():
    instead = "    import os\n    os.system('pip install cowsay')\n    import cowsay\n"
    script = make(f"try:\n    import cowsay\nexcept ImportError:\n{instead}")
    assert script.requirements == ("cowsay",)
    assert not [note for note in script.notes if "pip" in note]


def test_ipython_syntax_of_every_kind_goes_along():
    for cell in ("%%time\nx = 1\n", "%%bash\nls\n", "files = !ls\n", "x = 3\nx?\n", "%matplotlib inline\n1\n"):
        assert make(cell).is_cell
    with pytest.raises(CellError, match="Line 2 is a %%hfjob in a %%hfjob"):
        make("%%hfjob\n1\n")


@pytest.mark.parametrize("cell", ["print(\n", "!ls\nprint('\n", "%%time\nx = = 1\n", "  \n", "# only words\n"])
def test_what_cannot_run_is_refused(cell: str):
    with pytest.raises(CellError):
        make(cell)


@pytest.mark.parametrize("above", ["!echo \\\n a\n", "%%time\n\n", "# why\n%%capture out\n"])
def test_syntax_errors_have_the_lines_of_the_editor(above: str):
    with pytest.raises(CellError) as raised:
        make(f"{above}x = = 1\n")
    assert raised.value.syntax_error is not None
    assert raised.value.syntax_error.lineno == 4
    assert str(raised.value) == "SyntaxError at line 4: invalid syntax. Nothing was submitted."
    assert raised.value._render_traceback_()[-1] == "Nothing was submitted."


def test_a_script_block_or_script_makes_a_plain_script():
    block = "# /// script\n# dependencies = []\n# ///\nprint(1)\n"
    assert not make(block).is_cell
    assert not make("print(1)\n", as_script=True).is_cell
    assert make("print(1)\n", as_script=True).extra == ()
    with pytest.raises(CellError, match="IPython syntax"):
        make("!ls\n", as_script=True)


def test_names_come_along_with_their_packages():
    notebook = Notebook({"json": json, "anything": anything, "__name__": "__main__"})
    script = make("anything.dump(json.loads('1'))\n", notebook=notebook, kernel=lambda: Kernel({"yaml": ["PyYAML"]}))
    assert script.brought == ("anything", "json")
    assert "import yaml as anything\n" in script.notebook
    assert script.extra == (RUNNER_NEEDS, "PyYAML")
    assert "anything" not in script.text.partition("# /// script")[2]


def test_what_plotly_needs_in_a_notebook():
    assert set(make("import plotly.express as px\npx.line()\n").extra) == {RUNNER_NEEDS, "plotly", "nbformat", "pandas"}


def test_code_that_is_in_no_cell_begins_on_line_1():
    assert from_cell("print(1)\n").text == "print(1)\n"


def test_what_calls_need_is_installed_with_the_line_of_the_cell_that_needs_it():
    import pandas as pd  # noqa: PLC0415 - of the notebook

    notebook = Notebook({"pd": pd, "__name__": "__main__"})
    script = make("%matplotlib inline\n\npd.read_parquet('x').to_markdown()\n", notebook=notebook)
    assert script.requirements == ("pandas", "matplotlib", "tabulate", "pyarrow")
    assert [str(item) for item in script.inferred] == [
        "pandas (line 4: import pandas, a guess from its name)",
        "matplotlib (line 2: %matplotlib needs it)",
        "tabulate (line 4: to_markdown needs it)",
        "pyarrow (line 4: read_parquet needs it)",
    ]
    pinned = make(
        "import pandas\npandas.read_excel('x')\n", deps="pin", kernel=lambda: Kernel(versions={"openpyxl": "3.1"})
    )
    assert pinned.requirements == ("pandas", "openpyxl==3.1")
    assert make("import pandas\npandas.read_excel('x')\n", deps="none").requirements == ()


@pytest.mark.parametrize("cell", ["print(x)", "import numpy\nprint(x)"])
def test_a_pickle_gets_the_kernels_own_versions(cell):
    inputs = choose_inputs(parse_values(["x:pickle", "y"], "-i"), {"x": {"a": [np.float64(1)]}, "y": np.ones(2)})
    assert make(cell, inputs=inputs, kernel=read_kernel).requirements == (f"numpy=={np.__version__}",)
    assert make("print(1)", inputs=inputs, kernel=read_kernel, deps="none").requirements == ()


def test_what_reads_a_pickle_is_told_of_where_nothing_is_inferred():
    item = Input(ValueName("f", "f", "pickle"), print, "pickle", ("cloudpickle",))
    said = "-i f:pickle is read with cloudpickle, which --deps none leaves out. Add --with cloudpickle."
    assert make("print(1)", inputs=[item], deps="none").notes == (said,)
    assert make("print(1)", inputs=[item], deps="none", dependencies=["cloudpickle"]).notes == ()
    assert make("print(1)", inputs=[item], kernel=read_kernel).notes == ()


@pytest.mark.parametrize(
    ("cell", "wanted", "options", "said"),
    [
        ("import pandas as pd", ["acc,df"], {}, ["pyarrow (for -o acc)"]),
        ("import pandas as pd", ["acc:json", "df"], {}, ["pyarrow (for -o df)"]),
        ("import pandas as pd", ["acc:json"], {}, []),
        ("import pandas as pd", [], {}, []),
        ("import pandas as pd", ["df"], {"deps": "none"}, []),
        ("import pandas as pd\nimport pyarrow", ["df"], {}, []),
        ("import pandas as pd", ["df"], {"dependencies": ["pyarrow>=15"]}, []),
        ("df = make()", ["df"], {"dependencies": ["pandas==2.2"]}, ["pyarrow (for -o df)"]),
        ("import polars", ["df", "other:parquet"], {}, []),
        ("x = make()", ["x:parquet"], {}, ["pyarrow (for -o x)"]),
        ("x = make()", ["x:safetensors"], {}, ["safetensors (for -o x)"]),
        ("import torch", ["w=model.weight"], {}, ["safetensors (for -o w)"]),
        ("acc = 1", ["acc"], {}, []),
    ],
)
def test_the_job_gets_what_its_values_are_written_with(cell: str, wanted: list[str], options: dict, said: list[str]):
    script = make(cell, outputs=parse_values(wanted, "-o"), **options)
    assert [str(item) for item in script.inferred if item.source == "output"] == said
    assert all(item.partition(" ")[0] in script.extra for item in said)
