"""What a rerun would be, before it is submitted: what a card's form shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.api.price import most_of, price
from hfjobs_magic.api.repeat import Changes, find_timeout_s, rerun_request
from hfjobs_magic.cost import format_usd, larger_flavor
from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.options.quantities import format_timeout
from hfjobs_magic.script.packages.kernel_packages import read_kernel
from hfjobs_magic.script.packages.requirements import NOTHING, distribution_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hfjobs_magic.exchange.ending import Ending
    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.hub.run_spec import RunSpec
    from hfjobs_magic.options.run_options import RunOptions

_MISSING = re.compile(r"No module named '(?P<module>[\w.]+)'")

_OUT_OF_MEMORY = {"memory": False, "killed": False, "gpu-memory": True}
"""Kinds of ends that more memory helps, and whether it is that of a GPU."""


@dataclass(frozen=True)
class Offer:
    """A rerun as it would be."""

    changes: Changes
    """What is different from the job of before."""
    flavor: str
    """What it would run on."""
    timeout: str
    """How long it may run, as ``--timeout`` takes it; empty where nobody knows."""
    packages: str | None
    """Requirements that are added, with spaces between them; None where none can be."""
    cost: str
    """What it can cost, in a few words."""
    wrong: str = ""
    """Why it would be refused; empty where it would not."""


def suggest(ending: Ending | None, flavor: str, offered: Sequence[Hardware]) -> Mapping[str, str]:
    """Return what to change so that a job ends well, by option; empty where nobody knows."""
    if ending is None:
        return {}
    change = dict(ending.change)
    if ending.kind in _OUT_OF_MEMORY and "flavor" not in change:
        larger = larger_flavor(flavor, offered, gpu=_OUT_OF_MEMORY[ending.kind])
        if larger is not None:
            change["flavor"] = larger.flavor
    missing = _MISSING.match(ending.message) if ending.type == "ModuleNotFoundError" else None
    if missing and "dependencies" not in change:
        kernel = read_kernel()
        name, top, _ = distribution_of(missing["module"], kernel)
        # A module of this machine is in no index.
        if name != NOTHING and top not in kernel.local:
            change["dependencies"] = name
    return change


def make_offer(
    client: JobsClient,
    facts: JobFacts,
    options: RunOptions | None,
    spec: RunSpec,
    asked: Mapping[str, str],
) -> Offer:
    """Return what `asked` makes of a job.

    Parameters
    ----------
    client
        Where the job is.
    facts
        The job.
    options
        What it was asked to be, where that is known.
    spec
        What the Hub has of it.
    asked
        ``flavor``, ``timeout`` and ``dependencies`` as text; what is missing stays as it was.
    """
    before_s = find_timeout_s(facts, options, spec)
    before = "" if before_s is None else format_timeout(before_s)
    flavor, timeout = asked.get("flavor") or facts.flavor, asked.get("timeout", "").strip() or before
    packages = " ".join(asked.get("dependencies", "").split()) if spec.takes_packages else ""
    changes = Changes(
        flavor=None if flavor == facts.flavor else flavor,
        timeout=None if timeout == before else timeout,
        dependencies=tuple(packages.split()),
    )
    cost, wrong = "", ""
    try:
        request, hardware, _ = price(rerun_request(client, facts, options, changes, spec), client)
        most = most_of(request, hardware, local=client.local)
        cost = "free, on this machine" if client.local else _words(most)
    except HfJobsError as error:
        wrong = str(error)
    return Offer(changes, flavor, timeout, packages if spec.takes_packages else None, cost, wrong)


def _words(most: float | None) -> str:
    return "at an unknown cost" if most is None else f"at most {format_usd(most)}"
