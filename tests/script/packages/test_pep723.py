"""Script blocks: found wherever they stand, read as `hf jobs uv run` reads them, refused as uv would."""

from __future__ import annotations

import contextlib

import pytest
from huggingface_hub.cli._uv_script_header import VALID_KEYS, parse_uv_script_header
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.packages.pep723 import _KEYS, Header, read, write

FULL = """\
# /// script
# requires-python = ">=3.11"
# dependencies = ["rich>=13", "torch"]
#
# [tool.hf-jobs]
# image = "ghcr.io/astral-sh/uv:debian"
# flavor = "a10g-small"
# python = "3.12"
# timeout = 5400
# name = "training"
# namespace = "my-org"
# network_group = "ring"
# env = { LEVEL = "info", EMPTY = "" }
# secrets = ["HF_TOKEN"]
# labels = { team = "ünï" }
# volumes = ["hf://datasets/org/data:/data:ro"]
# network_aliases = ["head"]
# ///
"""


def block(*rows: str) -> str:
    return "\n".join(["# /// script", *(f"# {row}" for row in rows), "# ///", ""])


def test_every_key_becomes_a_keyword_of_run_options():
    assert read("import x\n\n" + FULL) == Header(
        3,
        dependencies=("rich>=13", "torch"),
        requires_python=">=3.11",
        jobs={
            "image": "ghcr.io/astral-sh/uv:debian",
            "flavor": "a10g-small",
            "python": "3.12",
            "timeout": "5400",
            "name": "training",
            "namespace": "my-org",
            "network_group": "ring",
            "env": ("LEVEL=info", "EMPTY="),
            "secrets": ("HF_TOKEN",),
            "labels": ("team=ünï",),
            "volumes": ("hf://datasets/org/data:/data:ro",),
            "network_aliases": ("head",),
        },
    )


def test_keys_are_those_of_the_installed_hub_client():
    assert set(_KEYS) == set(VALID_KEYS)


def test_the_hub_client_reads_the_same():
    theirs, ours = parse_uv_script_header(FULL), read(FULL)
    assert theirs
    assert ours
    for key in VALID_KEYS:
        value = getattr(theirs, key)
        expected = tuple(f"{name}={item}" for name, item in value.items()) if isinstance(value, dict) else value
        assert ours.jobs[key] == (tuple(expected) if isinstance(expected, list) else expected)


def test_a_source_without_a_block_has_no_header():
    assert read("import x\n# /// other\n# a = 1\n# ///\n") is None
    assert read("") is None


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (["[tool.hf-jobs]", 'flavour = "x"'], r"Line 4: \[tool.hf-jobs\] has no key 'flavour'. Keys are image, flavor"),
        (["[tool]", "hf-jobs = 3"], r"Line 4: hf-jobs must be a table, \[tool.hf-jobs\]."),
        (["[tool.hf-jobs]", "image = 3"], r"Line 4: 'image' in \[tool.hf-jobs\] must be a string, not 3."),
        (["[tool.hf-jobs]", "", "timeout = true"], "Line 5: 'timeout' in .* must be a duration"),
        (["[tool.hf-jobs]", "env = { A = 1 }"], "Line 4: 'env.A' in .* must be a string, not 1."),
        (["[tool.hf-jobs.env]", "A = true"], "Line 4: 'env.A' in .* must be a string, not True."),
        (["[tool.hf-jobs]", 'env = ["A"]'], "Line 4: 'env' in .* must be a table of strings"),
        (["[tool.hf-jobs]", 'volumes = "x"'], "Line 4: 'volumes' in .* must be a list of strings"),
        (["[tool.hf-jobs]", "network_aliases = [1]"], "'network_aliases' in .* must be a list of strings"),
        (['dependencies = "x"'], "Line 3: dependencies must be a list of strings, not 'x'."),
        (["dependencies = [", '  "rich",', '  "torch==",', "]"], "Line 5: 'torch==' is not a requirement"),
        (['dependencies = ["git+https://x.org/y"]'], "name @ https"),
        (['requires-python = "3.x"'], "Line 3: requires-python must be a version specifier"),
        (["requires-python = 3.12"], "Line 3: requires-python must be a version specifier"),
        (["a = 1", "b = = 2"], "Line 4: Invalid value. The script block is TOML"),
        (["a = [1,"], "Line 3: .*TOML"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(rows: list[str], message: str):
    with pytest.raises(CellError, match=message):
        read("x = 1\n" + block(*rows))


@pytest.mark.parametrize("secrets", ['{ HF_TOKEN = "hf_abc" }', '["HF_TOKEN=hf_abc"]'])
def test_a_secrets_value_is_refused_and_not_repeated(secrets: str):
    with pytest.raises(CellError, match="must be a list of names") as caught:
        read(block("[tool.hf-jobs]", f"secrets = {secrets}"))
    assert "hf_abc" not in str(caught.value)


def test_two_blocks_are_refused_as_uv_refuses_them():
    with pytest.raises(CellError, match="Lines 2 and 6 each begin a script block"):
        read("x = 1\n" + block("a = 1") + "\n" + block("b = 1"))


@pytest.mark.parametrize(
    "text", ["# /// script\n# a = 1\n", "# /// script \n# a = 1\n# ///\n", "# /// script\nx\n# ///\n"]
)
def test_a_block_that_is_not_closed_is_refused_as_uv_refuses_it(text: str):
    with pytest.raises(CellError, match="Line 2: the script block cannot be read"):
        read("x = 1\n" + text)


LINES = st.lists(
    st.text(st.characters(exclude_characters="\r\n#/", exclude_categories=["Cs"]), max_size=20), max_size=6
)
NAMES = st.lists(st.sampled_from(["rich", "torch>=2", 'a-b; python_version < "4"', "x[y]==1.0"]), unique=True)


@given(above=LINES, below=LINES, names=NAMES, newline=st.sampled_from(["\n", "\r\n", "\r"]), tab=st.booleans())
def test_a_block_is_found_at_any_place_with_any_line_end(
    above: list[str], below: list[str], names: list[str], newline: str, tab: bool
):
    own = write(names)
    if tab:
        own = own.replace("#   ", "# \t")
    text = "".join(f"{row}\n" for row in above) + own + "".join(f"{row}\n" for row in below)
    header = read(text.replace("\n", newline))
    assert header
    assert header.line == len(above) + 1
    assert header.dependencies == tuple(names)


@given(st.text(st.sampled_from(list('#/ \n\r\tab=[]"script')) | st.characters(), max_size=80))
def test_no_text_crashes_the_reader(text: str):
    for source in (text, f"# /// script\n# {text}\n# ///\n"):
        with contextlib.suppress(CellError):
            read(source)


def test_what_is_written_can_be_read():
    names = ["rich", 'a; python_version<"4"', "b @ https://example.org/a.whl"]
    header = read(write(names))
    assert header
    assert [Requirement(item).name for item in header.dependencies or ()] == ["rich", "a", "b"]
