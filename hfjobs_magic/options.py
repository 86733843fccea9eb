"""One table of options: what the magic line, keyword arguments, help and docs all come from.

Names are those of ``hf jobs uv run`` (huggingface_hub 2.4), to the letter; ours come after
``OURS`` and collide with none of them.
"""

from __future__ import annotations

import difflib
import re
import shlex
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from hfjobs_magic.errors import OptionError
from hfjobs_magic.helptext import HelpParser, examples

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping, Sequence

DEFAULT_FLAVOR = "cpu-basic"
DEFAULT_TIMEOUT_S = 1800
"""What the Hub gives a job that names no timeout (hub-docs, ``jobs-configuration.md``)."""

Kind = Literal["flag", "text", "many", "count"]


@dataclass(frozen=True)
class Option:
    """One row of the table."""

    flags: tuple[str, ...]
    """Spellings on the line; the first long one without dashes is the keyword's name."""
    kind: Kind
    """flag: on or off; text: one value; many: may be repeated; count: a whole number >= 1."""
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
    Option(("-d", "--detach"), "flag", "submit and say the job's id, without a card"),
    Option(("--dry-run",), "flag", "show the script and the resolved job, submit nothing"),
)
OURS = (
    Option(("--local",), "flag", "run on this machine through the local service; needs no account"),
    Option(("--wait",), "flag", "block until the job ends; raise if it failed"),
    Option(("--as",), "text", "bind the Job to this name in the notebook", "NAME", "as_"),
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
    script_args: tuple[str, ...] = ()
    """Arguments of the script, after ``--``."""

    @property
    def timeout_s(self) -> int:
        """Timeout in seconds, the Hub's default where none was given."""
        return DEFAULT_TIMEOUT_S if self.timeout is None else parse_timeout(self.timeout)


EXAMPLES = (
    "%%hfjob --local",
    "%%hfjob --flavor a10g-small --timeout 30m --secrets HF_TOKEN",
    "%%hfjob --with 'torch>=2' -v hf://buckets/me/runs:/out --as job -- --lr 3e-4",
)
"""What ``--help`` ends with: free, the usual, and one with everything."""


class _Parser(HelpParser):
    def error(self, message: str) -> NoReturn:
        raise OptionError(f"{message[:1].upper()}{message[1:]}. See %%hfjob --help.")


def parser(prog: str = "%%hfjob") -> argparse.ArgumentParser:
    """Build the parser of the magic line from the table."""
    made = _Parser(
        prog=prog,
        usage=f"{prog} [options] [-- script arguments]".replace("%", "%%"),
        description="Run this cell as a uv script on Hugging Face Jobs.",
        allow_abbrev=False,
        epilog=examples(*EXAMPLES),
    )
    for title, options in (("as in hf jobs uv run", HUB), ("of hfjobs-magic", OURS)):
        group = made.add_argument_group(title)
        for option in options:
            help_text = option.help.replace("%", "%%")  # argparse formats it
            if option.kind == "flag":
                group.add_argument(*option.flags, dest=option.dest, action="store_true", help=help_text)
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


def parse_line(line: str) -> RunOptions:
    """Read a magic line.

    Raises
    ------
    OptionError
        For anything that is not an option of the table, with the nearest name.
    """
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
    parsed, unknown = parser().parse_known_args(words)
    if unknown:
        raise OptionError(_unknown_option(unknown[0]))
    given = {key: value for key, value in vars(parsed).items() if value is not None and value is not False}
    return from_keywords({**given, "script_args": script_args})


def from_keywords(given: Mapping[str, Any]) -> RunOptions:
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
    parse_labels(options.labels)
    for secret in options.secrets:
        check_secret(secret)
    for name, _ in (parse_pair(item, "--env") for item in options.env):
        check_variable(name, "--env")
    for volume in options.volumes:
        parse_mount(volume)
    return options


_TIMEOUT = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_timeout(text: str) -> int:
    """Seconds of ``90``, ``90s``, ``10m``, ``1.5h`` or ``1d``."""
    found = _TIMEOUT.fullmatch(text.strip())
    seconds = int(float(found[1]) * _SECONDS[found[2]]) if found else 0
    if seconds < 1:
        raise OptionError(f"--timeout {text} is not a time. Write 90, 90s, 10m, 1.5h or 1d.")
    return seconds


def parse_pair(text: str, flag: str) -> tuple[str, str | None]:
    """Split ``NAME=VALUE``; the value of a bare ``NAME`` is None."""
    name, found, value = text.partition("=")
    if not name.strip():
        raise OptionError(f"{flag} {text} has no name. Write {flag} NAME=VALUE.")
    return name.strip(), value if found else None


_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def check_variable(name: str, flag: str) -> None:
    """Refuse names the Hub refuses (its OpenAPI document, ``environment``)."""
    if not _VARIABLE.fullmatch(name):
        raise OptionError(
            f"{flag} {name}: a variable's name must start with a letter and hold letters, digits and _ only."
        )


def check_secret(text: str) -> None:
    """Refuse a secret's value on the line: it would be saved with the notebook."""
    name, literal = parse_pair(text, "--secrets")
    if literal is not None:
        raise OptionError(
            f"--secrets {name}=… would save the secret in the notebook. "
            f"Set it in the environment and write --secrets {name}, or use --secrets-file."
        )
    check_variable(name, "--secrets")


_LABEL = re.compile(r"[A-Za-z0-9_-]{1,100}")


def parse_labels(labels: Iterable[str]) -> dict[str, str]:
    """Labels by key; the Hub takes letters, digits, ``-`` and ``_``, 100 at most."""
    found: dict[str, str] = {}
    for item in labels:
        key, value = parse_pair(item, "--label")
        if not _LABEL.fullmatch(key) or (value and not _LABEL.fullmatch(value)):
            raise OptionError(f"--label {item}: use letters, digits, - and _ only, 100 characters at most.")
        found[key] = value or ""
    return found


@dataclass(frozen=True)
class Mount:
    """A volume as written on the line."""

    source: str
    """``hf://…`` or a local directory."""
    path: str
    """Where the job sees it; absolute."""
    read_only: bool | None
    """None leaves it to the kind of source."""


def parse_mount(text: str) -> Mount:
    """Split ``SOURCE:/PATH[:ro|:rw]``."""
    rest = text
    read_only: bool | None = None
    if rest.endswith((":ro", ":rw")):
        read_only = rest.endswith(":ro")
        rest = rest[:-3]
    source, found, path = rest.rpartition(":/")
    if not found or not source or not path.strip("/"):
        raise OptionError(
            f"--volume {text} is not a mount. Write hf://buckets/ORG/NAME:/PATH, "
            "hf://datasets/ORG/NAME:/PATH or LOCAL_DIR:/PATH, with :ro or :rw behind it if you like."
        )
    return Mount(source, "/" + path, read_only)


def _unknown_option(word: str) -> str:
    if not word.startswith("-"):
        return f"{word!r} belongs to no option. Put arguments of the script after --, as in: %%hfjob … -- {word}"
    flags = [flag for option in OPTIONS for flag in option.flags]
    name = word.split("=", 1)[0]
    return f"There is no option {name}.{did_you_mean(name, flags)} See %%hfjob --help."


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Write a clause with the nearest names, empty where none is near; begins with a space."""
    near = difflib.get_close_matches(name, known, n=2, cutoff=0.7)
    return f" Did you mean {' or '.join(near)}?" if near else ""
