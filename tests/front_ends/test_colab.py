"""Colab and Kaggle pin IPython 7.34 and ipykernel 6.17.1: nothing of ours replaces them, and a cell works there.

`make lowest` runs this with those versions (tests/lowest-colab.txt), and the suite with the newest.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel
from packaging.requirements import Requirement

from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hfjobs_magic.local.daemon import Service

PINNED = {"ipython": "7.34.0", "ipykernel": "6.17.1"}
"""Of Colab, 2026-04 (googlecolab/colabtools, setup.py), and of Kaggle, whose image is made from it."""


@pytest.mark.lowest
def test_no_requirement_excludes_what_colab_pins():
    requirements = [Requirement(line) for line in importlib.metadata.requires("hfjobs-magic") or []]
    named = {one.name: one.specifier for one in requirements if one.name in PINNED}
    assert "ipython" in named
    assert [str(one) for name, one in named.items() if not one.contains(PINNED[name])] == []


@pytest.fixture
def run(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """A kernel with a person before it, as its front end says; what a cell puts out."""
    monkeypatch.setenv("HFJOBS_LOCAL_DIR", str(service.data_dir))
    manager, client = start_new_kernel(kernel_name="python3")

    def running(code: str) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = []
        client.execute_interactive(code, allow_stdin=True, output_hook=messages.append, timeout=PATIENCE_S)
        return [message["content"] for message in messages if message["msg_type"] != "status"]

    try:
        yield running
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.mark.lowest
def test_a_cell_has_a_card_and_raises_nothing(run: Callable[[str], list[dict[str, Any]]]):
    assert [content for content in run("%load_ext hfjobs_magic") if "ename" in content] == []
    outputs = run("%%hfjob --local --as job --name colab --timeout 2m\nprint('hello')")
    assert [content for content in outputs if "ename" in content] == []
    bundles = [content["data"] for content in outputs if "data" in content and "metadata" in content]
    assert any("application/vnd.jupyter.widget-view+json" in data for data in bundles), outputs
    outputs = run("job.wait(timeout=60); print(job.stage)")
    assert any("COMPLETED" in content.get("text", "") for content in outputs), outputs
    assert [content for content in run("%hfjobs ls -a --local") if "ename" in content] == []


@pytest.mark.lowest
def test_showing_that_fails_leaves_the_id_and_the_link(run: Callable[[str], list[dict[str, Any]]]):
    run("%load_ext hfjobs_magic")
    # As a comm of ipykernel 6.17 did when it was given what is not a kernel.
    run(
        "import hfjobs_magic.widgets.card as module\n"
        "class Broken(module.JobCard):\n"
        "    def __init__(self, handle):\n"
        "        raise RuntimeError('no comm here')\n"
        "module.JobCard = Broken"
    )
    outputs = run("%%hfjob --local --as job --name shown-as-text --timeout 2m\nprint('hello')")
    assert [content for content in outputs if "ename" in content] == []
    text = "\n".join(content["data"]["text/plain"] for content in outputs if "data" in content)
    assert "shown-as-text" in text
    assert "/jobs/" in text
    run(
        "import hfjobs_magic.widgets.table as tables\n"
        "class BrokenTable(tables.JobsTable):\n"
        "    def __init__(self, *args, **options):\n"
        "        raise RuntimeError('no comm here')\n"
        "tables.JobsTable = BrokenTable"
    )
    for code in ("%hfjobs ls -a --local", "%%hfjob --local --map a=1,2 --yes --name two\nprint(a)"):
        outputs = run(code)
        assert [content for content in outputs if "ename" in content] == []
        text = "\n".join(content["data"]["text/plain"] for content in outputs if "data" in content)
        assert "This failed with an unexpected RuntimeError" in text
    assert "`%hfjobs ls --label sweep=" in text
    run("sweep.cancel()")
    outputs = run("import hfjobs_magic; print(hfjobs_magic.attach(job.id).name)")
    assert any("shown-as-text" in content.get("text", "") for content in outputs), outputs
