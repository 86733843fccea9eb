"""What can go wrong: an error is either an HTTP response, or a sentence for whoever starts the service."""

from __future__ import annotations


class LocalServiceError(RuntimeError):
    """The local service cannot be used; the message says why and what to do next."""


class ApiError(Exception):
    """A refusal with its HTTP status; the text reaches the user through huggingface_hub's exceptions.

    Parameters
    ----------
    status
        HTTP status.
    message
        One sentence and the next step.
    code
        Value of X-Error-Code, by which huggingface_hub chooses among its exceptions.
    extra
        Further fields of the JSON body.
    """

    def __init__(self, status: int, message: str, code: str | None = None, **extra: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.extra = extra


class NotFoundError(ApiError):
    """What the path names does not exist: 404."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(404, message, code)
