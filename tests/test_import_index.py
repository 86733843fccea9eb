"""The tables of import names, compared with an index's: a small database as pigar ships it, in a wheel."""

from __future__ import annotations

import sqlite3
import zipfile
from typing import TYPE_CHECKING

import pytest

from tools.import_index import DATABASE, Index, compare, find_modules, read_index, rows

if TYPE_CHECKING:
    from pathlib import Path

CONTENTS = {
    "boto3": ["boto3", "tests"],
    "Pillow": ["PIL", "_imaging"],
    "python-dotenv": ["dotenv"],
    "dotenv": ["dotenv"],
    "llama-index-workflows": ["workflows"],
    "workflows": ["workflows"],
    "bayesian-optimization": ["bayes_opt"],
    "aspose-words": ["aspose_words_parts"],
    "fluent-logger": ["fluent"],
    "fluent-syntax": ["fluent"],
    "pywin32": ["bits", "google"],
    "slack-sdk": ["slack"],
    "slack": ["slack"],
}
MOST_USED = ["boto3", "pillow", "python-dotenv", "llama-index-workflows", "bayesian-optimization", "aspose-words"]
MOST_USED += [
    "fluent-logger",
    "fluent-syntax",
    "pywin32",
    "slack-sdk",
    *(f"other{count}" for count in range(600)),
    "slack",
]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    """What is read of a wheel and a list of the most used packages."""
    connection = sqlite3.connect(tmp_path / "db")
    connection.execute("CREATE TABLE distributions (id INTEGER PRIMARY KEY, name, version)")
    connection.execute("CREATE TABLE top_level_module_names (id INTEGER PRIMARY KEY, distribution_id, name)")
    for number, (name, tops) in enumerate(CONTENTS.items()):
        connection.execute("INSERT INTO distributions VALUES (?, ?, '1')", (number, name))
        connection.executemany(
            "INSERT INTO top_level_module_names (distribution_id, name) VALUES (?, ?)", [(number, top) for top in tops]
        )
    connection.commit()
    connection.close()
    with zipfile.ZipFile(tmp_path / "pigar-2.2.0-py3-none-any.whl", "w") as archive:
        archive.write(tmp_path / "db", DATABASE)
    (tmp_path / "most.csv").write_text("download_count,project\n" + "".join(f'9,"{name}"\n' for name in MOST_USED))
    return read_index(tmp_path / "pigar-2.2.0-py3-none-any.whl", tmp_path / "most.csv")


def test_a_table_has_what_is_imported_and_calls_a_guess_what_a_stranger_has_too(index: Index):
    assert dict(rows(index, 1000, {"PIL": "pillow|pillow-simd"})) == {
        "boto3": "boto3",
        "dotenv": "python-dotenv",
        "workflows": "?llama-index-workflows",
        "bayes_opt": "bayesian-optimization",
        "fluent": "?fluent-logger|fluent-syntax",
        "aspose_words_parts": "aspose-words",
        "slack": "?slack-sdk|slack",
    }


def test_only_the_most_used_are_in_it_and_what_is_named_besides(index: Index):
    assert dict(rows(index, 1, {})) == {"boto3": "boto3"}
    assert dict(rows(index, 1, {}, {"bits", "nobody"})) == {"boto3": "boto3"}
    assert dict(rows(index, 1, {}, {"dotenv"})) == {"boto3": "boto3", "dotenv": "python-dotenv"}


def test_a_table_is_compared_import_by_import(index: Index):
    table = {"PIL": "pillow-simd", "dotenv": "dotenv", "workflows": "-", "bayes_opt": "?bayesian-optimization"}
    table |= {"bits": "private", "slack": "slack", "boto3": "boto3|botocore"}
    outcome = compare(index, ["boto3", *table, "nowhere.at_all"], table | {"private": "x"})
    assert outcome.right == ["boto3", "boto3"]
    assert outcome.guesses == ["bayes_opt"]
    assert outcome.nothing == ["workflows"]
    assert outcome.unknown == ["nowhere.at_all"]
    assert outcome.doubtful == [
        "dotenv is resolved to dotenv (table), but python-dotenv (3), dotenv (hardly used) provide it",
        "slack is resolved to slack (table), but slack-sdk (10), slack (611) provide it",
    ]
    assert outcome.wrong == [
        "PIL is resolved to pillow-simd (table), but provided by pillow (2)",
        "bits is resolved to private (table), but provided by pywin32 (9)",
    ]


def test_imports_are_found_in_notebooks_and_in_other_languages():
    notebook = '{"source": [\n    "import torch\\n",\n    "from PIL import Image",\n    "from this text", "import os"]}'
    script = "const x = `import a.b\nfrom c.d import e`;\nimport type { F } from './f.js';\nimport * as g from 'g';\n"
    assert find_modules(notebook) == {"torch", "PIL"}
    assert find_modules(script) == {"a.b", "c.d"}
