"""Modules that a cell makes, fetches or puts on the path are not asked for on an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.script.cell import from_cell
from hfjobs_magic.script.packages.kernel_packages import read_kernel
from hfjobs_magic.script.packages.local_imports import LocalImport
from hfjobs_magic.script.packages.requirements import Kernel

if TYPE_CHECKING:
    from pathlib import Path

    from hfjobs_magic.script.script import Script

WGET = "!wget -q https://a.org/mrd/main/helper_functions.py\n"


@pytest.mark.parametrize(
    "cell",
    [
        f"{WGET}from helper_functions import plot\n",
        "open('mymod.py', 'w').write('x = 1')\nimport mymod\n",
        "from pathlib import Path\nPath('out/mymod.py').write_text('x = 1')\nimport mymod as m\n",
        "!curl -O https://a.org/engine.py?raw=1 && ls\nfrom engine import train\n",
        "!git clone -q --depth 1 https://a.org/me/mrdkit.git\nfrom mrdkit.nets import Net\n",
        "!git clone https://a.org/me/x mrdkit && ls\nimport mrdkit\n",
        "fetch('me/x', local_dir='./mrdkit')\nfrom mrdkit.nets import Net\n",
    ],
)
def test_a_file_that_the_cell_names_is_no_package(cell: str):
    script = from_cell(cell, magic_line="%%hfjob")
    assert script.requirements == ()
    assert script.notes == ()
    assert script.contents.local_imports == ()


@pytest.mark.parametrize(
    "line",
    [
        *("sys.path.append('src')", "sys.path.insert(0, './src')", "sys.path.append(str(Path('.') / 'src'))"),
        *("sys.path.insert(1, os.path.join(os.getcwd(), 'src'))", "sys.path.extend(['src'])"),
        *("sys.path += ['src']", "sys.path[:0] = ['src']", "sys.path = ['src', *sys.path]", "site.addsitedir('src')"),
    ],
)
def test_a_folder_that_the_cell_puts_on_the_path_holds_local_modules(line: str, tmp_path: Path):
    (tmp_path / "src" / "projlib").mkdir(parents=True)
    (tmp_path / "src" / "projlib" / "net.py").write_text("", encoding="utf-8")
    (tmp_path / "src" / "fast.cpython-39-x86_64-linux-gnu.so").write_text("", encoding="utf-8")
    script = from_cell(
        f"{line}\nimport projlib.net, fast, tomli_w\n", magic_line="%%hfjob", kernel=lambda: read_kernel(tmp_path)
    )
    assert script.requirements == ("tomli_w",)
    assert script.contents.local_imports == (LocalImport("fast", 3), LocalImport("projlib.net", 3))
    assert script.contents.changes_path


def test_a_cloned_repository_is_on_a_path_that_only_the_job_knows():
    assert from_cell("!git clone https://a.org/x\nimport rich\n", magic_line="%%hfjob").contents.changes_path
    assert not from_cell("import sys\nsys.path\n", magic_line="%%hfjob").contents.changes_path


CLONE = "!git clone https://a.org/me/Mrd-Kit\n"
FETCH = "from huggingface_hub import snapshot_download\nsnapshot_download('me/x')\n"


@pytest.mark.parametrize("fetch", [CLONE, "import subprocess\nsubprocess.run(['git', 'clone', url])\n", FETCH])
@pytest.mark.parametrize("goes", ["%cd Mrd-Kit", "import os\nos.chdir('x')", "import sys\nsys.path.append('Mrd-Kit')"])
def test_an_unheard_of_module_is_taken_for_one_of_a_fetched_folder(fetch: str, goes: str):
    """No index is asked: it may have another package of that name, which would be imported in its place."""

    def made(text: str) -> Script:
        return from_cell(text, magic_line="%%hfjob", kernel=lambda: Kernel(table={"rich": "rich"}))

    text = f"{fetch}{goes}\nfrom mrdkit.nets import Net\nimport rich\n"
    script = made(text)
    line = text.count("\n")  # and one for the magic
    assert "mrdkit" not in script.requirements
    assert "rich" in script.requirements
    assert (
        f"Line {line} imports mrdkit, which is taken for a part of what the cell fetches. "
        "If it is a package, add --with mrdkit."
    ) in script.notes
    assert "mrdkit" in made(text.replace(goes, "1")).requirements
    assert "mrdkit" in made(text.replace(fetch, "")).requirements


def test_empty_packages_that_name_another_are_refused_everywhere():
    said = "sklearn is an empty package that refuses to be installed. Write scikit-learn."
    with pytest.raises(OptionError, match=f"^--with sklearn: {said}$"):
        from_cell("1\n", magic_line="%%hfjob", dependencies=["sklearn"])
    with pytest.raises(CellError, match=f"^Line 2: {said} Nothing was submitted.$"):
        from_cell("!pip install sklearn\n", magic_line="%%hfjob")
    with pytest.raises(CellError, match=f"^Line 2: {said}$"):
        from_cell('# /// script\n# dependencies = ["sklearn"]\n# ///\nx = 1\n')
    with pytest.raises(OptionError, match=r"Write --with torch --with torchvision\.$"):
        from_cell("1\n", magic_line="%%hfjob", dependencies=["torch torchvision"])
