"""What a notebook keeps of a widget."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Twin:
    """A widget without its model: JupyterLab shows a page that lacks the model "model not found" in its place.

    Its HTML names the widget in ``data-hfjob``, by which a page that has the model makes it live (js/src/ui/twins.ts).
    """

    html: str
    text: str
    """Constant facts."""

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html
