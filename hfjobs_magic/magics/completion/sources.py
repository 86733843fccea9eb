"""What Tab can offer: flavors and jobs as the Hub last told them, and the names this session has used.

The Hub is asked on a thread; the one who types waits a moment for the answer and never longer,
and sees what came late the next time.
"""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from hfjobs_magic.api.connect import connect_if_running, has_only_local
from hfjobs_magic.api.known_sweeps import list_sweeps
from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.api.selectors import NOTEBOOK, SWEEP
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.magics.completion.grammar import Candidate, job_ids, scheduled_ids, secret_names, variable_names
from hfjobs_magic.magics.completion.notebook_names import input_names, list_names, output_names
from hfjobs_magic.options.cron import PRESETS
from hfjobs_magic.options.layers import BUDGET, SETTABLE
from hfjobs_magic.options.option_values import parse_pair
from hfjobs_magic.worker import Worker, start_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hfjobs_magic.api.known_sweeps import KnownSweep
    from hfjobs_magic.facts import Hardware, JobFacts, ScheduledFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.records.recent_jobs import RecentJobs

PATIENCE_S = 0.8
"""Longest that Tab waits for an answer, in seconds; JupyterLab itself gives up after one."""
HARDWARE_FRESH_S = 3600.0
"""How long prices are believed without asking again, in seconds."""
JOBS_FRESH_S = 5.0
"""How long a list of jobs is believed, in seconds: stages change."""
AGAIN_S = 5.0
"""Shortest time between two questions where the first had no answer, in seconds: offline, Tab must not lag."""
LISTED_JOBS = 50
"""Newest jobs that are offered; the Hub may know thousands."""
LISTED_FILES = 200
"""Files of a folder that are offered."""

T = TypeVar("T")


