"""Cells that do their worst: the job still ends, says how, and loses no output that was complete."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.local.jobs.sandbox import find_bwrap
from hfjobs_magic.runner import memory
from tests.waiting import wait_until

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
        assert "IPython" not in ran.log
        assert ran.exit["line"] == 4


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


FORKED = """\
import multiprocessing
from IPython.display import HTML, display
shown = display("old", display_id=True)
def work(n):
    display(n)
    display(HTML("<b>bold</b>"))
    display({"image/png": "", "text/plain": "<Figure size 640x480 with 1 Axes>"}, raw=True)
    shown.update(f"new {n}")
    return n
with multiprocessing.get_context("fork").Pool(1) as pool:
    print(pool.map(work, [41]))
"""


def test_what_a_forked_process_shows_is_printed_or_said(run_cell):
    ran = run_cell(FORKED)
    assert ran.code == 0, ran.log
    assert [line for line in ran.log.splitlines() if line] == [
        "[output 1] 'old'",
        "41",
        "[outputs] a process that the cell forked can only print: "
        "return figures and charts to the cell, and show them there.",
        "bold",
        "figure",
        "'new 41'",
        "[41]",
    ]


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
# As torch's DataLoader(Squares(), num_workers=2) does it.
class Squares:
    def __len__(self): return 6
    def __getitem__(self, at): return helper(at) ** 2
def load(data, indices, batches):
    for at in indices: batches.put((at, data[at]))
context, data = multiprocessing.get_context(method), Squares()
batches = context.Queue()
workers = [context.Process(target=load, args=(data, range(n, len(data), 2), batches)) for n in range(2)]
for worker in workers: worker.start()
print([value for _, value in sorted(batches.get() for _ in range(len(data)))], [worker.join() for worker in workers])
display('after')
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_find_what_the_cell_defines(run_cell, method: str):
    names = "# %% from the notebook: helper, line 1\ndef helper(x):\n    return x + 1\n"
    ran = run_cell(WORKERS, method, names=names)
    assert ran.code == 0, ran.log
    assert "[4, 6]" in ran.log
    assert "[1, 4, 9, 16, 25, 36] [None, None]" in ran.log
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


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('    print(get_context("spawn").Pool(2).map(abs, [-1]))\n', "An attempt has been made to start a new process"),
        (
            '    if current_process().name != "MainProcess": import no_such_module\n'
            'print(get_context("forkserver").Pool(2).map(abs, [-1]))\n',
            "A process that the cell started could not begin: "
            "ModuleNotFoundError: No module named 'no_such_module' (line 4)",
        ),
    ],
)
def test_workers_that_cannot_begin_end_the_cell_once(run_cell, body: str, said: str):
    ran = run_cell(f"from multiprocessing import current_process, get_context\nclass Odd:\n{body}")
    assert (ran.code, ran.exit["cell"]) == (1, "failed"), ran.log
    assert "RuntimeError" in ran.exit["error"]["bases"]
    assert ran.exit["error"]["message"].startswith(said)
    assert ran.log.count("Traceback (most recent call last)") == 1


def test_a_worker_that_fails_while_another_is_started_breaks_nothing(run_cell):
    """The second is half started when the first says that it could not begin: it once ended with an EOFError."""
    cell = """\
import os
from multiprocessing import current_process, get_context, util
class Odd:
    if current_process().name != "MainProcess": import no_such_module
begin, pids = util.spawnv_passfds, []
def wait_for_first(path, args, fds):
    pid = begin(path, args, fds)
    if "--multiprocessing-fork" in map(os.fsdecode, args):
        pids.append(pid)
        if len(pids) == 2:
            os.waitid(os.P_PID, pids[0], os.WEXITED | os.WNOWAIT)
    return pid
