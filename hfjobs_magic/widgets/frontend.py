"""Who is looking: a person at a notebook, or a program that runs one through."""

from __future__ import annotations

import os
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


def saves_outputs(shell: Any) -> bool:
    """Whether what is shown last is all that is kept: JupyterLab, Notebook 7, and programs that run notebooks.

    Jupyter Server names the notebook of a kernel in ``JPY_SESSION_NAME``; its pages find the static
    twin of a card (``js/src/ui/twins.ts``). A program has no page, except for Voila, which does not
    save. VS Code and Colab render HTML where a card's module cannot reach it.
    """
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila") or "__vsc_ipynb_file__" in shell.user_ns:
        return False
    return "JPY_SESSION_NAME" in os.environ or unattended(shell)


def is_watched(shell: Any) -> bool:
    """Whether a person looks at a notebook: widgets can live there."""
    return hasattr(shell, "kernel") and not unattended(shell)


def text_only(shell: Any) -> bool:
    """Whether nothing but text can be shown: IPython in a terminal, or a script of it."""
    return bool(shell) and list(shell.display_formatter.active_types) == ["text/plain"]