class CachedAnswer(Generic[T]):
    """An answer that is kept: fetched in the background, given at once where it is there.

    Parameters
    ----------
    fetch
        Gets it; may be slow, and may raise HfJobsError or OSError, which count as no answer.
    fresh_s
        Seconds for which an answer is not asked for again.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, fetch: Callable[[], tuple[T, ...]], fresh_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._fresh_s = fresh_s
        self._clock = clock
        self._lock = threading.Lock()
        self._worker = Worker("hfjobs-completion")
        self._answer: tuple[T, ...] = ()
        self._again_at = float("-inf")
        # Set while no answer is being waited for.
        self._settled = threading.Event()
        self._settled.set()

    def ask(self) -> None:
        """Begin to fetch the answer where it is not fresh."""
        with self._lock:
            if self._settled.is_set() and self._clock() >= self._again_at:
                self._settled.clear()
                self._worker.do("fetch", self._refresh)

    def get(self) -> tuple[T, ...]:
        """Return the answer, waiting `PATIENCE_S` at most; the last one, or nothing, where that was too short."""
        self.ask()
        self._settled.wait(PATIENCE_S)
        return self._answer

    def _refresh(self) -> None:
        wait = AGAIN_S
        try:
            self._answer = self._fetch()
            wait = self._fresh_s
        except (HfJobsError, OSError):
            pass  # offline, or not logged in: what is known stays, and the job itself will say why
        finally:
            self._again_at = self._clock() + wait
            self._settled.set()


class KernelSources:
    """The sources of completion in a kernel; `hfjobs_magic.magics.completion.grammar.Sources`.

    Parameters
    ----------
    recent
        What was submitted, whose names are offered again.
    names
        Gives the notebook's own.
    """

    def __init__(
        self, recent: RecentJobs = RUNTIME.recent_jobs, names: Callable[[], Mapping[str, object]] = dict
    ) -> None:
        self._recent = recent
        self._names = names
        both = (False, True)
        self._hardware = {local: CachedAnswer(partial(_fetch_hardware, local), HARDWARE_FRESH_S) for local in both}
        self._jobs = {local: CachedAnswer(partial(_fetch_jobs, local), JOBS_FRESH_S) for local in both}
        self._sweeps = {local: CachedAnswer(partial(_fetch_sweeps, local), JOBS_FRESH_S) for local in both}
        self._scheduled = {local: CachedAnswer(partial(_fetch_scheduled, local), JOBS_FRESH_S) for local in both}

        self._asking: dict[str, Callable[[str, bool], Iterable[Candidate]]] = {
            "flavor": lambda _typed, local: [_offer_flavor(item) for item in self._hardware[local].get()],
            "scheduled_id": lambda _typed, local: scheduled_ids(self._scheduled[local].get()),
            "scheduled_ids": lambda _typed, local: scheduled_ids(self._scheduled[local].get()),
            "job_id": self._offer_jobs,
            "job_ids": self._offer_jobs,
            "settings": self._settings,
        }

    def warm_up(self) -> None:
        """Import what asking needs, in the background: the first Tab would be over before that was done."""
        start_thread("hfjobs-completion-import", _import_hub)

    def expect(self, *, local: bool) -> None:
        """Begin to ask for prices: whoever is on a line of ours is likely to want them next."""
        self._hardware[local].ask()

    def values(self, what: str, *, typed: str, local: bool) -> Iterable[Candidate]:
        """Values of an option or argument by its keyword; none where nothing is known of it."""
        if asking := self._asking.get(what):
            return asking(typed, local)
        if what in _OF_NAMES:
            return _OF_NAMES[what](self._names(), typed)
        if what in _USED_BEFORE:
            return [Candidate(text, "used before") for text in dict.fromkeys(_USED_BEFORE[what](self._recent)) if text]
        return _SOURCES[what](typed) if what in _SOURCES else ()

    def _offer_jobs(self, typed: str, local: bool) -> Iterable[Candidate]:
        """Ids of jobs and selectors; of sweeps where one is being written."""
        if typed.startswith(SWEEP):
            return [Candidate(f"{SWEEP}{one.id}", str(one)) for one in self._sweeps[local].get()]
        own = [item.facts for item in self._recent if item.options.local == local]
        # What was listed is newer than what was noted at submission, the order stays that of the session.
        return [*job_ids([*own, *self._jobs[local].get()]), *_SELECTORS]

    def _settings(self, typed: str, local: bool) -> Iterable[Candidate]:
        """``NAME=`` of a default, then ``NAME=VALUE``."""
        name, found, value = typed.partition("=")
        if not found:
            return [
                *(Candidate(f"{key}=", option.help) for key, option in SETTABLE.items()),
                Candidate(f"{BUDGET}=", "most that the session's jobs may cost together, in US dollars"),
            ]
        return [Candidate(f"{name}={item.text}", item.note) for item in self.values(name, typed=value, local=local)]


def _import_hub() -> None:
    import hfjobs_magic.hub.client  # noqa: F401, PLC0415 - huggingface_hub is slow to import


def _client(local: bool) -> JobsClient | None:
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    if not local:
        return JobsClient(hardware=RUNTIME.hardware)
    return connect_if_running()  # Tab starts nothing


def _fetch_hardware(local: bool) -> tuple[Hardware, ...]:
    from hfjobs_magic.hub.hardware import hub_hardware  # noqa: PLC0415 - see above

    client = _client(local) if local else None
    offered = client.hardware() if client else hub_hardware()
    return tuple(sorted(offered, key=lambda item: item.usd_per_minute or 0.0))


def _fetch_jobs(local: bool) -> tuple[JobFacts, ...]:
    client = _client(local)
    return tuple(islice(client.jobs(), LISTED_JOBS)) if client else ()


def _fetch_sweeps(local: bool) -> tuple[KnownSweep, ...]:
    client = _client(local or has_only_local())
    return tuple(list_sweeps(client)) if client else ()


def _fetch_scheduled(local: bool) -> tuple[ScheduledFacts, ...]:
    client = _client(local)
    return tuple(client.scheduled.jobs()[:LISTED_JOBS]) if client else ()


def _offer_flavor(item: Hardware) -> Candidate:
    price = "price unknown" if item.usd_per_minute is None else f"${item.usd_per_minute * 60:.2f}/h"
    return Candidate(item.flavor, f"{price} · {item.label}")


def _offer_secrets(_typed: str) -> list[Candidate]:
    from hfjobs_magic.hub.secrets import is_logged_in  # noqa: PLC0415 - huggingface_hub is slow to import

    return secret_names(os.environ, logged_in=is_logged_in())


def _offer_files(typed: str) -> list[Candidate]:
    folder, _, start = typed.rpartition("/")
    base = Path(f"{folder}/" if "/" in typed else ".").expanduser()
    try:
        with os.scandir(base) as entries:
            shown = [(entry.name, entry.is_dir()) for entry in entries if entry.name.startswith(start)]
    except OSError:
        return []
    prefix = typed[: len(typed) - len(start)]
    usual = sorted(item for item in shown if start or not item[0].startswith("."))
    return [Candidate(f"{prefix}{name}{'/' * is_dir}", "folder" if is_dir else "file") for name, is_dir in usual][
        :LISTED_FILES
    ]


def _offer_volumes(typed: str) -> list[Candidate]:
    kinds = (("buckets", "read and write"), ("datasets", "read-only"), ("models", "read-only"), ("spaces", "read-only"))
    return [Candidate(f"hf://{kind}/", note) for kind, note in kinds] + _offer_files(typed)


def _offer(*texts: str) -> Callable[[str], list[Candidate]]:
    return lambda _typed: [Candidate(text) for text in texts]


_SELECTORS = (
    Candidate("@latest", "the newest job"),
    Candidate("@1", "the one before it"),
    Candidate("@running", "all that are running"),
    Candidate(NOTEBOOK, "all of this notebook that have not ended"),
    Candidate(SWEEP, "all of a sweep"),
)
_OF_NAMES = {"inputs": input_names, "outputs": output_names, "map": list_names}
_USED_BEFORE: dict[str, Callable[[RecentJobs], Iterable[str | None]]] = {
    "labels": lambda jobs: (f"{parse_pair(label, '--label')[0]}=" for job in jobs for label in job.options.labels),
    "image": lambda jobs: (job.options.image for job in jobs),
    "namespace": lambda jobs: (job.facts.namespace for job in jobs),
}
_SOURCES: dict[str, Callable[[str], list[Candidate]]] = {
    "secrets": _offer_secrets,
    "env": lambda _typed: variable_names(os.environ),
    "env_file": _offer_files,
    "secrets_file": _offer_files,
    "out_dir": _offer_files,
    "pull": _offer_files,
    "volumes": _offer_volumes,
    "script": _offer_files,
    "schedule": _offer(*PRESETS),
    "deps": _offer("infer", "pin", "none"),
    "timeout": _offer("10m", "30m", "1h", "2h", "6h", "12h", "1d"),
    "python": _offer("3.10", "3.11", "3.12", "3.13", "3.14"),
}
