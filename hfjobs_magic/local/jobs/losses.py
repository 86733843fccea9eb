"""What of a job's volumes could not be kept, in the words of its status message. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_NAMES = 5
"""Names in one message, which has to fit into a card; the rest is counted."""


def describe_losses(bucket: str, unfit: Sequence[tuple[str, str]], failed: Sequence[tuple[str, str]]) -> str | None:
    """Return a sentence on what a bucket does not have of what a job wrote; None when it has everything.

    Parameters
    ----------
    bucket
        Its name.
    unfit
        Path and kind of what is no file.
    failed
        Path and problem of each file that could not be stored.
    """
    items = [f"{_show(name)} ({problem})" for name, problem in sorted(failed) + sorted(unfit)]
    if not items:
        return None
    rest = len(items) - MAX_NAMES
    text = ", ".join(items[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")
    why = " A bucket holds files only." if unfit else ""
    return f"Not kept in the bucket {bucket}: {text}.{why}"


def describe_missing_bucket(bucket: str) -> str:
    """Return a sentence for a bucket that is gone at the end of a job that has written to it."""
    return f"The bucket {bucket} was deleted while the job ran, so what it wrote there could not be kept in it."


def describe_failure(bucket: str, problem: str) -> str:
    """Return a sentence for a volume that could not be read at all."""
    return f"What the job wrote to the bucket {bucket} could not be kept: {problem}."


def describe_place(folders: Sequence[Path]) -> str:
    """Return a sentence that says where files are that could not be stored."""
    return f"The volume is still in {' and '.join(map(str, folders))}."


def _show(name: str) -> str:
    """Return a file name as text, whatever bytes it has."""
    return repr(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or ".")
