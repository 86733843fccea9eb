"""Notebooks in which a card or a table was shown: a new kernel of one asks its page what is left of them."""

from __future__ import annotations

from hfjobs_magic.records.json_list import JsonList

MAX_NOTEBOOKS = 200
"""Paths kept, about 20 kB; the oldest give way."""


def add(notebook: str | None) -> None:
    """Note that the notebook shows something; nothing where none is known."""
    if notebook and not has(notebook):
        _list().change(lambda known: known if notebook in known else [*known, notebook])


def has(notebook: str | None) -> bool:
    """Whether the notebook shows something."""
    return bool(notebook) and notebook in _list().read()


def _list() -> JsonList:
    import platformdirs  # noqa: PLC0415 - off the load path

    return JsonList(platformdirs.user_state_path("hfjobs-magic") / "live_views.json", MAX_NOTEBOOKS)
