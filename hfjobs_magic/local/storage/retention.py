"""How long the history is kept: from variables of the environment, else from `config.toml`, else by default.

::

    HFJOBS_LOCAL_KEEP_JOBS    keep-jobs    a number of jobs, or "all"
    HFJOBS_LOCAL_KEEP_DAYS    keep-days    a number of days, or "all"
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfjobs_magic.local.errors import LocalServiceError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_JOBS = 10_000
"""Jobs that are kept: five weeks of one every five minutes. Each takes some 10 KB of disk and what it wrote itself."""

ALL = "all"
"""The value for no limit."""

_VARIABLES = {"keep-jobs": "HFJOBS_LOCAL_KEEP_JOBS", "keep-days": "HFJOBS_LOCAL_KEEP_DAYS"}
"""For each key of the file, the variable that overrules it."""


@dataclass(frozen=True)
class Retention:
    """Which jobs that are over are kept."""

    jobs: int | None = DEFAULT_JOBS
    """The latest so many; None for all of them."""
    days: int | None = None
    """Those that ended at most so many days ago; None for all of them."""

    @classmethod
    def read(cls, config: Path, environ: Mapping[str, str] = os.environ) -> Retention:
        """Return what the environment and the file `config` say, which need not exist.

        Raises
        ------
        LocalServiceError
            If one of them says something that is not understood.
        """
        given = {key: (value, f"{config}: {key}") for key, value in _read_file(config).items()}
        for key, variable in _VARIABLES.items():
            if environ.get(variable):
                given[key] = (environ[variable], variable)
        jobs, days = (_parse(*given[key]) if key in given else default for key, default in _DEFAULTS.items())
        return cls(jobs, days)


_DEFAULTS = {"keep-jobs": Retention.jobs, "keep-days": Retention.days}


def _read_file(config: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise LocalServiceError(f"{config} cannot be read: {error}.") from error
    if unknown := sorted(values.keys() - _VARIABLES.keys()):
        raise LocalServiceError(f"{config}: {unknown[0]!r} is not a setting; there are {' and '.join(_VARIABLES)}.")
    return values


def _parse(value: Any, source: str) -> int | None:
    """Return a number of jobs or days, None for no limit."""
    if value == ALL:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and 0 < int(text[:10]) < 10**9):
        raise LocalServiceError(f"{source}: {value!r} is neither a whole number of at least 1 nor {ALL!r}.")
    return int(text)
