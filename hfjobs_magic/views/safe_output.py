"""Outputs of somebody else's job, in forms that run nothing in the notebook that shows them.

What a cell of one's own shows is as trusted as one's kernel. Of another's, HTML and pictures of XML go into a frame in
which no script runs and nothing is fetched; formulas and charts, which front ends draw from data, stay what they are.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

from hfjobs_magic.views.output import IMAGES, MARKDOWN, as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEPT = ("text/plain", "text/latex", "application/json", "application/geo+json", *IMAGES[:-1])
"""MIME types that nothing can be run by: text, data, and pictures of bytes."""

_CHARTS = ("application/vnd.plotly.", "application/vnd.vega")
"""Beginnings of others; JupyterLab draws them in notebooks that it does not trust, too."""

_POLICY = "default-src 'none'; img-src data:; media-src data:; font-src data:; style-src 'unsafe-inline'"
_STYLE = (
    "body{margin:0;padding:2px;font:13px/1.45 system-ui,sans-serif}table{border-collapse:collapse;font-size:12px}"
    "th,td{padding:4px 8px;text-align:right}pre{white-space:pre-wrap}img,svg{max-width:100%;height:auto}"
)
_NOTE = "Its scripts do not run: the job is somebody else's."
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_ROWS = re.compile(r"<(?:tr|br|p|li|h\d|div)\b", re.IGNORECASE)
_ROW_PX = 26
_LEAST_PX, _MOST_PX = 60, 600


def make_safe(data: Mapping[str, Any]) -> dict[str, Any]:
    """Make of a bundle of MIME types one of which nothing is run, and nothing is fetched."""
    kept = {kind: value for kind, value in data.items() if kind in _KEPT or kind.startswith(_CHARTS)}
    if "text/html" in data:
        kept["text/html"] = _frame(as_text(data["text/html"]))
    elif "text/markdown" in data:
        kept["text/html"] = _frame(MARKDOWN.render(as_text(data["text/markdown"])))
    elif "image/svg+xml" in data:
        picture = b64encode(as_text(data["image/svg+xml"]).encode()).decode()
        # As an image element no script of it runs.
        kept["text/html"] = f'<img alt="" src="data:image/svg+xml;base64,{picture}">'
    kept.setdefault("text/plain", f"Not shown, because the job is somebody else's: {', '.join(data) or 'an output'}.")
    return kept


def _frame(html: str) -> str:
    page = (
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="color-scheme" content="light dark"><base target="_blank"><style>{_STYLE}</style>{html}'
    )
    height = min(max(len(_ROWS.findall(html)) * _ROW_PX, _LEAST_PX), _MOST_PX)
    frame = (
        f'<iframe sandbox="allow-popups" referrerpolicy="no-referrer" title="Output" srcdoc="{escape(page)}" '
        f'style="border: 0; width: 100%; height: {height}px; resize: vertical"></iframe>'
    )
    return f"{frame}<div><small>{_NOTE}</small></div>" if _SCRIPT.search(html) else frame
