"""Why a job did not end well: its own error, or what `exit.json`, the log and the Hub tell."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from hfjobs_magic.exchange.packages import read_packages
from hfjobs_magic.exchange.signals import signal_of, words_for
from hfjobs_magic.options.quantities import format_timeout

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GB = 1e9

LONGEST = 300
"""Characters of an error's message that are told, three lines of a card; the traceback has all of it."""

NEAR_LIMIT = 0.9
"""Share of its memory that a killed job must have had to be taken for one that was out of memory."""

Kind = Literal[
    "error", "gpu-memory", "memory", "shared-memory", "disk", "killed",
    "timeout", "packages", "python", "signal", "exit", "unknown",
]  # fmt: skip

_HEADLINES = {
    "gpu-memory": "Out of GPU memory",
    "memory": "Out of memory",
    "shared-memory": "Out of shared memory",
    "disk": "Disk full",
    "killed": "Killed",
    "timeout": "Timed out",
    "packages": "Packages could not be installed",
    "python": "Python could not be installed",
}

_MORE_MEMORY = {
    False: "take a --flavor with more memory",
    True: "work on less at a time, or leave out --local and take a --flavor with more memory",
}
"""What to do, by whether the job ran on this machine."""

_MORE_GPU = "`%hfjobs hardware` shows flavors with more"

_NO_GPU_MEMORY = re.compile(
    r"\b(?:CUDA|HIP|XPU|MPS)(?: backend)?(?: error:)? out of memory|CUDA_ERROR_OUT_OF_MEMORY|cudaErrorMemoryAllocation"
    r"|RESOURCE_EXHAUSTED: Out of memory|OOM when allocating tensor.*\bGPU|(?P<guess>CU\w+_STATUS_ALLOC_FAILED)"
)
"""How PyTorch, JAX, TensorFlow and CUDA itself say that a GPU has no memory left."""

_NO_MEMORY = re.compile(
    r"DefaultCPUAllocator: (?:can't allocate|not enough) memory|std::bad_alloc|\[Errno 12\]"
    r"|(?P<guess>DataLoader worker \(pid.* killed by signal: Killed)"
)
"""How an error that is no MemoryError says that there is none left."""

_NO_SHARED_MEMORY = re.compile(
    r"insufficient shared memory|out of shared memory"
    r"|<(?:/torch|torch)_.*: (?:No space left on device|Cannot allocate memory)|/dev/shm\S*: No space left"
)
"""How PyTorch says that its workers have no room to hand over what they loaded (pytorch#5040, #8976)."""

_LESS_SHARED = "use fewer or no workers (num_workers=0), or smaller batches"

_NO_DISK = re.compile(
    r"\[Errno (?:28|122)\]|\(os error (?:28|122)\)|No space left on device|Disk quota exceeded|disk is full",
    re.IGNORECASE,
)
"""How Python, Rust, C and SQLite say that a file could not be written to its end."""

_MORE_DISK = {
    False: "the job's disk is full; keep fewer files, or take a --flavor with more storage (`hf jobs hardware`)",
    True: "a disk of this machine is full; free some space, then run it again",
}
"""What to do, by whether the job ran on this machine."""

_TRIED = re.compile(r".*?Tried to allocate [\d.]+ \w+")
"""What PyTorch says first; how its memory is divided follows."""

_TIMED_OUT = "it reached its timeout; run it again with a longer --timeout"

_LATE = re.compile(r"its timeout(?: of \S+)?(?= after its cell had ended)")
"""A longer one would not have helped."""

_WAITS = re.compile(r"\[(?:tasks|threads)\] The cell has ended, and the job waits for (?P<what>.+?): (?P<advice>.+)\.$")
"""What `hfjobs_magic.runner.rest` says in the log."""

