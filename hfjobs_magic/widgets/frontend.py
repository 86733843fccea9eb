"""Who is looking: a person at a notebook, or a program that runs one through."""

from __future__ import annotations

import os
from typing import Any


def is_unattended(shell: Any) -> bool:
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


def is_watched(shell: Any) -> bool:
    """Whether a page shows what cells display, so that widgets can live: a person's, or Voila's.

    Voila runs a notebook as programs do, and shows its outputs on a page that is connected to the kernel.
    """
    return hasattr(shell, "kernel") and (_is_voila() or not is_unattended(shell))


def runs_unwatched(shell: Any) -> bool:
    """Whether this is a kernel that has no page."""
    return hasattr(shell, "kernel") and not is_watched(shell)


def saves_outputs(shell: Any) -> bool:
    """Whether the static twin of a card is all that is saved: in JupyterLab and Notebook 7.

    Jupyter Server names the notebook of a kernel in ``JPY_SESSION_NAME``; its pages find the twin
    (``js/src/ui/twins.ts``). Voila does not save. Colab gives each output a frame of its own, where no card reaches the
    HTML of another.
    """
    return not _is_voila() and "__vsc_ipynb_file__" not in shell.user_ns and "JPY_SESSION_NAME" in os.environ


def is_text_only(shell: Any) -> bool:
    """Whether nothing but text can be shown: IPython in a terminal, or a script of it."""
    return bool(shell) and list(shell.display_formatter.active_types) == ["text/plain"]


def _is_voila() -> bool:
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila")
