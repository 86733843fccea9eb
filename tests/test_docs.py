"""What the docs say is what the code does."""

from __future__ import annotations

import json
import re
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic import errors
from hfjobs_magic.magics.hfjobs import line_parser
from hfjobs_magic.options.table import OPTIONS
from tools.options_table import PAGES, with_table

if TYPE_CHECKING:
    import argparse

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DESIGN = sorted((ROOT / "docs" / "design").glob("*.md"))
DOCS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *DESIGN]
MOVING_PICTURE = ROOT / "docs" / "card" / "moving.webp"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_table_of_options_is_the_option_table(page: Path):
    text = page.read_text(encoding="utf-8")
    assert with_table(text) == text, "run `make docs`"


def anchors(page: Path) -> set[str]:
    """Names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_of_the_docs_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", DESIGN, ids=lambda page: page.name)
def test_a_design_page_names_the_tests_that_hold_it(page: Path):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequences", "Held by"]
    held = re.findall(r"^- `(tests/[^`]+)`$", text, flags=re.MULTILINE)
    assert held
    assert [name for name in held if not (ROOT / name).exists()] == []


def test_contributing_names_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|ts|css))`", text))
    assert named
    assert [name for name in named if not any((ROOT / top / name).exists() for top in ("", "hfjobs_magic"))] == []


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 120


def test_every_page_can_be_reached_from_the_index():
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in DOCS if page.parent.name == "docs" and f"({page.name})" not in index] == ["index.md"]


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    found: set[str] = set()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action.choices, dict):
            found = found.union(*(options_of(inner) for inner in action.choices.values()))
    return found


FOREIGN = {"--local-dir", "--host", "--port", "--data-dir", "--print"}
"""Of `hf download` and of the local service's own command line."""


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_options_that_the_docs_name_exist(page: Path):
    known = {flag for option in OPTIONS for flag in option.flags} | options_of(line_parser()) | FOREIGN
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page.read_text(encoding="utf-8")))
    assert named <= known, named - known


def test_every_command_of_hfjobs_is_in_the_docs():
    text = (ROOT / "docs" / "jobs.md").read_text(encoding="utf-8")
    (verbs,) = (action.choices for action in line_parser()._actions if action.dest == "verb")
    assert [verb for verb in verbs if f"%hfjobs {verb}" not in text and f"`{verb}`" not in text] == []


def test_every_public_name_is_in_the_docs():
    text = README + (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    for name in set(hfjobs_magic.__all__) - {
        "__version__",
        "load_ipython_extension",
        "unload_ipython_extension",
    }:
        assert f"`{name}" in text, name


def test_every_error_is_public():
    of_ours = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, BaseException)
    }
    assert of_ours == {name for name in hfjobs_magic.__all__ if name.endswith("Error")}


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


def test_the_moving_picture_moves_and_is_small_enough_to_be_looked_at_at_once():
    content = MOVING_PICTURE.read_bytes()
    assert content[:4] + content[8:12] == b"RIFFWEBP"
    assert content.count(b"ANMF") > 20, "frames"
    assert len(content) < 1_500_000
    assert f"docs/card/{MOVING_PICTURE.name}" in README.split("## Install")[0]