_TRACEBACK = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(?P<file>[^"]+)", line (?P<line>\d+)')
_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$")
_SCRIPT = re.compile(r"/data/[^/]+\.py$")
"""Where a job has its script (`hfjobs_magic.options.option_values.SCRIPT_MOUNT`)."""


@dataclass(frozen=True)
class Ending:
    """Why a job did not end well."""

    kind: Kind
    """``error`` is an exception of the cell's."""
    type: str = ""
    """The exception's class, without its module."""
    message: str = ""
    """Its first line."""
    line: int | None = None
    """Line of the cell, as the editor shows it."""
    words: str = ""
    """All of it in one clause, with what to do."""
    change: dict[str, str] = field(default_factory=dict)
    """Options with which the job may end well, such as a longer ``timeout``; empty where nobody knows."""

    @property
    def headline(self) -> str:
        """A few words, such as ``ValueError at line 12``."""
        if self.kind in _HEADLINES:
            return _HEADLINES[self.kind]
        if self.type:
            return self.type if self.line is None else f"{self.type} at line {self.line}"
        return self._sentence

    @property
    def _sentence(self) -> str:
        """The words where nothing stands before them; a class and uv keep their own first letters."""
        is_name = self.kind == "error" or self.words.startswith("uv ")
        return self.words if is_name else self.words[:1].upper() + self.words[1:]

    def with_timeout(self, timeout_s: float | None) -> Ending:
        """Say how long a job ran that ran into its timeout, and with which one to try again, where that may help."""
        if self.kind != "timeout" or not timeout_s:
            return self
        if _LATE.search(self.words):
            return replace(self, words=_LATE.sub(f"its timeout of {format_timeout(timeout_s)}", self.words))
        longer = format_timeout(2 * timeout_s)
        words = f"it reached its timeout of {format_timeout(timeout_s)}; run it again with --timeout {longer}"
        return replace(self, words=words, change={"timeout": longer})

    def as_trait(self) -> dict[str, Any]:
        """Write it as a page gets it."""
        return {**asdict(self), "words": self._sentence, "headline": self.headline}


def read_end(
    report: Mapping[str, Any] | None,
    error: Mapping[str, Any] | None,
    lines: Sequence[str],
    message: str,
    *,
    local: bool = False,
) -> Ending:
    """Say why a job failed.

    Parameters
    ----------
    report
        Its ``exit.json``; None where there is none.
    error
        What the cell's last error output says of an exception; None where there was none.
    lines
        The end of its log.
    message
        What the Hub says of it.
    local
        Whether it ran on this machine, where no flavor gives more memory.
    """
    report = report or {}
    # Where the container was ended before it could write its report, the error output is there.
    error = report.get("error") or (None if report else error)
    is_timeout = re.search("timeout|timed out", message, re.IGNORECASE)
    waited = _read_rest(report, lines) if is_timeout else ""
    if error:
        made = _read_error(error, report.get("gpu"), local=local)
        return replace(made, words=f"{made.words}; then the job waited until its timeout {waited}") if waited else made
    if is_timeout:
        late = f"it reached its timeout after its cell had ended, since the job waited {waited}"
        return Ending("timeout", words=late if waited else _TIMED_OUT)
    if report.get("signal") == "SIGKILL" or re.search(r"exit code: 137\b|OOM", message):
        return _read_kill(report.get("memory") or {}, local=local)
    packages = None if report else read_packages(lines)
    if packages is not None:
        return Ending(packages[0], words=packages[1])
    return _read_exit(report) or _read_script(lines, message, local=local)


def _read_rest(report: Mapping[str, Any], lines: Sequence[str]) -> str:
    """Say what a job waited for whose cell had ended, and what to do; empty where nothing tells.

    Without a report the log does, whose newest such line counts.
    """
    found = next(filter(None, map(_WAITS.match, reversed(lines))), None) if not report else None
    what, advice = report.get("rest") or (found.groups() if found else ("", ""))
    return f"for {what}: {advice}" if what else ""


def _read_exit(report: Mapping[str, Any]) -> Ending | None:
    if report.get("signal"):
        line = report.get("line")
        has_stack = bool(report.get("stack", line))
        return Ending("signal", line=line, words=words_for(str(report["signal"]), line, has_stack=has_stack))
    if report.get("code"):
        said = str(report.get("exit") or "").strip().partition("\n")[0]
        words = f"the cell ended with exit code {report['code']}{f': {said}' if said else ''}"
        if report.get("cell") == "unstarted":
            words = f"IPython could not start in the job, so the cell did not run: {said}"
        return Ending("exit", message=said, words=words)
    return None


def _read_script(lines: Sequence[str], message: str, *, local: bool) -> Ending:
    # Python ends with this code where nobody catches an exception; with another, what was printed was caught.
    is_uncaught = not message or re.search(r"exit code: 1\b", message)
    raised = _read_traceback(lines, local=local) if is_uncaught else None
    signal = signal_of(message)
    if signal and not raised:
        has_stack = any(line.startswith("Fatal Python error: ") for line in lines)
        return Ending("signal", words=words_for(signal, None, has_stack=has_stack))
    return raised or Ending("unknown", words=message)


def _read_error(error: Mapping[str, Any], gpus: Any, *, local: bool) -> Ending:
    kind, line = str(error.get("type")), error.get("line")
    message = str(error.get("message") or "").strip()
    first = message.partition("\n")[0]
    first = tried[0] if (tried := _TRIED.match(first)) else first
    first = first if len(first) <= LONGEST else f"{first[:LONGEST]}…"
    words = f"{kind}: {first}" if first else kind
    if line:
        words += f" (line {line})"
    gpu, memory = _NO_GPU_MEMORY.search(message), _NO_MEMORY.search(message)
    if kind == "OutOfMemoryError" or gpu:
        used = max(gpus or (), key=lambda gpu: float(gpu["peak_bytes"]), default=None)
        size = f", {used['peak_bytes'] / GB:.1f} of {used['total_bytes'] / GB:.1f} GB used" if used else ""
        guess = "most likely " if gpu and gpu["guess"] else ""
        words = f"{words}: {guess}out of GPU memory{size}; {_MORE_MEMORY[True] if local else _MORE_GPU}"
        return Ending("gpu-memory", kind, first, line, words)
    if _NO_SHARED_MEMORY.search(message):
        return Ending("shared-memory", kind, first, line, f"{words}: out of shared memory; {_LESS_SHARED}")
    if _NO_DISK.search(message):
        return Ending("disk", kind, first, line, f"{words}: {_MORE_DISK[local]}")
    # Of a script's error the log does not tell the bases; NumPy's own is `_ArrayMemoryError`.
    if kind.endswith("MemoryError") or "MemoryError" in error.get("bases", ()) or memory:
        guess = "most likely " if memory and memory["guess"] else ""
        return Ending("memory", kind, first, line, f"{words}: {guess}out of memory; {_MORE_MEMORY[local]}")
    return Ending("error", kind, first, line, words)


def _read_kill(memory: Mapping[str, Any], *, local: bool) -> Ending:
    peak, limit = memory.get("peak_bytes"), memory.get("limit_bytes")
    size = f": {peak / GB:.1f} of {limit / GB:.1f} GB" if peak and limit else ""
    more = f"; {_MORE_MEMORY[local]}"
    if memory.get("oom_kills") and limit:
        return Ending("memory", words=f"it was killed because memory ran out{size}{more}")
    if peak and limit and peak >= NEAR_LIMIT * limit:
        return Ending("memory", words=f"it was killed, most likely because memory ran out{size}{more}")
    return Ending("killed", words="it was killed, perhaps because memory ran out" + more)


def _read_traceback(lines: Sequence[str], *, local: bool) -> Ending | None:
    """Read the newest traceback of a plain script's log; what is printed after it is noise."""
    start = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].strip() == _TRACEBACK), None)
    if start is None or lines[start] != _TRACEBACK:
        return None
    line: int | None = None
    for text in lines[start + 1 :]:
        frame = _FRAME.match(text)
        if frame and _SCRIPT.search(frame["file"]):
            line = int(frame["line"])
        raised = _RAISED.match(text)
        if raised is not None:
            kind, message = raised["type"].rpartition(".")[2], raised["message"] or ""
            return _read_error({"type": kind, "message": message, "line": line}, None, local=local)
    return None
