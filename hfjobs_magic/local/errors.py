"""The one exception that becomes an answer."""

from __future__ import annotations


class ApiError(Exception):
    """A refusal with its HTTP status; the text reaches the user through huggingface_hub's exceptions."""

    def __init__(self, status: int, message: str, code: str | None = None, **extra: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        #: Value of X-Error-Code, for the few errors that huggingface_hub tells apart by it.
        self.code = code
        #: Further fields of the body.
        self.extra = extra


def not_found(what: str) -> ApiError:
    """Return a 404."""
    return ApiError(404, what)
