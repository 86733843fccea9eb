"""The runner as real processes: `uv run --with ipython runner.pyz cell.py`, as in a job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import nbformat
import pytest

from hfjobs_magic.local import tools
from hfjobs_magic.script.cell import RUNNER_NEEDS
from hfjobs_magic.script.runner_archive import archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

TIMEOUT_S = 120
"""For uv to install what a cell needs, the first time."""


@dataclass
class Ran:
    """A cell that has run."""

    code: int
    log: str
    folder: Path

    @property
    def exit(self) -> dict[str, Any]:
        return json.loads((self.folder / "exit.json").read_text())

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted((self.folder / "outputs").glob("*.json"))]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        return [record["output"] for record in self.records]

    @property
    def notebook(self) -> Any:
        made = nbformat.read(self.folder / "cell.ipynb", 4)
        nbformat.validate(made)
        return made

    @property
    def shown(self) -> list[Any]:
        """Outputs of the notebook that is left, without what was printed."""
        return [item for item in self.left if item.output_type != "stream"]

    @property
    def left(self) -> list[Any]:
        """All outputs of the notebook that is left."""
        return self.notebook.cells[0].outputs


@dataclass
class Runner:
    folder: Path
    """In the place of the job's bucket folder."""

    def start(
        self,
        cell: str,
        *arguments: str,
        python: str | None = None,
        packages: Sequence[str] = (),
        names: str = "",
        own: Sequence[str] = (),
        env: dict[str, str] | None = None,
        before: Sequence[str] = (),
        line: str = "%%hfjob",
    ) -> subprocess.Popen[str]:
        """Start a cell; its text begins on line 2, as in the editor. `before` is a command that starts uv."""
        (self.folder / "runner.pyz").write_bytes(archive())
        (self.folder / "cell.py").write_text(f"# {line}\n{cell}")
        own = [str(self.folder / "cell.py"), *own]
        if names:
            (self.folder / "notebook.py").write_text(names)
            own.append(str(self.folder / "notebook.py"))
        work = self.folder.parent / "work"
        work.mkdir(exist_ok=True)
        wanted = [word for package in (RUNNER_NEEDS, *packages) for word in ("--with", package)]
        uv = tools.find_uv()
        assert uv, tools.UV_MISSING
        passed = {
            name: os.environ[name] for name in (*tools.NETWORK_VARIABLES, "PATH", "HOME", "LANG") if name in os.environ
        }
        return subprocess.Popen(
            [*before, uv, "run", "--isolated", "--no-project", "-q", *wanted, *(["-p", python] if python else []),
             str(self.folder / "runner.pyz"), *own, "--", *arguments],
            cwd=work,
            env={**passed, **tools.uv_variables(), "JOB_ID": "j1", **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )  # fmt: skip

    def __call__(self, cell: str, *arguments: str, **how: Any) -> Ran:
        """Run a cell to its end."""
        return self.ended(self.start(cell, *arguments, **how))

    def ended(self, process: subprocess.Popen[str]) -> Ran:
        """Wait for a cell that was started."""
        try:
            log, _ = process.communicate(timeout=TIMEOUT_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return Ran(process.returncode, log, self.folder / "run" / "j1")


@pytest.fixture
def run_cell(tmp_path: Path) -> Iterator[Callable[..., Ran]]:
    (tmp_path / "data").mkdir()
    return Runner(tmp_path / "data")
