"""Tasks of a cell that awaits none of them."""

from __future__ import annotations

import asyncio

import pytest

from hfjobs_magic.runner import event_loop, rest
from hfjobs_magic.runner.event_loop import is_wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import asyncio\ntask = asyncio.create_task(f())\n", True),
        ("def start():\n    return asyncio.ensure_future(f())\nstart()\n", True),
        ("loop = asyncio.get_running_loop()\nloop.create_task(f())\n", True),
        ("async def main():\n    asyncio.create_task(f())\nasyncio.run(main())\n", False),
        ("async def main():\n    asyncio.create_task(f())\n", False),
        ("loop = asyncio.new_event_loop()\ntask = loop.create_task(f())\nloop.run_until_complete(task)\n", False),
        ("subprocess.run(['ls'])\nasyncio.create_task(f())\n", True),
        ("print('create_task(f())')\n", False),
        ("def (:\n", False),
    ],
)
def test_a_loop_is_there_where_a_notebook_has_one_and_a_script_makes_none(code: str, wanted: bool):
    assert is_wanted(code) is wanted


def test_tasks_that_nobody_awaits_run_to_their_end(run_cell):
    ran = run_cell("""\
import asyncio
async def load(name):
    await asyncio.sleep(0.01)
    asyncio.create_task(report(name))
async def report(name):
    print("loaded", name)
tasks = [asyncio.create_task(load(name)) for name in ("a", "b")]
len(tasks)
""")
    assert ran.code == 0, ran.log
    assert [line for line in ran.log.splitlines() if line.startswith("loaded")] == ["loaded a", "loaded b"]
    assert [output["data"]["text/plain"] for output in ran.shown] == ["2"]


def test_tasks_of_a_cell_that_awaits_run_to_their_end_and_those_of_libraries_do_not(run_cell):
    (run_cell.folder / "library.py").write_text(
        "import asyncio\ntasks = []\ndef start():\n    tasks.append(asyncio.create_task(asyncio.sleep(3600)))\n"
    )
    ran = run_cell("""\
import asyncio, library
async def load(name):
    await asyncio.sleep(0.01)
    print("loaded", name)
library.start()
tasks = [asyncio.create_task(load(name)) for name in ("a", "b")]
await asyncio.sleep(0)
gathered = asyncio.gather(load("c"))
"cell"
""")
    assert ran.code == 0, ran.log
    assert [line for line in ran.log.splitlines() if line.startswith("loaded")] == [f"loaded {c}" for c in "abc"]
    assert [output["data"]["text/plain"] for output in ran.shown] == ["'cell'"]


def test_a_task_that_takes_long_is_said_to_be_waited_for(capfd, monkeypatch):
    monkeypatch.setattr(rest, "PATIENCE_S", 0.0)
    noted = []

    async def beat(event):
        await event.wait()

    async def main() -> list[BaseException]:
        tasks = event_loop.Tasks(lambda file: file == __file__, noted.append)
        await tasks.watch()
        event = asyncio.Event()
        started = [asyncio.create_task(beat(event)), asyncio.create_task(beat(event), name="mine")]
        asyncio.get_running_loop().call_later(0.05, event.set)
        failed = await tasks.finish()
        assert all(task.done() for task in started)
        return failed

    assert asyncio.run(main()) == []
    said = capfd.readouterr().err
    assert said.count("[tasks]") == 1
    assert "waits for the tasks mine, test_a_task_that" in said
    assert noted[0][1] == "await them in the cell, or cancel() them"
    assert noted[-1] is None


FAILS = """\
import asyncio
async def fail():
    raise ValueError("late")
async def forgive():
    try:
        await asyncio.create_task(fail())
    except ValueError:
        print("forgiven")
"""


def test_a_task_that_fails_fails_the_job(run_cell):
    awaits = run_cell(f"{FAILS}task = asyncio.create_task(fail())\nawait asyncio.sleep(0)\n", env={"JOB_ID": "j0"})
    assert awaits.code == 1, awaits.log

    ran = run_cell(f"{FAILS}tasks = [asyncio.create_task(forgive()), asyncio.create_task(fail())]\n")
    assert ran.log.startswith("forgiven\n")
    assert (ran.code, ran.exit["cell"]) == (1, "failed"), ran.log
    assert (ran.exit["error"]["type"], ran.exit["error"]["line"]) == ("ValueError", 4)  # below %%hfjob


def test_an_error_that_somebody_took_is_none_of_the_job(run_cell):
    ran = run_cell(f"{FAILS}task = asyncio.ensure_future(forgive())\n")
    assert (ran.code, ran.log) == (0, "forgiven\n")


def test_a_cell_may_run_a_loop_of_its_own(run_cell):
    ran = run_cell("import asyncio\nasync def main():\n    return await asyncio.create_task(asyncio.sleep(0, 5))\n"
                   "asyncio.run(main())\n")  # fmt: skip
    assert [output["data"]["text/plain"] for output in ran.shown] == ["5"]
