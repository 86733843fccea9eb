"""What a person reads of an output in the log: ``figure, 640×480``."""

from __future__ import annotations

import base64
import html
import json
import re
import struct
from typing import Any

MAX_CHARACTERS = 100

_ROWS = re.compile(r"(\d[\d,]*) rows × (\d[\d,]*) columns")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MARKS = re.compile(r"^(?:(?:#+|>|[*+-])\s+)+")
_ANSI = re.compile(r"\x1b\[[0-9;:]*[A-Za-z]")

_INLINE = re.compile(r"</?(?:a|b|code|em|font|i|mark|s|small|span|strong|sub|sup|tt|u)\b[^>]*>", re.IGNORECASE)
"""Tags between which no space is seen, such as those of code in colours."""

_ESTIMATOR = "sk-top-container"
"""Of the diagram that scikit-learn draws of a model, with tables of its parameters."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_SERIES = re.compile(r"\n(?:Freq: [^\n]*?, )?(?:Name: ([^\n]*?), )?(?:Length: (\d+), )?dtype: [^\n,]+$")
_UNSEEN = re.compile(
    r"<!--.*?-->|<(?:link|meta)\b[^>]*>|<(style|script|template|noscript)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_PLACE = re.compile(r"</?(?:html|head|body|div|p|span|br)\b[^>]*>", re.IGNORECASE)
"""Of a page, and of what is empty until a script draws there."""

_NAMES = (
    ("application/vnd.plotly.v1+json", "plot"),
    ("application/vnd.vega", "chart"),
    ("application/vnd.bokehjs_load", ""),
    ("application/vnd.holoviews_load", ""),
    ("application/vnd.bokehjs", "plot"),
    ("application/vnd.holoviews_exec", "plot"),
    ("application/geo+json", "map"),
    ("video/", "video"),
    ("audio/", "audio"),
    ("application/pdf", "PDF"),
    ("application/javascript", "JavaScript"),
)
"""Beginnings of MIME types, and a word for each; images, HTML and text are looked at more closely."""

_TAGS = (
    ("<audio", "audio"),
    ("<video", "video"),
    ("<iframe", "page"),
    ("<svg", "figure"),
    ("vegaEmbed", "chart"),
    ("<progress", "progress bar"),
    ("<img", "figure"),
)
"""Beginnings of tags, and a word for each."""


def describe(output: dict[str, Any], line: int | None = None) -> str:
    """Describe one of nbformat's output dicts, in one short line; of an error, `line` is where it was.

    Returns
    -------
    str
        Empty where a page shows nothing of it: styles, or scripts that a library loads before its first chart.

    Examples
    --------
    >>> describe({"output_type": "execute_result", "data": {"text/plain": "2"}, "metadata": {}})
    '2'
    """
    if output["output_type"] == "error":
        said = clip(f"{output['ename']}: {output['evalue']}" if output["evalue"] else output["ename"])
        return said if line is None else f"{said} (line {line})"
    data = output["data"]
    image = next((kind for kind in data if kind.startswith("image/")), None)
    if image is not None:
        size = _size(image, data[image])
        return f"figure, {size}" if size else "figure"
    for beginning, word in _NAMES:
        if any(kind.startswith(beginning) for kind in data):
            return word
    return _describe_text(data)


def _describe_text(data: dict[str, Any]) -> str:
    if "text/html" in data:
        made = str(data["text/html"])
        is_text = _ESTIMATOR in made and "text/plain" in data
        return _describe_plain(data["text/plain"]) if is_text else _describe_html(made)
    if "text/latex" in data:
        return "formula"
    if "application/json" in data:
        return clip(f"JSON {json.dumps(data['application/json'], ensure_ascii=False, default=str)}")
    if "text/markdown" in data:
        return clip(_first_words(data["text/markdown"])) or "text"
    return _describe_plain(data["text/plain"]) if "text/plain" in data else "output"


def _describe_plain(text: str) -> str:
    """Describe what only Python's own text is there of."""
    text = text.strip()
    if series := _SERIES.search(text):
        name, rows = series.groups()
        return clip(f"Series {name or ''}".strip()) + (f", {int(rows):,} rows" if rows else "")
    return clip(" ".join(_ADDRESS.sub("", text[: 20 * MAX_CHARACTERS]).split()))


def _first_words(markdown: str) -> str:
    """Return the first line that says something, without the signs of a heading, a list or a quotation."""
    lines = (_MARKS.sub("", line.strip(), count=1) for line in markdown.splitlines())
    return next((line for line in lines if line), "")


def clip(text: str) -> str:
    """Fit a text into a line: what does not fit is cut, what no line can hold is left out."""
    line = _CONTROL.sub(" ", _ANSI.sub("", text[: 20 * MAX_CHARACTERS])).strip()
    return line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…"


def _size(kind: str, value: Any) -> str:
    """Width and height of a PNG or JPEG, from its first bytes; empty for what cannot be read."""
    try:
        head = base64.b64decode(str(value)[:40_000].partition("\n")[0][: 4 * 10_000])
    except ValueError:
        return ""
    if kind == "image/png" and head[:8] == b"\x89PNG\r\n\x1a\n" and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return f"{width}×{height}"
    if kind == "image/jpeg":
        for found in re.finditer(rb"\xff[\xc0-\xc3]..\x08(..)(..)", head, re.DOTALL):
            height, width = (int.from_bytes(part, "big") for part in found.groups())
            return f"{width}×{height}"
    return ""


def _describe_html(text: str) -> str:
    if "<table" in text:
        said = _ROWS.search(text)
        if said:
            return f"table, {said[1]} × {said[2]}"
        body = text.partition("<tbody")[2] or text
        rows = body.count("<tr")
        columns = body.partition("</tr>")[0].count("<td")
        return f"table, {rows} × {columns}" if rows and columns else "table"
    shown = _UNSEEN.sub(" ", text)
    has_script = "<script" in text  # which may draw into a place of its own
    if not (shown if has_script else _PLACE.sub("", shown)).strip():
        return ""
    for tag, word in _TAGS:
        if tag in text:
            return word
    words = html.unescape(re.sub(r"<[^>]*>", " ", _INLINE.sub("", shown[:20_000]))).split()
    return clip(" ".join(words)) or "HTML"
