"""Outputs of a job, as ordinary outputs of the cell that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython
from IPython.display import display

from hfjobs_magic.widgets.frontend import is_watched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hfjobs_magic.exchange.outputs import Output


def show_outputs(outputs: Iterable[Output]) -> None:
    """Display each; an error as one on a page, and as its traceback elsewhere: papermill stops at any error output."""
    shell = get_ipython()
    publisher: Any = getattr(shell, "display_pub", None)
    for item in outputs:
        if item.kind == "error" and is_watched(shell) and hasattr(publisher, "pub_socket"):
            parent = publisher.parent_header
            publisher.session.send(publisher.pub_socket, "error", error_content(item), parent, ident=publisher.topic)
        elif item.data:
            data, metadata = item._repr_mimebundle_()
            display(data, metadata=metadata, raw=True)


def error_content(item: Output) -> dict[str, Any]:
    """Return what Jupyter's messages say of an error."""
    made = item.as_nbformat()
    return {key: made[key] for key in ("ename", "evalue", "traceback")}
