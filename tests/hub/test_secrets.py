"""Secrets by name, from where each front end keeps them."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.secrets import read_secrets
from hfjobs_magic.options.run_options import from_keywords

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USERDATA = """
class SecretNotFoundError(Exception): pass
class NotebookAccessError(Exception): pass
def get(name):
    if name == "WANDB_KEY": return "from colab"
    raise NotebookAccessError(name) if name == "LOCKED" else SecretNotFoundError(name)
"""
"""As Colab's own module has it (googlecolab/colabtools, ``google/colab/userdata.py``)."""


@pytest.fixture
def colab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kernel of Colab, as far as its secrets go."""
    folder = tmp_path / "google" / "colab"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "userdata.py").write_text(USERDATA)
    monkeypatch.syspath_prepend(tmp_path)
    # Names of `google` may be taken already, by a package that is installed.
    for name in [name for name in sys.modules if name.split(".")[0] == "google"]:
        monkeypatch.delitem(sys.modules, name)
    importlib.import_module("google.colab")
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "google"]:
        del sys.modules[name]


def secrets(*names: str) -> dict[str, str]:
    return read_secrets(from_keywords({"secrets": list(names)}))


def test_a_secret_of_colab_is_found_by_name(colab: None, monkeypatch: pytest.MonkeyPatch):
    assert secrets("WANDB_KEY") == {"WANDB_KEY": "from colab"}
    monkeypatch.setenv("WANDB_KEY", "from the environment")
    assert secrets("WANDB_KEY") == {"WANDB_KEY": "from the environment"}


def test_a_secret_that_colab_lacks_or_locks_is_refused_with_what_to_do(colab: None):
    with pytest.raises(OptionError, match="The secret ABSENT is not set here"):
        secrets("ABSENT")
    with pytest.raises(OptionError, match=r"may not read the secret LOCKED\. Allow it under Secrets"):
        secrets("LOCKED")


def test_without_colab_nothing_asks_for_it():
    with pytest.raises(OptionError, match="The secret WANDB_KEY is not set here"):
        secrets("WANDB_KEY")
