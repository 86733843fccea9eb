"""Cells that do their worst: the job still ends, says how, and loses no output that was complete."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from hfjobs_magic.runner import memory

SHOWN = "display('before')\n"


def shown(ran) -> list[str]:
    return [output["data"]["text/plain"] for output in ran.outputs if "data" in output]


@pytest.mark.parametrize(
    ("cell", "code", "signalled"),
    [
        ("import os\nos._exit(7)", 7, None),
        ("import ctypes\nctypes.string_at(0)", 139, "SIGSEGV"),
        ("import os\nos.abort()", 134, "SIGABRT"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 137, "SIGKILL"),
    ],
)
def test_a_cell_that_ends_without_a_word(run_cell, cell: str, code: int, signalled: str | None):
    ran = run_cell(SHOWN + cell)
    assert (ran.code, ran.exit["signal"], ran.exit["cell"]) == (code, signalled, None)
    assert [output.data["text/plain"] for output in ran.shown] == ["'before'"]
    if signalled in {"SIGSEGV", "SIGABRT"}:
        assert "Fatal Python error" in ran.log
        assert "cell.py" in ran.log


def test_out_of_memory_is_an_error_like_others(run_cell):
    # macOS does not keep to the limit; there the size alone is too much.
    cell = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, -1))\nx = bytearray(1 << 50)\n"
    ran = run_cell(SHOWN + cell)
    assert ran.code == 1
    assert ran.exit["error"]["type"] == "MemoryError"
    assert ran.exit["error"]["line"] == 5
    assert ran.outputs[-1]["ename"] == "MemoryError"
    assert ran.exit["memory"]["max_rss_bytes"] > 10_000_000


def test_lines_that_look_like_outputs(run_cell):
    ran = run_cell("print('[output 1] forged')\nprint('[output 7] forged')\ndisplay('real')\n")
    assert shown(ran) == ["'real'"]
    assert ran.log.count("[output 1]") == 2


def test_a_process_that_the_cell_forks_shows_text_and_ends_alone(run_cell):
    cell = SHOWN + (
        "import os, sys\npid = os.fork()\ndisplay('child' if pid == 0 else 'parent')\n"
        "if pid == 0: sys.exit(9)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
    )
    ran = run_cell(cell)
    assert ran.code == 0, ran.log
    assert shown(ran) == ["'before'", "'parent'"]
    assert "\n'child'\n" in ran.log
    assert "\n9\n" in ran.log
    assert ran.exit["cell"] == "completed"


WORKERS = """\
import concurrent.futures, multiprocessing, sys
!true
SCALE = 2
class Point:
    def __init__(self, x): self.x = x
def double(point):
    return Point(helper(point.x) * SCALE)
method = sys.argv[1]
with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
    print([point.x for point in pool.map(double, [Point(1), Point(2)])])
display('after')
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_find_what_the_cell_defines(run_cell, method: str):
    names = "# %% from the notebook: helper, line 1\ndef helper(x):\n    return x + 1\n"
    ran = run_cell(WORKERS, method, names=names)
    assert ran.code == 0, ran.log
    assert "[4, 6]" in ran.log
    assert shown(ran) == ["'after'"]


def test_workers_of_a_cell_that_guards_its_main_part(run_cell):
    cell = """\
import multiprocessing, os
made = os.getpid()
def made_here(_): return made == os.getpid()
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(made_here, [0]))
"""
    ran = run_cell(cell)
    assert ran.code == 0, ran.log
    assert "[True]" in ran.log


def test_streams_that_a_cell_replaces_or_closes(run_cell):
    cell = """\
import io, os, sys
print('first')
sys.stdout = io.StringIO()
display(1)
print('into nothing')
sys.stdout = sys.__stdout__
os.close(1)
os.close(2)
display(2)
sys.stdout = sys.stderr = None
display(3)
"""
    ran = run_cell(cell)
    assert shown(ran) == ["1", "2", "3"]
    assert ran.log == "first\n[output 1] 1\n[output 2] 2\n[output 3] 3\n"
    assert ran.exit["cell"] == "completed"


def test_a_cell_that_moves_and_takes_the_runner_away(run_cell):
    cell = f"""\
import inspect, os, pathlib
os.chdir('/')
data = pathlib.Path({str(run_cell.folder)!r})
for path in (data / 'runner.pyz', data / 'cell.py'): path.unlink()
class Gone: pass
print(inspect.getsource(Gone))
display('still')
import statistics, http.client
1 / 0
"""
    ran = run_cell(cell)
    assert "class Gone: pass\n" in ran.log
    assert shown(ran) == ["'still'"]
    assert ran.exit["error"]["line"] == 10
    assert "---> 10 1 / 0" in ran.log


def waiting(run_cell, cell: str):
    """A cell that has shown something and waits."""
    process = run_cell.start(f"{cell}\nimport time\ndisplay('up')\nwhile True: time.sleep(0.02)\n")
    for line in process.stdout or ():
        if line.startswith("[output 1]"):
            return process
    raise AssertionError("it has shown nothing")


def test_a_cell_that_is_ended_from_outside(run_cell):
    process = waiting(run_cell, "")
    os.kill(process.pid, signal.SIGTERM)
    ran = run_cell.ended(process)
    assert (ran.exit["code"], ran.exit["signal"]) == (143, "SIGTERM")
    assert "SIGTERM" in ran.exit["received"]
    assert [output.data["text/plain"] for output in ran.shown] == ["'up'"]


def test_an_interrupt_reaches_a_cell_that_runs_in_the_background(run_cell):
    cell = "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(60)\n"
    ran = run_cell(
        f"{cell}except KeyboardInterrupt:\n    print('interrupted')\n%who\n",
        before=("sh", "-c", "trap '' INT; exec \"$@\"", "sh"),
    )
    assert "interrupted\n" in ran.log
    assert "quit" not in ran.log


def test_a_cell_that_saves_when_it_is_ended(run_cell):
    save = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: (display('saved'), sys.exit(0)))"
    process = waiting(run_cell, save)
    os.kill(process.pid, signal.SIGTERM)
    ran = run_cell.ended(process)
    assert ran.code == 0
    assert shown(ran) == ["'up'", "'saved'"]
    assert ran.exit["signal"] is None
    assert ran.exit["cell"] == "completed"


def test_threads_and_handlers_that_go_on_after_the_cell(run_cell):
    cell = """\
import atexit, threading, time
def late():
    while threading.main_thread().is_alive() and not done.is_set(): done.wait(0.01)
    display('thread')
done = threading.Event()
threading.Thread(target=late).start()
atexit.register(lambda: display('handler'))
threading.Timer(0.1, done.set).start()
display('cell')
"""
    ran = run_cell(cell)
    assert [output.data["text/plain"] for output in ran.shown] == ["'cell'", "'thread'", "'handler'"]


def test_what_the_system_says_of_memory(tmp_path):
    unit = 1 if sys.platform == "darwin" else 1024
    assert memory.report(5, tmp_path) == {
        "max_rss_bytes": 5 * unit, "peak_bytes": None, "limit_bytes": None, "oom_kills": None
    }  # fmt: skip
    for name, text in (("peak", "100"), ("max", "200"), ("events", "low 0\noom 1\noom_kill 2\n")):
        (tmp_path / f"memory.{name}").write_text(text)
    assert memory.report(5, tmp_path) == {
        "max_rss_bytes": 5 * unit, "peak_bytes": 100, "limit_bytes": 200, "oom_kills": 2
    }  # fmt: skip
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.report(5, tmp_path)["limit_bytes"] is None
