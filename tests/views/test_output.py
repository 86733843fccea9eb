"""What a card shows of an output: one form of several, and a word on what it cannot show."""

from __future__ import annotations

from typing import Any

import pytest

from hfjobs_magic.views.output import draw, static

JSON = "<IPython.core.display.JSON object>"
CODE = '<div class="highlight"><pre>'
PLOTLY = {"application/vnd.plotly.v1+json": {}, "text/html": "<script>draw()</script>", "text/plain": "Figure()"}


@pytest.mark.parametrize(
    ("data", "mime", "text", "note"),
    [
        ({"text/plain": "1"}, "text/plain", "1", ""),
        ({"text/plain": ["a\n", "b"]}, "text/plain", "a\nb", ""),
        ({"text/plain": "<Figure>", "image/png": "aGk="}, "image/png", "aGk=", ""),
        ({"image/svg+xml": "<svg/>", "text/plain": "x"}, "image/svg+xml", "<svg/>", ""),
        ({"text/html": "<b>x</b>", "text/plain": "x"}, "text/html", "<b>x</b>", ""),
        ({"text/html": "<SCRIPT>x</SCRIPT>"}, "text/html", "<SCRIPT>x</SCRIPT>", "Its scripts do not run"),
        ({"text/markdown": "a **b**"}, "text/html", "<p>a <strong>b</strong></p>\n", ""),
        ({"text/markdown": "<script>x</script>"}, "text/html", "<p>&lt;script&gt;x&lt;/script&gt;</p>\n", ""),
        ({"text/latex": "$x$", "text/plain": "x"}, "text/latex", "$x$", ""),
        (PLOTLY, "text/plain", "Figure()", "A Plotly chart: the output below"),
        ({**PLOTLY, "image/png": "aGk="}, "image/png", "aGk=", "A picture of a Plotly chart"),
        ({"application/vnd.vegalite.v5+json": {}}, "text/plain", "", "A Vega chart"),
        ({"application/pdf": "x"}, "text/plain", "", "no form that a card can draw (application/pdf)"),
        ({}, "text/plain", "", ""),
        ({"application/json": {"a": ["ü"]}, "text/plain": JSON}, "text/plain", '{\n  "a": [\n    "ü"\n  ]\n}', ""),
        ({"application/json": [1], "text/plain": "one"}, "text/plain", "one", ""),
        ({"application/geo+json": {}, "text/plain": "<IPython.display.GeoJSON object>"}, "text/plain", "{}", "A map"),
        ({"text/html": f"<style></style>{CODE}x</pre></div>", "text/plain": "x = 1"}, "text/plain", "x = 1", ""),
    ],
)
def test_one_form_is_drawn(data: dict[str, Any], mime: str, text: str, note: str):
    drawing = draw(data)
    assert (drawing.mime, drawing.text) == (mime, text)
    assert note in drawing.note
    assert bool(note) == bool(drawing.note)


def test_long_text_is_cut():
    assert draw({"text/plain": "x" * 300_000}).text.endswith("… +100,000 characters")


def test_pictures_and_text_are_saved_and_the_rest_is_named():
    picture = draw({"image/png": "aGk=\n"})
    assert 'src="data:image/png;base64,aGk="' in static(picture, 'a "figure"', 100)
    assert 'alt="a &quot;figure&quot;"' in static(picture, 'a "figure"', 100)
    assert "<img" not in static(picture, "figure", 2)
    assert "&lt;b&gt;" in static(draw({"text/plain": "\x1b[31m<b>\x1b[0m"}), "text", 100)
    assert "<table" not in static(draw({"text/html": "<table>"}), "table, 1 × 1", 100)
    assert "table, 1 × 1" in static(draw({"text/html": "<table>"}), "table, 1 × 1", 100)
    hostile = static(draw({"image/png": '" onerror="x'}), "figure", 100)
    assert 'onerror="' not in hostile
