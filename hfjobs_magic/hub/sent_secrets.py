"""Secrets that this kernel has sent with its jobs: their values are masked in all that comes back."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from hfjobs_magic.log.mask import LineMask, mask_text
from hfjobs_magic.log.secret_forms import secret_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


LINES_BEFORE = 100
"""Lines before the newest ones in which a value may begin: a key has some dozens."""


class SentSecrets:
    """Values and the jobs that show them (``--no-mask``); gone with the kernel, and used by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forms: tuple[str, ...] = ()
        self._unmasked: frozenset[str] = frozenset()

    def add(self, values: Iterable[str]) -> None:
        """Mask these from now on, in every job: a job may print what another was given."""
        with self._lock:
            forms = frozenset(self._forms).union(*map(secret_forms, values))
            if len(forms) != len(self._forms):
                self._forms = tuple(sorted(forms))

    def show(self, job_id: str) -> None:
        """Mask nothing in what comes from this job."""
        with self._lock:
            self._unmasked |= {job_id}

    def line_mask(self, job_id: str) -> Callable[[list[str]], list[str]]:
        """Give what masks the log of a job, from one call to the next."""
        return LineMask(lambda: () if job_id in self._unmasked else self._forms).mask

    def line_mask_behind(
        self, job_id: str, read: Callable[[int], Iterable[str]], tail: int | None
    ) -> Callable[[list[str]], list[str]]:
        """Give what masks the newest `tail` lines of a log, in which a value may end that began before them.

        Parameters
        ----------
        job_id
            Whose log it is.
        read
            Reads so many of its newest lines.
        tail
            Lines that are to be masked; None is all, before which nothing is.
        """
        mask = self.line_mask(job_id)
        if tail and self._forms and job_id not in self._unmasked:
            mask(list(read(tail + LINES_BEFORE))[:-tail])
        return mask

    def mask(self, value: Any, job_id: str) -> Any:
        """Mask texts in a text, or in what JSON can hold."""
        forms = () if job_id in self._unmasked else self._forms
        if not forms or isinstance(value, str):
            return _mask(value, forms) if forms else value
        # One look at all texts together: most of what comes holds no secret, and a list of files has many texts.
        texts = "\n".join(_texts(value))
        return value if mask_text(texts, forms) == texts else _mask(value, forms)

    def clear(self) -> None:
        """Begin anew."""
        with self._lock:
            self._forms, self._unmasked = (), frozenset()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _mask(value: Any, forms: tuple[str, ...], *, keys: bool = False) -> Any:
    """Mask texts; keys are the program's own within an output, below its type, and ours elsewhere."""
    if isinstance(value, str):
        return mask_text(value, forms)
    if isinstance(value, dict):
        return {
            mask_text(key, forms) if keys else key: _mask(item, forms, keys=keys or "/" in key)
            for key, item in value.items()
        }
    return [_mask(item, forms, keys=keys) for item in value] if isinstance(value, list) else value


SENT = SentSecrets()
"""The kernel's own."""
