"""Comm messages that need not wait for the running cell, in ipykernel 7.

JupyterLab sends a comm's messages to a subshell of its own, a thread that runs beside the cell. But ipykernel 7.4
moves them to the shell whose request was last answered on the comm (``BaseComm.publish_msg`` takes the
``subshell_id`` of the parent header), and all that a pump pushes is in answer to the cell that made the card: that is
the main shell, which is busy. So what a card sends is in answer to nothing, and messages stay where the front end
wanted them. Front ends show a comm's messages without asking for their parent; where one does, its page asks
(`hfjobs_magic.widgets.outbox`), and what is sent in `answer` is in answer to that.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_answers: ContextVar[bool] = ContextVar("hfjobs_answers", default=False)
"""Whether what is sent answers the request that is being handled."""


class _Unasked:
    """A kernel as a comm sees it, whose messages answer no request."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def get_parent(self, channel: str | None = None) -> dict[str, Any]:
        return dict(self._kernel.get_parent(channel)) if is_answer() else {}


def allow_subshells(comm: Any) -> None:
    """Let the messages of an open comm go to the shell that the front end names; does nothing without subshells.

    Before ipykernel 6.22 a comm takes nothing but a real kernel, and a page may drop what answers no request.
    """
    kernel = getattr(comm, "kernel", None)
    if not getattr(kernel, "_supports_kernel_subshells", False) or isinstance(kernel, _Unasked):
        return
    comm.kernel = _Unasked(kernel)
    _forget_shell(comm)


@contextmanager
def answer(comm: Any) -> Iterator[None]:
    """Let what this thread sends on a comm answer the message that is being handled; the handler of one calls it."""
    token = _answers.set(True)
    try:
        yield
    finally:
        _answers.reset(token)
        if isinstance(getattr(comm, "kernel", None), _Unasked):
            _forget_shell(comm)


def is_answer() -> bool:
    """Whether this thread is within `answer`."""
    return _answers.get()


def _forget_shell(comm: Any) -> None:
    # Set by a message that has a parent; there is no public way to take it back.
    vars(comm).pop("_reply_subshell_id", None)
