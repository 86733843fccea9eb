"""One table of options: what the magic line, keyword arguments, help and docs all come from.

Names are those of ``hf jobs uv run`` (huggingface_hub 2.4), to the letter; ours come after
``OURS`` and collide with none of them.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.cron import check_schedule
from hfjobs_magic.options.help import HelpParser, examples
from hfjobs_magic.options.values import (
    check_network,
    check_ports,
    check_secret,
    check_variable,
    parse_labels,
    parse_mount,
    parse_pair,
    parse_timeout,
    parse_usd,
)
from hfjobs_magic.options.variables import expanded

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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


@dataclass(frozen=True)
class RunOptions:
    """A job as asked for; every field is an option of the table but the last."""

    flavor: str = DEFAULT_FLAVOR
    """Hardware, as the Hub names it."""
    dependencies: tuple[str, ...] = ()
    """Requirements (PEP 508) on top of those the script declares."""
    python: str | None = None
    """Interpreter for ``uv run --python``."""
    image: str | None = None
    """Docker image; None is the Hub's uv image."""
    env: tuple[str, ...] = ()
    """``NAME=VALUE`` or ``NAME``."""
    secrets: tuple[str, ...] = ()
    """Names only; values are read at submission."""
    env_file: str | None = None
    """Path of a file of ``NAME=VALUE`` lines."""
    secrets_file: str | None = None
    """Path of a file of ``NAME=VALUE`` lines, kept secret."""
    name: str | None = None
    """Stored as the label ``name``."""
    labels: tuple[str, ...] = ()
    """``KEY=VALUE`` or ``KEY``."""
    volumes: tuple[str, ...] = ()
    """Mounts in the syntax of ``hf jobs``."""
    timeout: str | None = None
    """As written; `timeout_s` is the number."""
    attempts: int | None = None
    """Tries in all; None is one."""
    namespace: str | None = None
    """User or organisation; None is the token's own."""
    expose: tuple[str, ...] = ()
    """Ports, reachable with a token."""
    expose_public: tuple[str, ...] = ()
    """Ports, reachable by anybody."""
    ssh: bool = False
    """Reachable over SSH."""
    network_group: str | None = None
    """Group whose jobs reach each other."""
    network_aliases: tuple[str, ...] = ()
    """Names of the job in its group."""
    resource_group_id: str | None = None
    """24 hex digits."""
    detach: bool = False
    """Show no card."""
    dry_run: bool = False
    """Submit nothing."""
    local: bool = False
    """Use the local service."""
    wait: bool = False
    """Block until the job ends."""
    as_: str | None = None
    """Name to bind the Job to."""
    deps: str | None = None
    """``infer`` (as None), ``pin`` or ``none``."""
    max_cost: str | None = None
    """US dollars, as written; `max_cost_usd` is the number."""
    reuse: bool = False
    """Take the job of the same hash, where there is one."""
    no_log_metrics: bool = False
    """Read no training metrics from the log."""
    schedule: str | None = None
    """When to start it, as the Hub takes it; None is now, once."""
    suspend: bool | None = None
    """Begin suspended; None leaves it to the Hub, which does not."""
    concurrency: bool | None = None
    """Runs may overlap; None leaves it to the Hub, which lets none."""
    script_args: tuple[str, ...] = ()
    """Arguments of the script, after ``--``."""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Where each value came from, by field; what is not here is the default."""

    @property
    def timeout_s(self) -> int:
        """Timeout in seconds, the Hub's default where none was given."""
        return DEFAULT_TIMEOUT_S if self.timeout is None else parse_timeout(self.timeout)

    @property
    def max_cost_usd(self) -> float | None:
        """Cap in US dollars; None is no cap."""
        return None if self.max_cost is None else parse_usd(self.max_cost, "--max-cost")


EXAMPLES = (
    "%%hfjob --local",
    "%%hfjob --flavor a10g-small --timeout 30m --secrets HF_TOKEN",
    "%%hfjob --with 'torch>=2' -v hf://buckets/me/runs:/out --as job -- --lr 3e-4",
)
"""What ``--help`` ends with: free, the usual, and one with everything."""


