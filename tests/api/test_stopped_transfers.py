"""Ctrl-C, kill -9 and a full disk while values and files travel: nothing looks whole, and the next try goes on."""

from __future__ import annotations

import random
import subprocess
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
from hfjobs_magic.errors import HubError, TransferInterruptedError
from hfjobs_magic.hub.transfer import LARGE
from tests.local.serving import Server, write_faults
from tests.waiting import ctrl_c, wait_until

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


def make_data(size: str) -> np.ndarray:
    """What no run of a test has sent before: the same again would not be sent."""
    return np.random.default_rng().integers(0, 256, SIZES[size], dtype="u1")


def interrupt(do: Callable[[], Any], when: Callable[[], bool]) -> str:
    """Press Ctrl-C while something is done; return what is said."""
    before = {child.pid for child in psutil.Process().children()}
    with pytest.raises(TransferInterruptedError) as stopped, ctrl_c(when):
        do()
    assert {child.pid for child in psutil.Process().children()} <= before, "its process has ended"
    return str(stopped.value)


@pytest.mark.parametrize("size", SIZES)
def test_an_interrupt_of_sending_submits_nothing(place: Place, tmp_path: Path, size: str):
    data = make_data(size)
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


def kill_transfer(do: Callable[[], Any], when: Callable[[], bool]) -> str:
    """End the process that transfers as the kernel of a machine without memory does; return what is said."""

    def kill() -> None:
        wait_until(when)
        for child in psutil.Process().children():
            if "hfjobs_magic.hub.transfer_process" in child.cmdline():
                child.kill()

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    with pytest.raises(HubError) as stopped:
        do()
    thread.join()
    return str(stopped.value)


def test_a_process_that_transfers_and_is_killed_leaves_nothing_and_the_next_one_goes_on(
    place: Place, job: hfjobs_magic.Job, tmp_path: Path
):
    value, files, here = job.values["large"], job.files, tmp_path / "here"
    assert value.size == SIZES["large"], "its manifest has been read"
    place.hang({"path": f"/xet/parts/[0-9a-f]+/{LAST['large']}$", "stall": 0})
    cache = tmp_path / "cache"
    assert kill_transfer(value.get, lambda: has_begun("large", cache)) == "The transfer ended early. Try again."
    assert [path for path in (cache / "hfjobs-magic").rglob("*") if path.is_file()] == []
    said = kill_transfer(lambda: files.pull(here), lambda: has_begun("large", here))
    assert said == "The transfer ended early. Try again."
    assert [path.name for path in here.iterdir()] == [pulling.STAGE]
    place.hang()
    assert value.get().read_bytes() == content("large")
    assert files.pull(here).fetched == ("large", "small")


def test_a_process_that_sends_and_is_killed_submits_nothing(place: Place, tmp_path: Path):
    data = make_data("large")
    before, sent = len(list(place.api.list_jobs(namespace="local"))), set(place.xorbs())
    place.hang({"path": "/xorbs/", "method": "POST", "stall": 0})
    said = kill_transfer(lambda: start(place, "data\n", {"data": data}), lambda: bool(set(place.xorbs()) - sent))
    assert said == "The transfer ended early. Try again."
    assert len(list(place.api.list_jobs(namespace="local"))) == before
    assert list((tmp_path / "tmp").iterdir()) == []
    place.hang()
    start(place, f"assert data.sum() == {data.sum()}\n", {"data": data}).wait(timeout=TIMEOUT_S)


PROGRAM = """\
import resource, sys
import hfjobs_magic
job = hfjobs_magic.attach(sys.argv[1], endpoint=sys.argv[2], token=sys.argv[3])
if most := int(sys.argv[5]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
for do in (lambda: job.values[sys.argv[4]].get(), lambda: job.files.pull(sys.argv[6], only=[sys.argv[4]])):
    try:
        do()
    except hfjobs_magic.HfJobsError as error:
        print(type(error).__name__, error, flush=True)
"""


def run_program(place: Place, job: hfjobs_magic.Job, size: str, target: Path, most: int = 0) -> subprocess.Popen[str]:
    """Fetch a value and pull a file in a program of its own, whose files may have `most` bytes."""
    arguments = [job.id, place.endpoint, place.token, size, str(most), str(target)]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True)


def test_a_program_that_is_killed_while_it_fetches_leaves_nothing_that_is_taken_for_whole(
    place: Place, job: hfjobs_magic.Job, tmp_path: Path
):
    cache, here = tmp_path / "cache", tmp_path / "here"
    place.hang({"path": f"/xet/parts/[0-9a-f]+/{LAST['large']}$", "stall": 0})
    program = run_program(place, job, "large", here)
    try:
        wait_until(lambda: has_begun("large", cache))
    finally:
        for one in [*psutil.Process(program.pid).children(), program]:
            one.kill()
        program.communicate()
    place.hang()
    assert job.values["large"].get().read_bytes() == content("large")
    assert job.files.pull(here).fetched == ("large", "small")


@pytest.mark.parametrize("size", SIZES)
def test_a_full_disk_is_said_in_a_sentence_and_leaves_no_half_file(
    place: Place, job: hfjobs_magic.Job, tmp_path: Path, size: str
):
    here = tmp_path / "here"
    said, _ = run_program(place, job, size, here, most=SIZES[size] // 2).communicate(timeout=TIMEOUT_S)
    assert said == "FilesError The disk of this machine is full. Free some space, then try again.\n" * 2
    assert [path.name for path in here.iterdir()] == [pulling.STAGE]
    assert [path for path in (tmp_path / "cache/hfjobs-magic").rglob("*") if path.is_file()] == []
    assert job.values[size].get().read_bytes() == content(size)
    assert job.files.pull(here).fetched == ("large", "small")


@pytest.mark.parametrize("size", SIZES)
def test_a_service_without_room_for_a_value_is_named_at_once_and_nothing_is_submitted(
    place: Place, tmp_path: Path, size: str
):
    data = make_data(size)
    before = len(list(place.api.list_jobs(namespace="local")))
    place.hang({"path": "/xorbs/", "method": "POST", "status": 413})
    with pytest.raises(HubError, match=r"has no room for the files \(413 .*\)\. Free some there, then try again\."):
        start(place, "data\n", {"data": data})
    assert len(list(place.api.list_jobs(namespace="local"))) == before
    assert list((tmp_path / "tmp").iterdir()) == []
    place.hang()
    start(place, f"assert data.sum() == {data.sum()}\n", {"data": data}).wait(timeout=TIMEOUT_S)
