"""IPython in a real terminal (a pty), and where its output is a pipe."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.widgets.terminal_bell import sound
from tests.conftest import SLOTS
from tests.waiting import UNTIL_TOLD, tell, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hfjobs_magic.local.daemon import Service

IPYTHON = [sys.executable, "-m", "IPython", "--no-banner", "--no-confirm-exit", "--colors=nocolor"]
CONTROLLED = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
"""Makes the terminal the process's own, so that Ctrl-C reaches it."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[=>]")


class Terminal:
    """A process whose input and output is a terminal of 100 columns."""

    def __init__(self, home: Path) -> None:
        self.raw = ""
        self._ours, theirs = pty.openpty()
        os.set_blocking(self._ours, True)
        environment = {**os.environ, "IPYTHONDIR": str(home), "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        environment |= {"TERM_PROGRAM": "WezTerm", "TMUX": "", "STY": ""}
        # Nobody answers to questions about the cursor's position here.
        self.process = subprocess.Popen(
            [sys.executable, "-c", CONTROLLED, *IPYTHON],
            env={**environment, "PROMPT_TOOLKIT_NO_CPR": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._ours, 65536)
            except OSError:
                return  # the other side is closed
            self.raw += data.decode(errors="replace")

    @property
    def text(self) -> str:
        """All that was written, without escape sequences."""
        return _ESCAPES.sub("", self.raw).replace("\r\n", "\n")

    def run(self, cell: str) -> None:
        """Paste a cell and press Enter."""
        os.write(self._ours, f"\x1b[200~{cell}\x1b[201~".encode())
        wait_until(lambda: cell.splitlines()[-1] in self.text)
        os.write(self._ours, b"\x1b\r")  # Escape, Enter: the cell is finished

    def wait_for_prompt(self, number: int) -> None:
        wait_until(lambda: f"In [{number}]" in self.text)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGHUP)
        self.process.wait(timeout=30)
        self._reader.join(timeout=30)
        os.close(self._ours)


@contextmanager
def terminal(home: Path) -> Iterator[Terminal]:
    opened = Terminal(home)
    try:
        opened.wait_for_prompt(1)
        opened.run("%load_ext hfjobs_magic")
        opened.wait_for_prompt(2)
        yield opened
    finally:
        opened.close()


def test_a_cell_is_followed_with_its_log_above_and_one_line_below(local: Service, tmp_path: Path):
    with terminal(tmp_path) as shell:
        shell.run(f"%%hfjob --local --name greets\nprint('hello', 'there', flush=True)\n{UNTIL_TOLD}pass")
        wait_until(lambda: "hello there" in shell.text)
        wait_until(lambda: re.search(r"Running  greets on cpu-basic · \d:\d\d · free · local · 1 line", shell.text))
        job, *_ = hfjobs_magic.jobs(labels={"name": "greets"}, local=True)
        tell(local, job.id)
        shell.wait_for_prompt(3)
        assert re.search(r"[\r\n]Completed  greets on cpu-basic · \d:\d\d · free · local · 1 line\n", shell.text)

        assert "\x1b]9;" not in shell.raw
        shell.run("%hfjobs config bell=on")
        shell.wait_for_prompt(4)

        shell.run("%%hfjob --local --name breaks\nprint('before')\n1 / 0")
        shell.wait_for_prompt(5)
        assert "\x1b]9;Job breaks: Error\x1b\\\x07" in shell.raw
        assert "ZeroDivisionError: division by zero\n" in shell.text
        assert "RemoteZeroDivisionError: Job breaks ended in ERROR" in shell.text


SHOWS = """%%hfjob --local --name shows
import pandas as pd
from IPython.display import HTML, display
display(pd.DataFrame({"aa": [1, 2]}), HTML("<b>bold</b>"))
for n in range(2): display(list(range(n * 100, n * 100 + 90)))
dict.fromkeys(range(1_000), "v")
"""


def test_what_a_cell_shows_is_written_as_ipython_does(local: Service, tmp_path: Path):
    with terminal(tmp_path) as shell:
        shell.run(SHOWS)
        shell.wait_for_prompt(3)
        assert "[output 1] table, 2 × 1\n" in shell.text
        ran = shell.text.split("[output 1]\n")[1]
        assert ran.startswith("   aa\n0   1\n1   2\n[output 3]\n[0,\n 1,\n"), ran[:200]
        assert "[output 2]\n" not in shell.text
        assert "199: 'v'" in ran
        assert "200: 'v'" not in ran
        assert re.search(r"\n… \d+ more lines: `%hfjobs outputs \w+ --local` shows all\.\nCompleted  shows", ran)


@pytest.mark.parametrize(
    ("variables", "notifies"),
    [
        ({}, False),
        ({"WT_SESSION": "1"}, False),
        ({"TERM_PROGRAM": "Apple_Terminal"}, False),
        ({"TERM_PROGRAM": "iTerm.app"}, True),
        ({"TERM_PROGRAM": "ghostty"}, True),
        ({"TERM": "xterm-kitty"}, True),
        ({"KITTY_WINDOW_ID": "3"}, True),
        ({"KITTY_WINDOW_ID": "3", "TMUX": "/tmp/tmux"}, False),
    ],
)
def test_a_notification_is_written_where_a_terminal_is_known_to_show_it(variables: dict[str, str], notifies: bool):
    made = sound("Job \x1b]0;evil\x07: Error", variables)
    assert made == ("\x1b]9;Job ]0;evil: Error\x1b\\\a" if notifies else "\a")


def test_ctrl_c_stops_following_and_not_the_job(local: Service, tmp_path: Path):
    with terminal(tmp_path) as shell:
        shell.run("%%hfjob --local --name goes-on --as job\nimport time\nprint('up', flush=True)\ntime.sleep(60)")
        wait_until(lambda: re.search(r"[\r\n]up\n.*Running  goes-on", shell.text))
        os.write(shell._ours, b"\x03")
        shell.wait_for_prompt(3)
        hint = re.search(r"`%hfjobs attach (\w+) --local` follows it again, `%hfjobs cancel \w+ --local`", shell.text)
        assert hint
        job = hfjobs_magic.attach(hint[1])
        assert job.stage == "RUNNING"
        shell.run("%hfjobs attach")
        wait_until(lambda: "Running  goes-on" in shell.text.split("In [3]: %hfjobs attach")[-1])
        job.cancel()
        shell.wait_for_prompt(4)
        assert "JobFailedError: Job goes-on ended in CANCELED" in shell.text


def test_a_job_that_waits_says_for_what(local: Service, tmp_path: Path):
    busy = [hfjobs_magic.run("import time; time.sleep(600)", local=True) for _ in range(int(SLOTS))]
    with terminal(tmp_path) as shell:
        shell.run("%%hfjob --local --name waits\nprint('up')")
        wait_until(lambda: re.search(rf"Scheduling  waits on .*1st in line, {SLOTS} running on this", shell.text))
        for job in busy:
            job.cancel()
        shell.wait_for_prompt(3)
        assert "Completed  waits on" in shell.text


def test_a_pipe_gets_plain_lines_and_a_failure_ends_the_script(local: Service, tmp_path: Path):
    script = tmp_path / "script.ipy"
    script.write_text(
        "%load_ext hfjobs_magic\n"
        "get_ipython().run_cell_magic('hfjob', '--local --name plain', 'for n in range(3): print(n)')\n"
        "get_ipython().run_cell_magic('hfjob', '--local --name broken', 'raise SystemExit(3)')\n"
        "print('never reached')\n"
    )
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run(
        [*IPYTHON, str(script)], env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert "\x1b" not in done.stdout.split("Job broken")[0]
    lines = done.stdout.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("Job plain ("))
    assert lines[begin + 2 : begin + 5] == ["0", "1", "2"]
    assert re.fullmatch(r"Completed  plain on cpu-basic · \d:\d\d · free · local · 3 lines", lines[begin + 5])
    assert "Job broken ended in ERROR" in done.stdout + done.stderr
    assert "never reached" not in done.stdout


@pytest.mark.parametrize(
    ("cell", "raised"),
    [
        ("def fail():\n    raise ValueError('boom')\nfail()", "ValueError: boom"),
        pytest.param(
            "raise ExceptionGroup('many', [ValueError('boom'), KeyError('b')])",
            "ExceptionGroup: many (2 sub-exceptions)",
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="groups are of Python 3.11 and newer"),
        ),
    ],
    ids=["error", "group"],
)
def test_the_traceback_of_a_job_is_there_once(local: Service, tmp_path: Path, cell: str, raised: str):
    script = tmp_path / "script.ipy"
    script.write_text(
        f"%load_ext hfjobs_magic\nget_ipython().run_cell_magic('hfjob', '--local --name breaks', {cell!r})\n"
    )
    done = subprocess.run(
        [*IPYTHON, str(script)], env={**os.environ, "IPYTHONDIR": str(tmp_path)}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    said = _ESCAPES.sub("", done.stdout)
    assert said.count("Traceback (most recent call last)") == 1, said
    assert len(re.findall(rf"^{re.escape(raised)}$", said, re.MULTILINE)) == 1
    assert re.search(rf"^Remote\w+: Job breaks ended in ERROR: {re.escape(raised)} \(line \d\)", said, re.MULTILINE)
    assert "site-packages" not in said
    assert "hfjobs_magic/" not in said


def test_a_sweep_rings_once_at_its_end_though_nothing_waits_for_it(local: Service, tmp_path: Path):
    def rings(shell: Terminal) -> list[str]:
        return re.findall(r"\x1b\]9;(Sweep .*?)\x1b\\\x07", shell.raw)

    with terminal(tmp_path) as shell:
        shell.run("%hfjobs config bell=on")
        shell.wait_for_prompt(3)
        line = "%%hfjob --local --script --as runs --map n=1..2 --max-parallel 2"
        shell.run(f"{line}\n{UNTIL_TOLD}")
        shell.wait_for_prompt(4)
        found = re.search(r"Sweep ([0-9a-f]{8}): 2 jobs on this machine", shell.text)
        assert found
        wait_until(lambda: len(hfjobs_magic.jobs(labels={"sweep": found[1]}, local=True)) == 2)
        made = hfjobs_magic.attach_sweep(found[1], local=True)
        wait_until(lambda: made.stages == ["RUNNING"] * 2)
        # Of one that another kernel has started, too, and each once.
        with terminal(tmp_path) as other:
            other.run("%hfjobs config bell=on")
            other.wait_for_prompt(3)
            other.run(f"%hfjobs attach --local @sweep={made.id}")
            other.wait_for_prompt(4)
            assert rings(shell) == rings(other) == []
            for job in made.jobs:
                tell(local, job.id if job else "")
            end = f"Sweep {made.id}: 2 completed"
            wait_until(lambda: rings(shell) == rings(other) == [end])
            # One that was over before says nothing.
            other.run(f"%hfjobs attach --local @sweep={made.id}")
            other.wait_for_prompt(5)
            other.run("sweep.wait(); print('it', 'is over')")
            wait_until(lambda: "it is over" in other.text)
            assert rings(other) == [end]
        shell.run("%%hfjob --local --script --wait --as runs --map n=1\n1 / 0")
        wait_until(lambda: len(rings(shell)) == 2)
        assert rings(shell)[1].endswith(": 1 failed")
