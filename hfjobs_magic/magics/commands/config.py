"""``%hfjobs config``: defaults of the session, and the most its jobs may cost together."""

from __future__ import annotations

from hfjobs_magic.api.runtime import RUNTIME
from hfjobs_magic.cost import format_usd
from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.layers import resolve
from hfjobs_magic.views.table import Table


def config(words: list[str]) -> Table:
    """Take ``KEY=VALUE`` words or ``--reset``, then show what is set and where.

    Raises
    ------
    OptionError
        For a word that is neither; then nothing was changed.
    """
    session = RUNTIME.session
    if "--reset" in words:
        if words != ["--reset"]:
            raise OptionError("--reset clears every setting and takes no others: %hfjobs config --reset")
        session.reset()
        return settings_table()
    before = dict(session.values), session.budget_usd, session.replace, session.bell
    session.configure(words)
    try:
        resolve(session.layers())
    except OptionError:
        session.values, session.budget_usd, session.replace, session.bell = before
        raise
    return settings_table()


def settings_table() -> Table:
    """Lay out every default that is set, with its source; a setting that a stronger source hides is left out."""
    session = RUNTIME.session
    rows: dict[str, tuple[str, str, str]] = {}
    for layer in session.layers():
        for key, value in layer.values.items():
            rows.setdefault(key, (key, _text(value), layer.origin))
    if session.budget_usd is not None:
        spent = f"{format_usd(session.budget_usd)}, {format_usd(session.sum_committed_usd())} of it spoken for"
        rows["budget"] = ("budget", spent, "%hfjobs config")
    if session.replace:
        rows["replace"] = ("replace", session.replace, "%hfjobs config")
    if session.bell is not None:
        rows["bell"] = ("bell", "on" if session.bell else "off", "%hfjobs config")
    return Table(
        columns=("Setting", "Value", "From"),
        rows=tuple(rows.values()),
        empty="Nothing is set. `%hfjobs config flavor=t4-small namespace=my-org budget=20` sets defaults.",
    )


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