util.spawnv_passfds = wait_for_first
print(get_context("spawn").Pool(2).map(abs, [-1]))
"""
    ran = run_cell(cell)
    assert (ran.code, ran.exit["cell"]) == (1, "failed"), ran.log
    assert ran.exit["error"]["message"].startswith("A process that the cell started could not begin"), ran.log
    assert ran.log.count("Traceback (most recent call last)") == 1, ran.log


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


@pytest.mark.parametrize(
    ("cell", "last"),
    [
        ("def f():\n    raise ValueError('said')\nf()\n", "ValueError: said"),
        ("import sys\nsys.exit('last words')\n", "last words"),
        ("import ctypes, signal\nctypes.string_at(0)\n", 'cell.py", line 4 in <module>'),
        ("import sys\nsys.stderr = None\nundefined\n", "NameError: name 'undefined' is not defined"),
    ],
)
def test_the_end_is_told_whatever_became_of_the_streams(run_cell, cell: str, last: str):
    ran = run_cell(f"import os; os.close(1); os.close(2)\n{cell}")
    assert last in ran.log
    assert ran.code in {1, 139}
    assert ran.exit["line"] == 4 if ran.code == 139 else (ran.exit["error"] or ran.exit["exit"])


def test_a_fault_of_a_process_that_the_cell_forks_is_in_the_log(run_cell):
    ran = run_cell("import ctypes, os\nif os.fork() == 0:\n    ctypes.string_at(0)\nos.wait()\n")
    assert (ran.code, ran.exit["line"]) == (0, None)
    assert 'cell.py", line 4 in <module>' in ran.log


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


@pytest.mark.skipif(find_bwrap() is None, reason="bubblewrap does not work here")
def test_a_cell_that_the_system_kills_for_its_memory(run_cell, tmp_path):
    """The kill is real; the group's files are written here, because making a group is a privilege of the machine."""
    group = tmp_path / "cgroup"
    group.mkdir()
    for name, text in (("peak", "15700000000"), ("max", "16000000000"), ("events", "oom 1\noom_kill 1\n")):
        (group / f"memory.{name}").write_text(text)
    inside = (
        str(find_bwrap()),
        "--dev-bind",
        "/",
        "/",
        "--tmpfs",
        "/sys",
        "--ro-bind",
        str(group),
        "/sys/fs/cgroup",
        "--",
    )
    ran = run_cell(SHOWN + "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", before=inside)
    assert (ran.code, ran.exit["memory"]["oom_kills"]) == (137, 1)
    assert shown(ran) == ["'before'"]
    said = read_end(ran.exit, None, ran.log.splitlines(), "Job failed with exit code: 137").words
    assert said == "it was killed because memory ran out: 15.7 of 16.0 GB; take a --flavor with more memory"


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


def test_a_thread_that_outlives_the_cell_is_named_in_the_log(run_cell):
    cell = (
        "import threading, time\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "ThreadPoolExecutor(1).submit(int)\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    ran = run_cell(cell, env={"JOB_ID": "j0"})
    assert (ran.code, "[threads]" in ran.log) == (0, False)
    # Longer than the runner's patience, which is part of what it does in a job.
    ran = run_cell("import threading, time\nthreading.Thread(target=time.sleep, args=(7,), name='slow').start()\n")
    assert ran.code == 0
    assert ran.log.count("[threads] The cell has ended, and the job waits for the thread slow: start it with") == 1
    assert ran.exit["rest"] is None


LATE = "import threading, time\ndef wait(): time.sleep(99)\n"


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (f"{LATE}threading.Thread(target=wait, name='loader').start()", "the thread loader"),
        (
            f"{LATE}class Loader(threading.Thread):\n    run = staticmethod(wait)\nLoader().start()\nLoader().start()",
            "the threads Thread-1 (Loader), Thread-2 (Loader)",
        ),
        (f"{LATE}threading.Timer(99, wait).start()", "the timer Thread-1"),
        (
            f"{LATE}from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(2).submit(wait)",
            "what a ThreadPoolExecutor runs",
        ),
        (
            f"{LATE}from concurrent.futures import ProcessPoolExecutor\n"
            "pool = ProcessPoolExecutor(1); pool.submit(wait)",
            "what a ProcessPoolExecutor runs",
        ),
        (f"{LATE}import multiprocessing\nmultiprocessing.Process(target=wait).start()", "the process Process-1"),
        (
            "import asyncio\nasync def wait(): await asyncio.sleep(99)\ntask = asyncio.create_task(wait())",
            "the task wait",
        ),
    ],
    ids=["thread", "threads", "timer", "thread-pool", "process-pool", "process", "task"],
)
def test_what_a_cell_leaves_running_is_in_the_report_of_a_job_that_is_ended(run_cell, tmp_path, cell: str, what: str):
    stages = tmp_path / "stages"
    stages.mkdir()
    process = run_cell.start(cell, env={"TMPDIR": str(stages)})
    try:
        wait_until(lambda: any(stages.glob("*/rest.json")))
    finally:
        os.killpg(process.pid, signal.SIGTERM)
    ran = run_cell.ended(process)
    assert ran.exit["rest"][0] == what
    assert read_end(ran.exit, None, [], "Job timeout").words.startswith(
        f"it reached its timeout after its cell had ended, since the job waited for {what}: "
    )


def test_a_command_in_the_background_keeps_neither_the_cell_nor_the_job(run_cell):
    cell = """\
!sleep 99 > /dev/null 2>&1 & echo $! > pid; echo started &
try:
    said = !sleep 99 &
except OSError as error:
    print(error)
"""
    ran = run_cell(cell)
    os.kill(int((run_cell.folder.parent / "work" / "pid").read_text()), signal.SIGKILL)
    assert ran.code == 0
    assert sorted(ran.log.splitlines()) == ["Background processes not supported.", "started"]
