"""Who is looking: a person at a notebook, or a program that runs one through."""

from __future__ import annotations

from typing import Any


def unattended(shell: Any) -> bool:
    """Whether a program runs this cell: nbconvert, papermill, ``jupyter execute``, nbclient.

    Such a client says in its execute request that nobody can answer a question (``allow_stdin``,
    Jupyter's messaging protocol). When it has run the last cell it stops the kernel, so what is
    not waited for is never seen. A front end with a person before it says the opposite.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return False
    request = kernel.get_parent("shell")
    return (request.get("content") or {}).get("allow_stdin") is False


def text_only(shell: Any) -> bool:
    """Whether nothing but text can be shown: IPython in a terminal, or a script of it."""
    return bool(shell) and list(shell.display_formatter.active_types) == ["text/plain"]