class _Parser(HelpParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{message[:1].upper()}{message[1:]}. See %%hfjob --help.")


def parser(
    prog: str = "%%hfjob", *, without: Collection[str] = (), more: Sequence[Option] = ()
) -> argparse.ArgumentParser:
    """Build the parser of the magic line from the table, without the options of some keywords, with `more` behind.

    An option that was not given is None in what it reads.
    """
    made = _Parser(
        prog=prog,
        usage=f"{prog} [options] [-- script arguments]".replace("%", "%%"),
        description="Run this cell as a uv script on Hugging Face Jobs.",
        allow_abbrev=False,
        epilog=examples(*EXAMPLES),
    )
    for title, options in (("as in hf jobs uv run", HUB), ("of hfjobs-magic", OURS), ("output", more)):
        group = made.add_argument_group(title)
        for option in (option for option in options if option.dest not in without):
            help_text = option.help.replace("%", "%%")  # argparse formats it
            if option.kind == "flag":
                group.add_argument(*option.flags, dest=option.dest, action="store_true", default=None, help=help_text)
            elif option.kind == "switch":
                on = option.flags[0]  # argparse makes the other one of it
                group.add_argument(on, dest=option.dest, action=argparse.BooleanOptionalAction, help=help_text)
            else:
                group.add_argument(
                    *option.flags,
                    dest=option.dest,
                    action="append" if option.kind == "many" else "store",
                    type=int if option.kind == "count" else str,
                    metavar=option.metavar,
                    help=help_text,
                )
    return made


def wants_help(line: str) -> bool:
    """Whether the line asks for help instead of a job."""
    words = line.split()
    own = words[: words.index("--")] if "--" in words else words
    return bool({"-h", "--help"} & set(own))


def parse_line(line: str, names: Mapping[str, Any] | None = None) -> RunOptions:
    """Read a magic line.

    Parameters
    ----------
    line
        What stands behind the magic's name.
    names
        The notebook's variables, for ``{name}`` and ``$name``; None expands nothing.

    Raises
    ------
    OptionError
        For anything that is not an option of the table, with the nearest name.
    """
    return from_keywords(given_on(line, names), origin="line")


def given_on(line: str, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Keyword arguments that a magic line gives, unchecked but for their names; see `parse_line`."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise OptionError(
            f"The line cannot be read: {error}. Close the quote, or escape it with a backslash."
        ) from None
    script_args: list[str] = []
    if "--" in words:
        cut = words.index("--")
        words, script_args = words[:cut], words[cut + 1 :]
    if names is not None:
        words = expanded(words, names)
    parsed, unknown = parser().parse_known_args(words)
    if unknown:
        raise OptionError(unknown_option(unknown[0]))
    given = {key: value for key, value in vars(parsed).items() if value is not None}
    return {**given, "script_args": script_args} if script_args else given


def from_keywords(given: Mapping[str, Any], *, origin: str = "") -> RunOptions:
    """Make options from keyword arguments, checking names and values.

    Lists and tuples are taken where an option may be repeated; mappings where it is
    ``NAME=VALUE``.

    Raises
    ------
    OptionError
        For an unknown name (with the nearest one) or a value that cannot be used.
    """
    known = [field.name for field in fields(RunOptions)]
    values: dict[str, Any] = {}
    many = {option.dest for option in OPTIONS if option.kind == "many"} | {"script_args"}
    for key, value in given.items():
        if key not in known:
            raise OptionError(f"There is no option {key!r}.{did_you_mean(key, known)}")
        values[key] = _as_tuple(value) if key in many else value
    if "timeout" in values and values["timeout"] is not None:
        values["timeout"] = str(values["timeout"])
    if "max_cost" in values and values["max_cost"] is not None:
        values["max_cost"] = str(values["max_cost"])
    values.setdefault("origins", dict.fromkeys(given, origin) if origin else {})
    return _checked(RunOptions(**values))


def _as_tuple(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict):
        return tuple(f"{key}={item}" for key, item in value.items())
    return tuple(str(item) for item in value)


def _checked(options: RunOptions) -> RunOptions:
    if options.timeout is not None:
        parse_timeout(options.timeout)
    if options.attempts is not None and options.attempts < 1:
        raise OptionError(f"--attempts must be 1 or more, not {options.attempts}.")
    if options.as_ is not None and not options.as_.isidentifier():
        raise OptionError(f"--as needs a Python name, not {options.as_!r}.")
    if options.deps not in {None, "infer", "pin", "none"}:
        raise OptionError(f"--deps {options.deps}: write --deps infer, --deps pin or --deps none.")
    _ = options.max_cost_usd
    check_ports(options)
    check_network(options)
    check_schedule(options)
    parse_labels(options.labels)
    for secret in options.secrets:
        check_secret(secret)
    for name, _ in (parse_pair(item, "--env") for item in options.env):
        check_variable(name, "--env")
    seen: dict[str, str] = {}
    for volume in options.volumes:
        path = parse_mount(volume).path
        if path in seen:
            raise OptionError(f"--volume {volume}: {path} is the place of {seen[path]} already.")
        seen[path] = volume
    return options


def unknown_option(word: str) -> str:
    """Say that no option is spelled so, with the nearest that is."""
    if not word.startswith("-"):
        return f"{word!r} belongs to no option. Put arguments of the script after --, as in: %%hfjob … -- {word}"
    flags = [flag for option in OPTIONS for flag in option.flags]
    name = word.split("=", 1)[0]
    return f"There is no option {name}.{did_you_mean(name, flags)} See %%hfjob --help."


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Write a clause with the nearest names, empty where none is near; begins with a space."""
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.7)
    # One letter too many, or the end left out, is no accident of spelling.
    near = [item for item in near if item.startswith(name) or name.startswith(item)] or near
    return f" Did you mean {' or '.join(near)}?" if near else ""
