"""What modules that are sent along import: their packages are those of the cell, too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hfjobs_magic.script.cell import from_cell
from hfjobs_magic.script.packages.imports import find_imports
from hfjobs_magic.script.packages.kernel_packages import find_modules, read_kernel
from hfjobs_magic.script.packages.module_imports import MAX_MODULES, follow_imports

FILES = {
    "lib/__init__.py": "from .core import run\n",
    "lib/core.py": (
        "import yaml\nfrom . import sub\nfrom .sub.deep import go\n"
        "try:\n    import orjson\nexcept ImportError:\n    orjson = None\ndef run():\n    import requests\n"
    ),
    "lib/sub/__init__.py": "",
    "lib/sub/deep.py": (
        "import rich, os\nfrom lib import core\nimport helper2\ntry:\n    import lib.extra\nexcept ImportError: pass\n"
    ),
    "lib/extra.py": "import torch\n",
    "lib/unused.py": "import jax\n",
    "helper2.py": "from bs4 import BeautifulSoup\nimport broken\n",
    "broken.py": "print 'of Python 2'\n",
    "plain.py": "import helper2\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def follow(folder: Path, cell: str) -> dict[str, tuple[int, str, bool]]:
    tree = ast.parse(cell)
    found = follow_imports(tree, find_imports(tree), read_kernel(folder))
    return {item.module: (item.line, item.within, item.optional) for item in found if item.module != "os"}


def test_imports_are_followed_from_file_to_file(folder: Path):
    assert follow(folder, "x = 1\nimport lib\n") == {
        "yaml": (2, "lib.core", False),
        "requests": (2, "lib.core", False),
        "orjson": (2, "lib.core", True),
        "rich": (2, "lib.sub.deep", False),
        "bs4": (2, "helper2", False),
    }


@pytest.mark.parametrize(
    ("cell", "modules"),
    [
        ("from lib import unused", {"jax", "yaml", "requests", "orjson", "rich", "bs4"}),
        ("import plain", {"bs4"}),
        ("import lib.extra", {"torch", "yaml", "requests", "orjson", "rich", "bs4"}),
        ("try:\n    import plain\nexcept ImportError: pass", set()),
        ("import broken", set()),
        ("import numpy", set()),
        ("from plain import *", {"bs4"}),
        ("import lib.nothing.here", {"yaml", "requests", "orjson", "rich", "bs4"}),
    ],
)
def test_only_what_runs_counts(folder: Path, cell: str, modules: set[str]):
    assert set(follow(folder, cell)) == modules


def test_no_more_than_a_bounded_number_of_files_is_read(tmp_path: Path):
    for number in range(MAX_MODULES + 5):
        (tmp_path / f"m{number}.py").write_text(f"import m{number + 1}, third{number}\n")
    assert len(follow(tmp_path, "import m0")) == MAX_MODULES


def test_the_cell_gets_their_packages_and_says_whose_they_are(folder: Path):
    made = from_cell("import lib", magic_line="%%hfjob", kernel=lambda: read_kernel(folder))
    assert {"PyYAML", "requests", "rich", "beautifulsoup4"} == set(made.requirements)
    assert "PyYAML (line 2: import yaml in lib.core, by " in str(made.inferred[0])
    alone = from_cell("import lib", magic_line="%%hfjob", deps="none", kernel=lambda: read_kernel(folder))
    assert alone.requirements == ()


@pytest.mark.parametrize(
    ("mounts", "path", "names"),
    [
        ({"/code": "."}, "/code", {"lib": "lib", "helper2": "helper2.py", "plain": "plain.py", "broken": "broken.py"}),
        ({"/code/lib": "lib"}, "/elsewhere:/code", {"lib": "lib"}),
        ({"/code": "."}, "/code/lib", {name: f"lib/{name}" for name in ("sub", "core.py", "extra.py", "unused.py")}),
        ({"/code/a/lib": "lib"}, "/code", {}),
        ({"/code": "."}, "", {}),
    ],
)
def test_modules_of_a_mounted_folder(folder: Path, mounts: dict[str, str], path: str, names: dict[str, str]):
    found = find_modules({target: folder / source for target, source in mounts.items()}, path)
    expected = {name.removesuffix(".py"): folder / place for name, place in names.items()}
    assert {name: place for name, place in found.items() if name != "__init__"} == expected


def test_a_mounted_module_is_no_package(folder: Path):
    sent = find_modules({"/code": folder / "lib"}, "/code")
    made = from_cell("import unused, sub.deep", magic_line="%%hfjob", kernel=lambda: read_kernel(Path("/"), sent))
    assert "jax" in made.requirements
    assert "unused" not in made.requirements
