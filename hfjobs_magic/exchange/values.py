"""What a job says of a value that it gives back: its manifest, which may claim anything."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.exchange.versions import NEWER, VERSION, is_of_newer
from hfjobs_magic.values.copies import leads_below
from hfjobs_magic.values.format import ValueFile

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SIZE = 5_000_000_000
"""Bytes of a value; what is larger belongs in a bucket of its own."""

MAX_FILES = 10_000
"""Files of one value."""

MAX_WORDS = 1_000
"""Characters of why a value did not come."""

NAMED = 3
"""Values that did not come and are named, each with why."""

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ValueManifest:
    """One value."""

    name: str
    """In the notebook."""
    expression: str
    """What it is in the job."""
    type: str = ""
    """Its type, as a person knows it: ``pandas.DataFrame``."""
    repr: str = ""
    """The beginning of its repr."""
    format: str = ""
    """Key in `hfjobs_magic.values.table.FORMATS`."""
    files: tuple[ValueFile, ...] = ()
    """In the order in which they were written."""
    extra: dict[str, Any] = field(default_factory=dict)
    """What the format needs besides."""
    attempt: str = "1"
    """Which try of the job wrote it; the name of the folder that it is in."""
    refused: str = ""
    """Why it did not come, as a clause of which it is the subject; empty for one that did."""
    is_damaged: bool = False
    """Whether that is because its manifest makes no sense, which no job writes."""
    is_known: bool = True
    """Whether it is of a version that can be read here."""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def read_manifests(records: Iterable[dict[str, Any]]) -> dict[str, ValueManifest]:
    """Return what manifests say, by name; of two with one name the newest, of a job that was tried again.

    One that cannot be, such as a path that leads out of the value's folder, is taken for a value that was refused.
    """
    found = {}
    for record in sorted(records, key=lambda record: _number(record.get("created"))):
        name = record.get("name")
        if isinstance(name, str) and name.isidentifier():
            found[name] = _read(name, record)
    return found


def say_refused(refused: object) -> str:
    """Say which values did not come back, and why, a line each; empty where none is missing.

    Parameters
    ----------
    refused
        Clauses by name, as ``exit.json`` has them under ``refused``, or those of manifests.
    """
    if not isinstance(refused, dict):
        return ""
    said = [
        f"`{name}` did not come back: it {str(why)[:MAX_WORDS].rstrip('.')}."
        for name, why in refused.items()
        if isinstance(name, str) and name.isidentifier() and why
    ]
    more = [f"`%hfjobs values` of the job has {len(said) - NAMED:,} more."] if len(said) > NAMED else []
    return "\n".join(said[:NAMED] + more)


def _read(name: str, record: dict[str, Any]) -> ValueManifest:
    expression = str(record.get("expression") or name)
    if is_of_newer(record):
        return ValueManifest(name, expression, refused=NEWER, is_known=False)
    if record.get("refused"):
        return ValueManifest(name, expression, refused=str(record["refused"])[:MAX_WORDS])
    try:
        if record.get("version") != VERSION:
            raise ValueError("version")  # noqa: TRY301 - as below
        files = tuple(_read_file(item) for item in record["files"])
        extra = record["extra"]
        if not isinstance(extra, dict) or len({file.path for file in files}) != len(files):
            raise ValueError("files")  # noqa: TRY301 - all that is wrong has one answer
    except (KeyError, TypeError, ValueError):
        return ValueManifest(name, expression, refused="is damaged: its manifest makes no sense", is_damaged=True)
    made = ValueManifest(
        name=name,
        expression=expression,
        type=str(record.get("type") or ""),
        repr=str(record.get("repr") or ""),
        format=str(record.get("format") or ""),
        files=files,
        extra=extra,
        attempt=str(record.get("attempt") or "1"),
    )
    if len(files) > MAX_FILES:
        return replace(made, files=(), refused=f"has {len(files):,} files; at most {MAX_FILES:,} come back")
    if made.size > MAX_SIZE:
        many = f"is {made.size / 1e9:.1f} GB; at most {MAX_SIZE / 1e9:.0f} GB come back"
        return replace(made, files=(), refused=many)
    return made


def _read_file(item: Any) -> ValueFile:
    path, size, digest = item["path"], item["size"], item["sha256"]
    if not leads_below(path) or not isinstance(digest, str):
        raise ValueError("a path that leads elsewhere, or a digest that is not text")
    if type(size) is not int or size < 0 or not _DIGEST.fullmatch(digest):
        raise ValueError("a size or digest that is none")
    return ValueFile(path, size, digest)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
