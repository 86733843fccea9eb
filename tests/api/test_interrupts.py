"""Ctrl-C while values and files travel: it ends at once, leaves nothing that looks whole, and the next try goes on."""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import threading
import traceback
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest

import hfjobs_magic
from hfjobs_magic.api import pull as pulling
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.errors import TransferInterruptedError
from hfjobs_magic.hub.transfer import LARGE
from tests.local.serving import Server, write_faults
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TIMEOUT_S = 120
SIZES = {"small": 1_000_000, "large": LARGE + 1_000_000}
"""Bytes of a value that this process sends, and of one that has a process of its own."""


class Place(Server):
    """A service that can be made to hang."""

    def xorbs(self) -> list[Path]:
        """What was uploaded."""
        return [path for path in self.data_dir.rglob("xorbs/**/*") if path.is_file()]

    def hang(self, *rules: dict[str, Any]) -> None:
        write_faults(self.data_dir.parent / "faults.json", list(rules))


def start(place: Place, code: str, inputs: Any = None, **options: Any) -> hfjobs_magic.Job:
    options = {"inputs": inputs or {}, "python": sys.executable, **options}
    return hfjobs_magic.run(code, endpoint=place.endpoint, token=place.token, **options)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    server = Place(folder / "data", {"HFJOBS_LOCAL_FAULTS": str(folder / "faults.json")})
    yield server
    server.hang()
    RUNTIME.stop()
    server.stop()


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def is_inside(*modules: str) -> bool:
    """Whether this is what the main thread does now."""
    frame = sys._current_frames()[threading.main_thread().ident or 0]
    files = [entry.filename for entry in traceback.extract_stack(frame)]
    return all(any(file.endswith(module) for file in files) for module in modules)


def is_transferring() -> bool:
    """Whether a small transfer runs."""
    return is_inside("hub/transfer.py", "huggingface_hub/hf_api.py")


def interrupt(do: Callable[[], Any], when: Callable[[], bool]) -> str:
    """Press Ctrl-C while something is done; return what is said."""

    def press() -> None:
        try:
            wait_until(when)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    before = {child.pid for child in psutil.Process().children()}
    thread = threading.Thread(target=press, daemon=True)
    thread.start()
    with pytest.raises(TransferInterruptedError) as stopped:
        do()
    thread.join()
    assert {child.pid for child in psutil.Process().children()} <= before, "its process has ended"
    return str(stopped.value)


@pytest.mark.parametrize("size", SIZES)
def test_an_interrupt_of_sending_submits_nothing(place: Place, tmp_path: Path, size: str):
    data = np.random.default_rng(len(size)).integers(0, 256, SIZES[size], dtype="u1")
    code = f"assert data.sum() == {data.sum()}\n"
    before, sent = len(list(place.api.list_jobs(namespace="local"))), set(place.xorbs())
    place.hang({"path": "/xorbs/", "method": "POST", "stall": 0})
    said = interrupt(lambda: start(place, code, {"data": data}), lambda: bool(set(place.xorbs()) - sent))
    assert said == "Nothing was submitted. Run it again to send it."
    assert len(list(place.api.list_jobs(namespace="local"))) == before
    assert list((tmp_path / "tmp").iterdir()) == [], "no copy of the value is left on this machine"
    place.hang()
    start(place, code, {"data": data}).wait(timeout=TIMEOUT_S)


MAKES = """\
import random
for name, size in SIZES.items():
    content = random.Random(name).randbytes(size)
    open(f"results/{name}", "wb").write(content)
    open(f"{name}.bin", "wb").write(content)
import pathlib
small, large = pathlib.Path("small.bin"), pathlib.Path("large.bin")
"""


@pytest.fixture(scope="module")
def job(place: Place) -> hfjobs_magic.Job:
    """One that gives values and files of both sizes back."""
    code = MAKES.replace("SIZES", repr(SIZES))
    return start(place, code, outputs=["small", "large"], out_dir="results").wait(timeout=TIMEOUT_S)


def content(name: str) -> bytes:
    return random.Random(name).randbytes(SIZES[name])


def sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file()]


LAST = {"small": 0, "large": 1}
"""Part of a file that the service never sends; of the large one, 16 MiB come before it."""


def has_begun(size: str, folder: Path) -> bool:
    """Whether all but the last part of a file is there."""
    if size == "small":
        return is_transferring()
    return any(one >= 1 << 24 for one in sizes(folder))


@pytest.mark.parametrize("size", SIZES)
def test_an_interrupt_of_get_leaves_no_value_and_the_next_one_fetches_it(
    place: Place, job: hfjobs_magic.Job, tmp_path: Path, size: str
):
    value = job.values[size]
    assert value.size == SIZES[size], "its manifest has been read"
    cache = tmp_path / "cache"
    place.hang({"path": f"/xet/parts/[0-9a-f]+/{LAST[size]}$", "stall": 0})
    said = interrupt(value.get, lambda: has_begun(size, cache))
    assert said == "What was fetched so far is not used. Ask again to fetch it."
    assert all(one < SIZES[size] for one in sizes(cache)), "nothing looks whole"
    place.hang()
    assert value.get().read_bytes() == content(size)


@pytest.mark.parametrize("size", SIZES)
def test_an_interrupt_of_a_pull_leaves_no_file_and_the_next_one_goes_on(
    place: Place, job: hfjobs_magic.Job, tmp_path: Path, size: str
):
    target = tmp_path / "here"
    files = job.files
    place.hang({"path": f"/xet/parts/[0-9a-f]+/{LAST[size]}$", "stall": 0})
    interrupt(lambda: files.pull(target, only=[size]), lambda: has_begun(size, target))
    assert [path.name for path in target.iterdir()] == [pulling.STAGE]
    place.hang()
    assert files.pull(target).fetched == ("large", "small")
    assert {path.name: path.read_bytes() for path in target.iterdir()} == {name: content(name) for name in SIZES}
