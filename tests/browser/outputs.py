"""Makers of outputs as the kernel sends them."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any


def make_png(width: int, height: int) -> str:
    """A picture with two waves on white, in base64."""
    rows = []
    for y in range(height):
        row = bytearray(b"\xff\xff\xff" * width)
        for wave, color in ((1.0, b"\x1f\x77\xb4"), (1.7, b"\xff\x7f\x0e")):
            for x in range(20, width - 20):
                at = height / 2 - math.sin(x / 40 * wave) * (height / 3)
                if abs(y - at) < 2.2:
                    row[3 * x : 3 * x + 3] = color
        rows.append(b"\x00" + bytes(row))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )
    return base64.b64encode(png).decode()


TABLE = """<div><style scoped>.dataframe tbody tr th {vertical-align: top;}</style>
<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>epoch</th><th>loss</th>
<th>accuracy</th></tr></thead><tbody>
<tr><th>0</th><td>1</td><td>0.512</td><td>0.78</td></tr><tr><th>1</th><td>2</td><td>0.334</td><td>0.86</td></tr>
<tr><th>2</th><td>3</td><td>0.301</td><td>0.88</td></tr></tbody></table><p>3 rows × 3 columns</p></div>"""

SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="220" height="60"><rect width="220" height="60" fill="#eef"/>
<circle cx="30" cy="30" r="20" fill="#36c"/><text x="60" y="36" font-size="16">an SVG</text></svg>"""

ERROR = """\x1b[31m---------------------------------------------------------------------------\x1b[39m
\x1b[31mValueError\x1b[39m                                Traceback (most recent call last)
\x1b[36mThe cell, line 12\x1b[39m
\x1b[32m     10\x1b[39m model = train(df)
\x1b[32m     11\x1b[39m \x1b[38;5;66;03m# the last check\x1b[39;00m
\x1b[32m---> 12\x1b[39m \x1b[38;5;28;01mraise\x1b[39;00m \x1b[38;5;167;01mValueError\x1b[39;00m("boom")

\x1b[31mValueError\x1b[39m: boom"""

OUTPUTS: list[tuple[str, str, str, str, str]] = [
    ("figure, 640×240", "display_data", "image/png", make_png(640, 240), ""),
    ("table, 3 × 3", "display_data", "text/html", TABLE, ""),
    ("Results", "display_data", "text/html", "<h2>Results</h2><p><b>3</b> epochs</p><ul><li>loss 0.3</li></ul>", ""),
    ("figure", "display_data", "image/svg+xml", SVG, ""),
    ("formula", "display_data", "text/latex", "$$\\int_0^1 x^2 dx = \\frac{1}{3}$$", ""),
    ("plot", "display_data", "text/plain", "Figure({'data': [{'type': 'bar'}]})",
     "A Plotly chart: the output below the card draws it, where the front end can."),
    ("0.88", "execute_result", "text/plain", "\x1b[1m0.88\x1b[0m", ""),
    ("ValueError: boom (line 12)", "error", "text/plain", ERROR, ""),
]  # fmt: skip
"""Label, kind, MIME type, text and note of each."""


def make_items(outputs: list[tuple[str, str, str, str, str]], first_line: int | None = 0) -> list[dict[str, Any]]:
    """The trait."""
    return [
        {"number": at, "line": None if first_line is None else first_line + at - 1, "revision": at, "label": label}
        for at, (label, *_) in enumerate(outputs, 1)
    ]


def make_messages(outputs: list[tuple[str, str, str, str, str]]) -> list[dict[str, Any]]:
    """The messages."""
    return [
        {"type": "output", "number": at, "revision": at, "kind": kind, "mime": mime, "text": text, "note": note}
        for at, (_, kind, mime, text, note) in enumerate(outputs, 1)
    ]
