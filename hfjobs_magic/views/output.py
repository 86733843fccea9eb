"""What a card shows of one output: of its MIME types the one that can be drawn without running anything of the job's.

A page puts HTML into a frame in which no script runs and nothing is fetched, and pictures into an image element; what
only a front end's own renderers can draw is said to be elsewhere.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml")
"""Kinds of pictures, in the order of choice; all base64 but the last, which is XML."""

MAX_TEXT = 200_000
"""Characters of text that are drawn; of HTML there are at most as many as the job's runner writes into one file."""

STATIC_TEXT = 5_000
"""The same of a text that is saved with the card."""

_ANSI = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")
_INTERACTIVE = (
    ("application/vnd.plotly.", "Plotly chart"),
    ("application/vnd.vega", "Vega chart"),
    ("application/vnd.bokehjs", "Bokeh plot"),
    ("application/vnd.holoviews", "HoloViews plot"),
    ("application/vnd.jupyter.widget-view", "widget"),
    ("application/geo+json", "map"),
    ("application/javascript", "script"),
)
"""Beginnings of MIME types that only a renderer of the front end draws, and what each is."""

_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_OBJECT = re.compile(r"<IPython\.[\w.]+ object>")
_CODE = '<div class="highlight"><pre>'
"""Of the HTML of ``IPython.display.Code``, whose colours go by a class that only a notebook's page has."""

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
"""Makes HTML of Markdown; what is HTML in it stays text."""


@dataclass(frozen=True)
class Drawing:
    """One output, as a card draws it."""

    mime: str
    """An image type, ``text/html``, ``text/latex`` or ``text/plain``."""
    text: str
    """The text, or of a picture its base64 (of SVG its XML)."""
    note: str = ""
    """What is not to be seen here, in a sentence."""


def draw(data: Mapping[str, Any]) -> Drawing:
    """Choose what to draw of a bundle of MIME types."""
    plain = _plain(data)
    interactive = next((word for kind in data for begin, word in _INTERACTIVE if kind.startswith(begin)), "")
    note = f"A {interactive}: the output below the card draws it, where the front end can." if interactive else ""
    image = next((kind for kind in IMAGES if kind in data), None)
    if image is not None:
        return Drawing(image, as_text(data[image]), note and f"A picture of a {interactive}, which is below the card.")
    if interactive:
        return Drawing("text/plain", _clip(plain), note)
    return _draw_text(data, plain)


def _draw_text(data: Mapping[str, Any], plain: str) -> Drawing:
    if "text/html" in data:
        html = as_text(data["text/html"])
        if plain and _CODE in html:
            return Drawing("text/plain", _clip(plain))
        note = "Its scripts do not run in the card; the output below it has them." if _SCRIPT.search(html) else ""
        return Drawing("text/html", html, note)
    if "text/markdown" in data:
        return Drawing("text/html", MARKDOWN.render(_clip(as_text(data["text/markdown"]))))
    if "text/latex" in data:
        return Drawing("text/latex", _clip(as_text(data["text/latex"])))
    kinds = ", ".join(map(str, data))
    note = f"This output has no form that a card can draw ({kinds})." if kinds and not plain else ""
    return Drawing("text/plain", _clip(plain), note)


def _plain(data: Mapping[str, Any]) -> str:
    """Return the text, and for JSON the JSON: a mere ``<IPython.core.display.JSON object>`` tells nobody anything."""
    plain = as_text(data.get("text/plain"))
    if plain and not _OBJECT.fullmatch(plain.strip()):
        return plain
    value = next((data[kind] for kind in ("application/json", "application/geo+json") if kind in data), None)
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def static(drawing: Drawing, label: str, room: int) -> str:
    """Draw it as HTML that is saved, in about `room` characters: pictures and text; the rest is said to be there."""
    words = escape(label)
    if drawing.mime in IMAGES:
        svg = drawing.mime == "image/svg+xml"
        data = b64encode(drawing.text.encode()).decode() if svg else re.sub(r"\s", "", drawing.text)
        if len(data) <= room:
            source = f"data:{drawing.mime};base64,{escape(data)}"
            return f'<img alt="{words}" src="{source}" style="max-width: 100%; background: #fff">'
    elif drawing.mime != "text/html" and drawing.text:
        text = _ANSI.sub("", drawing.text)
        return f'<pre style="margin: 0; background: none">{escape(_clip(text, STATIC_TEXT))}</pre>'
    return f"▸ {words} <i>(<code>%hfjobs outputs</code> shows it)</i>"


def as_text(value: Any) -> str:
    """Return the text of a value, which nbformat may hold as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _clip(text: str, chars: int = MAX_TEXT) -> str:
    return text if len(text) <= chars else f"{text[:chars]}… +{len(text) - chars:,} characters"
