"""What of a job's volumes could not be kept, in the words of its status message. Pure."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_NAMES = 5
"""Names in one message, which has to fit into a card; the rest is counted."""

MAX_LENGTH = 60
"""Characters of one name in a message; of a longer one, both ends are shown."""


def describe_losses(bucket: str, unfit: Sequence[tuple[str, str]], failed: Sequence[tuple[str, str]]) -> str | None:
    """Return a sentence on what a bucket does not have of what a job wrote; None when it has everything.

    Parameters
    ----------
    bucket
        Its name.
    unfit
        Path and kind of what is not a file.
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


def describe_problem(error: OSError) -> str:
    """Return what is wrong with a file, a full disk in words that everybody knows."""
    is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return "the disk of the local service is full" if is_full else error.strerror or str(error)


def describe_missing_bucket(bucket: str) -> str:
    """Return a sentence for a bucket that is gone at the end of a job that has written to it."""
    return f"The bucket {bucket} was deleted while the job ran, so what it wrote there could not be kept in it."


def describe_failure(bucket: str, problem: str) -> str:
    """Return a sentence for a volume that could not be read at all."""
    return f"What the job wrote to the bucket {bucket} could not be kept: {problem}."


def describe_place(folders: Sequence[Path]) -> str:
    """Return a sentence that says where files are that could not be stored."""
    return f"The volume is still in {' and '.join(map(str, folders))}."


def join_sentences(*sentences: str | None) -> str | None:
    """Return sentences as one text, those that are None left out; the Hub's own lack their full stop."""
    texts = [text for text in sentences if text]
    for number, text in enumerate(texts[:-1]):
        if not text.endswith("."):
            texts[number] = f"{text}."
    return " ".join(texts) or None


def _show(name: str) -> str:
    """Return a file name as text, whatever bytes and however many it has."""
    text = repr(name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") or ".")
    half = MAX_LENGTH // 2
    return text if len(text) <= MAX_LENGTH else f"{text[:half]}…{text[-half:]}"
