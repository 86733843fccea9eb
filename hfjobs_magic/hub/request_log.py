"""What the HTTP client logs of each request: of ours nothing, for a job is asked after thousands of times an hour.

The reader's own requests are logged as he has set it; so are warnings and errors of ours.
"""

from __future__ import annotations

import logging

from hfjobs_magic.hub.retry_words import is_ours

_CLIENTS = ("httpx", "httpx2")
_CORES = ("httpcore", "httpcore2")
"""The names go with the version of huggingface_hub."""

_PARTS = ("connection", "http11", "http2", "proxy", "socks")
"""Loggers of a core, https://www.encode.io/httpcore/logging/: a filter is none of the loggers below."""

LOGGERS = (*_CLIENTS, *_CORES, *(f"{core}.{part}" for core in _CORES for part in _PARTS))
"""Loggers that tell of each request."""


class _OwnRequests(logging.Filter):
    """Leaves out what is said of a request of ours."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or not is_ours(record)


_own_requests = _OwnRequests()


def leave_out_own_requests() -> None:
    """Have the HTTP client log no request of ours, from now on; a second call does nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_own_requests)
