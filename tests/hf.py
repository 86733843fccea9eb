"""The installed `hf` command line, imported once and forked for every line: its half second is nearly all imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping

_started: dict[tuple[str, ...], subprocess.Popen[str]] = {}
"""One process for each environment, which huggingface_hub reads when it is imported."""


def run(*words: str, env: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``hf`` with these words in this environment."""
    process = _process(env)
    assert process.stdin is not None
    assert process.stdout is not None
    with TemporaryDirectory() as folder:
        files = [Path(folder) / "stdout", Path(folder) / "stderr"]
        process.stdin.write(json.dumps([words, str(cwd or Path.cwd()), *map(str, files)]) + "\n")
        process.stdin.flush()
        code = int(process.stdout.readline())
        return subprocess.CompletedProcess(["hf", *words], code, *(file.read_text() for file in files))


def _process(env: Mapping[str, str]) -> subprocess.Popen[str]:
    env = {**env, "HF_HUB_DISABLE_UPDATE_CHECK": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    key = tuple(sorted(f"{name}={value}" for name, value in env.items()))
    if key not in _started:
        command = [sys.executable, "-c", "from tests.hf import serve; serve()"]
        _started[key] = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return _started[key]


def close() -> None:
    """End the processes that were started here; they end with their input."""
    for process in _started.values():
        process.communicate()
    _started.clear()


def serve() -> None:
    """Run in the process: fork for each line that is read, and print the exit code of what ran in the fork."""
    import huggingface_hub.cli.buckets  # noqa: PLC0415 - imported once here instead of once a fork
    import huggingface_hub.cli.jobs  # noqa: F401, PLC0415
    from huggingface_hub.cli.hf import main  # noqa: PLC0415

    for line in sys.stdin:
        words, folder, *files = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE_S)
            os.chdir(folder)
            for descriptor, path in enumerate([os.devnull, *files]):
                os.dup2(os.open(path, os.O_RDWR | os.O_CREAT), descriptor)
            sys.argv = ["hf", *words]
            sys.exit(main())
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
