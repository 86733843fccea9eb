"""One table of options: what the magic line, keyword arguments, help and docs all come from.

Names are those of ``hf jobs uv run`` (huggingface_hub 2.4), to the letter; ours come after
``OURS`` and collide with none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEFAULT_FLAVOR = "cpu-basic"


DEFAULT_TIMEOUT_S = 1800
"""What the Hub gives a job that names no timeout (hub-docs, ``jobs-configuration.md``)."""

Kind = Literal["flag", "switch", "text", "many", "count"]


@dataclass(frozen=True)
class Option:
    """One row of the table."""

    flags: tuple[str, ...]
    """Spellings on the line; the first long one without dashes is the keyword's name."""
    kind: Kind
    """flag: on or not; switch: on, off or neither; text: one value; many: may be repeated; count: a number >= 1."""
    help: str
    """One clause, shown by ``--help`` and in the docs."""
    metavar: str = "TEXT"
    """What the value is, in the help."""
    keyword: str = ""
    """Name as a keyword argument, where the flag's own is not a good Python name."""

    @property
    def dest(self) -> str:
        """Keyword of ``run()`` and field of `RunOptions`."""
        long = next(flag for flag in self.flags if flag.startswith("--"))
        return self.keyword or long[2:].replace("-", "_")


HUB = (
    Option(
        ("--flavor",),
        "text",
        f"hardware to run on, {DEFAULT_FLAVOR} by default; see %hfjobs hardware",
        "FLAVOR",
    ),
    Option(("--with",), "many", "run with this package installed", "PACKAGE", "dependencies"),
    Option(("-p", "--python"), "text", "Python interpreter of the script's environment", "VERSION"),
    Option(("--image",), "text", "Docker image with uv installed", "IMAGE"),
    Option(("-e", "--env"), "many", "environment variable; NAME alone takes the kernel's value", "NAME=VALUE"),
    Option(("-s", "--secrets"), "many", "secret environment variable, by name; its value is read here", "NAME"),
    Option(("--env-file",), "text", "file of environment variables", "FILE"),
    Option(("--secrets-file",), "text", "file of secret environment variables", "FILE"),
    Option(("--name",), "text", "name of the job, a hash of the cell by default", "NAME"),
    Option(("-l", "--label"), "many", "label on the job", "KEY=VALUE", "labels"),
    Option(
        ("-v", "--volume"),
        "many",
        "hf://[TYPE/]SOURCE:/PATH[:ro|:rw] or LOCAL_DIR:/PATH[:ro|:rw]",
        "MOUNT",
        "volumes",
    ),
    Option(("--timeout",), "text", "longest time it may run: 90, 90s, 10m, 1.5h, 1d; 30m by default", "TIME"),
    Option(("--attempts",), "count", "tries in all, the first included", "N"),
    Option(("--namespace",), "text", "user or organisation to run as", "NAME"),
    Option(("--expose",), "many", "port that is reachable through the jobs proxy, with a token", "PORT"),
    Option(("--expose-public",), "many", "port that anybody can reach", "PORT"),
    Option(("--ssh",), "flag", "make the container reachable over SSH"),
    Option(("--network-group",), "text", "network group to join; its jobs reach each other", "GROUP"),
    Option(("--network-alias",), "many", "name of this job in the network group", "ALIAS", "network_aliases"),
    Option(("--resource-group-id",), "text", "resource group of the organisation", "ID"),
    Option(("-d", "--detach"), "flag", "submit and say the job's id, without a card"),
    Option(("--dry-run",), "flag", "show the script and the resolved job, submit nothing"),
)
OURS = (
    Option(("--local",), "flag", "run on this machine through the local service; needs no account"),
    Option(("--wait",), "flag", "block until the job ends; raise if it failed"),
    Option(("--as",), "text", "bind the Job to this name in the notebook", "NAME", "as_"),
    Option(("--deps",), "text", "infer packages from imports (default), pin them to the kernel's, or none", "MODE"),
    Option(("--max-cost",), "text", "most it may cost, in US dollars; shortens the timeout so far", "USD"),
    Option(("--reuse",), "flag", "show the job that ran or runs the very same, if there is one"),
    Option(("--no-log-metrics",), "flag", "draw no charts from what the log says"),
    Option(("--schedule",), "text", 'start it again and again: "0 9 * * 1" (UTC), @daily, @hourly, …', "CRON"),
    Option(("--suspend", "--no-suspend"), "switch", "of a schedule: begin suspended, start nothing until resumed"),
    Option(("--concurrency", "--no-concurrency"), "switch", "of a schedule: a run may start while another goes on"),
)
OPTIONS = HUB + OURS
