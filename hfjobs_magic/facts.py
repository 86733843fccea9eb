"""What the Hub says of jobs, scheduled jobs and hardware; every layer speaks of these."""

from __future__ import annotations

from dataclasses import dataclass, field

STAGES = ("SCHEDULING", "RUNNING", "COMPLETED", "ERROR", "CANCELED", "DELETED")
"""All stages of a job, in the order in which they come."""

NOT_ENDED = frozenset(STAGES[:2])
"""Stages of jobs that have not ended, as in huggingface_hub's JobStage."""

TERMINAL = frozenset(STAGES[2:])
"""Stages after which nothing happens any more, as in huggingface_hub's TERMINAL_JOB_STAGES."""


@dataclass(frozen=True)
class JobFacts:
    """What the Hub says of a job at one moment; times are seconds since the epoch, UTC."""

    id: str
    """24 hex digits."""
    name: str
    """The label ``name``, or the id where there is none."""
    url: str
    """Its page."""
    namespace: str
    """User or organisation that owns it."""
    stage: str
    """SCHEDULING, RUNNING, COMPLETED, ERROR, CANCELED or DELETED."""
    message: str | None = None
    """The Hub's own word on the stage."""
    flavor: str = ""
    """Hardware, as the Hub names it."""
    image: str | None = None
    """Docker image or Space."""
    created_at: float | None = None
    """When it was submitted."""
    started_at: float | None = None
    """When it began to run."""
    finished_at: float | None = None
    """When it ended; the Hub may leave it out for a cancelled job."""
    attempts: int = 1
    """Tries in all."""
    labels: dict[str, str] = field(default_factory=dict)
    """Labels by key."""
    owner: str = ""
    """Who started it."""
    scheduled_by: str | None = None
    """Id of the scheduled job that started it."""
    folder: str = ""
    """Where a cell's job leaves what it shows: ``NAMESPACE/BUCKET/PATH``. Empty for every other job."""
    out_dir: str = ""
    """Folder of a cell's job that comes back, below its working directory; empty without one."""

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended."""
        return self.stage in TERMINAL


@dataclass(frozen=True)
class Hardware:
    """A flavor and its price."""

    flavor: str
    """Name, as ``--flavor`` takes it."""
    label: str
    """Its parts in one line, such as ``4 vCPU · 15 GB · T4 16 GB``."""
    usd_per_minute: float | None
    """Price in US dollars a minute; None where the Hub names none."""
    gpu_memory_gb: float = 0.0
    """Memory of its GPUs together, in GB; 0 where it has none."""
    memory_gb: float = 0.0
    """Memory of the machine, in GB; 0 where the Hub does not say."""
    accelerator: str = ""
    """What kind of accelerator it has, ``gpu`` or ``neuron``; empty where it has none."""
    accelerators: int = 0
    """How many of them."""

    @property
    def gpu_memory_of_one_gb(self) -> float:
        """Memory of each of its GPUs, in GB; 0 where it has none."""
        return self.gpu_memory_gb / max(1, self.accelerators)


@dataclass(frozen=True)
class ScheduledFacts:
    """What the Hub says of a scheduled job; times are seconds since the epoch, UTC."""

    id: str
    """24 hex digits."""
    name: str
    """The label ``name``, or the id where there is none."""
    schedule: str
    """A cron expression in UTC, or ``@daily`` and the like."""
    suspended: bool
    """Whether it waits to be resumed."""
    namespace: str = ""
    """User or organisation that owns it."""
    created_at: float | None = None
    """When it was made."""
    concurrency: bool = False
    """Whether a job of it may start while another one runs."""
    flavor: str = ""
    """Hardware of its jobs."""
    timeout_s: float | None = None
    """Longest time that one of its jobs may run; None where the Hub does not say."""
    attempts: int = 1
    """Tries of each job."""
    labels: dict[str, str] = field(default_factory=dict)
    """Labels by key."""
    last_job: str | None = None
    """Id of the newest job it started."""
    last_at: float | None = None
    """When it started that one."""
    next_at: float | None = None
    """When it starts the next, or would if it were not suspended."""
    url: str = ""
    """Page of the namespace's jobs."""
