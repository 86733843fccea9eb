"""How long following waits for what; tests give shorter times."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

_JITTER = Random()  # noqa: S311 - no secrets
"""One of our own: a draw from that of the module would change what a seeded notebook draws next."""


def spread(seconds: float) -> float:
    """Return up to a fifth more, so that what broke together does not come back together."""
    return seconds * _JITTER.uniform(1.0, 1.2)


@dataclass(frozen=True)
class Timing:
    """Times in seconds."""

    tell_every: float = 0.1
    """Shortest time between two updates of a card: what an eye can follow."""
    flood_tell_every: float = 0.25
    """The same while lines come faster than anybody reads: the page has the machine to share."""

    scan: float = 0.02
    """Longest time in a turn of the pump in which lines are read for training metrics."""
    flood_scan: float = 0.002
    """The same in a flood: showing lines comes first."""
    flood_scan_every: float = 0.5
    """Time between two such readings in a flood."""

    poll_local: float = 0.4
    """Time between two looks at the stages of jobs of the local service."""
    poll_hub: float = 2.0
    """The same for the Hub, which allows 1,000 requests in five minutes."""
    poll_retry: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    """Time to wait after failures in a row; the last one repeats."""

    unanswered: float = 10.0
    """Time without an answer after which those who look are told that there is none."""

    log_retry: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0)
    """Time before each new try to read a log after a failure; the last one repeats."""
    silence: float = 15.0
    """Silence of a running job's log after which its newest lines are asked for; doubled each time there are none."""
    longest_silence: float = 300.0
    """Most that `silence` is doubled to."""
    hanging: float = 10.0
    """Silence after a job has ended until its stream is given up: it should have closed."""
    watch_every: float = 1.0
    """Time between two looks at a stream that may have fallen silent or may hang."""

    metrics_retry: tuple[float, ...] = (1.0, 2.0, 5.0, 10.0, 30.0)
    """Time before each new try after a metrics stream ended or failed; the last one repeats."""
    stage_every: float = 0.2
    """Time between two looks whether a job runs by now, so that it has metrics."""

    outputs_local: float = 0.05
    """Time between two requests for what a job of the local service has shown."""
    outputs_hub: float = 1.0
    """The same for the Hub; it is a request of HTTP for each output, or six where there are many."""
    outputs_missing: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0)
    """Time before each new request after those that found nothing new; the last one repeats."""
    outputs_late: float = 15.0
    """Time after its line in the log in which an output's file must come; a program prints such lines as well. Once a
    job has ended, `report_local` or `report_hub` is enough."""
    report_local: float = 1.5
    """Time after a job's end in which ``exit.json`` must come, where nothing else says why it failed: a job that was
    killed as a whole has none. The local service shows files before it says that a job has ended."""
    report_hub: float = 6.0
    """The same for the Hub, which may list a file some seconds after it was closed."""
    outputs_last: float = 60.0
    """Time after a job's end for which a folder that does not answer is asked again; then the end is made without what
    it holds. Longer than a restart of the service or a moment without a network, and nobody waits longer for an end."""

    list_local: float = 1.0
    """Time between two looks at a list of jobs of the local service that is on the screen."""
    list_hub: float = 5.0
    """The same for the Hub. A look is one request as a rule."""
    endings_local: float = 0.1
    """Time between two questions why a job of a list failed that nobody follows, of the local service."""
    endings_hub: float = 10.0
    """The same for the Hub; it is a request or two for each."""
    list_whole: float = 300.0
    """Time after which a list is read to its end again, for labels that were changed elsewhere."""
    page_silence: float = 600.0
    """Time without a word of any page after which a list is no longer looked at: a tab that was closed says nothing,
    and neither does one whose kernel runs a long cell."""

    def poll_every(self, *, local: bool) -> float:
        """Return the time between two looks at stages."""
        return self.poll_local if local else self.poll_hub

    def outputs_every(self, *, local: bool) -> float:
        """Return the time between two requests for what a job has shown."""
        return self.outputs_local if local else self.outputs_hub

    def report_wait(self, *, local: bool) -> float:
        """Return the time to wait for ``exit.json``."""
        return self.report_local if local else self.report_hub

    def list_every(self, *, local: bool) -> float:
        """Return the time between two looks at a list."""
        return self.list_local if local else self.list_hub

    def endings_every(self, *, local: bool) -> float:
        """Return the time between two questions why a job failed."""
        return self.endings_local if local else self.endings_hub


def after(failures: int, waits: tuple[float, ...]) -> float:
    """Return the time to wait after so many failures in a row, one at least."""
    return waits[min(failures, len(waits)) - 1]
