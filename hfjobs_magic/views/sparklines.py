"""Charts of a snapshot: small SVG with no script, what the job printed first, then what the machine did."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Values = Sequence[float | None]

MAX_CHARTS = 10
"""Charts drawn, a kilobyte each; the live card draws them all."""

MAX_TRAINING = 6
"""Of those, what the job printed."""

POINTS = 60
"""Points of a chart, whose width is 220 pixels."""

TITLE_CHARS = 40

_WIDTH, _HEIGHT = 220, 48
_GB = 2**30
_FRAME = f"display: inline-block; vertical-align: top; width: {_WIDTH}px; margin: 0 12px 4px 0; font-size: 11px"
_SYSTEM_COLOR, _TRAINING_COLOR = "#2f78d4", "#a155c9"


def charts(metrics: dict[str, Any], training: dict[str, Any]) -> str:
    """Draw the card's traits ``metrics`` and ``training``; empty where there is nothing to draw."""
    drawn = [chart for series in training.get("series", []) if (chart := _training_chart(series, training["x_label"]))]
    drawn = drawn[:MAX_TRAINING]
    drawn += [chart for chart in _usage_charts(metrics) if chart]
    return f'<div style="margin-top: 6px">{"".join(drawn[:MAX_CHARTS])}</div>' if drawn else ""


def _training_chart(series: dict[str, Any], label: str) -> str:
    places = series.get(label) or series["time"]
    if len(places) < 2:
        return ""
    y, odd = series["y"], series.get("odd")
    finite = [value for value in y if value is not None]
    title = series["key"]
    title = title if len(title) <= TITLE_CHARS else f"{title[:TITLE_CHARS]}…"
    if not finite:
        return _chart(f"{escape(title)} {odd['text'] if odd else 'no number'}", places, y, (0.0, 1.0), _TRAINING_COLOR)
    drawn = [None if value is None else math.log10(value) for value in y] if series["log"] else y
    known = [value for value in drawn if value is not None]
    scale = ", log scale" if series["log"] else ""
    least, most = (pick(x for x in series[name] if x is not None) for pick, name in ((min, "min"), (max, "max")))
    newest = odd["text"] if odd else f"{finite[-1]:.3g}"
    said = f"{escape(title)} {newest}, {least:.3g} to {most:.3g}{scale}"
    return _chart(said, places, drawn, (min(known), max(known)), _TRAINING_COLOR)


def _usage_charts(metrics: dict[str, Any]) -> list[str]:
    moments = metrics.get("t") or []
    if len(moments) < 2:
        return []
    total = metrics.get("memory_total")
    memory = [None if value is None else value / _GB for value in metrics.get("memory") or ()]
    percent, gigabytes = "{:.0f} %".format, "{:.2f} GB".format
    return [
        _usage("CPU", moments, metrics.get("cpu_pct") or [], 100.0, percent),
        _usage("Memory", moments, memory, total / _GB if total else 0.0, gigabytes),
        *(_usage(f"GPU {gpu['id']}", moments, gpu["util"], 100.0, percent) for gpu in metrics.get("gpus", [])),
    ]


def _usage(title: str, moments: Sequence[float], values: Values, top: float, form: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    said = f"{escape(title)} {form(known[-1])}, at most {form(max(known))}"
    return _chart(said, moments, values, (0.0, max(*known, top, 1e-9)), _SYSTEM_COLOR)


def _chart(said: str, places: Sequence[float], values: Values, span: tuple[float, float], color: str) -> str:
    low, high = span
    width, height = (places[-1] - places[0]) or 1.0, (high - low) or 1.0
    paths: list[list[str]] = [[]]
    for index in range(0, len(values), max(1, -(-len(values) // POINTS))):
        value = values[index]
        if value is None:
            paths.append([])  # a gap
            continue
        x = (places[index] - places[0]) / width * _WIDTH
        paths[-1].append(f"{x:.1f},{_HEIGHT - (value - low) / height * (_HEIGHT - 2) - 1:.1f}")
    lines = "".join(f'<polyline points="{" ".join(path)}"/>' for path in paths if path)
    return (
        f'<span style="{_FRAME}">{said}<br>'
        f'<svg role="img" aria-label="{said}" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'fill="none" stroke="{color}" stroke-width="1.5">{lines}</svg></span>'
    )
