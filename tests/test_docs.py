"""What the docs say is what the code does."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

import hfjobs_magic
from tools.options_table import with_table

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_the_readmes_table_is_the_option_table():
    assert with_table(README) == README, "run `make docs`"


def test_every_public_name_is_in_the_readme():
    for name in set(hfjobs_magic.__all__) - {
        "__version__",
        "load_ipython_extension",
        "unload_ipython_extension",
    }:
        assert f"`{name}" in README


def test_every_public_name_exists():
    for name in hfjobs_magic.__all__:
        assert getattr(hfjobs_magic, name)
    with pytest.raises(AttributeError):
        _ = hfjobs_magic.nonsense


def test_the_versions_agree():
    package = json.loads((ROOT / "js" / "package.json").read_text())
    assert package["version"] == hfjobs_magic.__version__ == version("hfjobs-magic")


def test_the_lock_file_names_no_registry():
    assert "resolved" not in (ROOT / "js" / "package-lock.json").read_text()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_saved_light_and_clean(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text) < 100_000
    assert "widgets" not in json.loads(text)["metadata"]
    assert not re.search(r"hf_[A-Za-z0-9]{30,}|/(tmp|root|home|Users)/", text)
