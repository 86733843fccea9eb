"""What the log says of an output."""

from __future__ import annotations

from typing import Any

import pytest

from hfjobs_magic.runner.description import describe

CODE = (
    '<style>pre { line-height: 125%; }</style><div class="highlight"><pre><span></span><span class="k">def</span>'
    '<span class="w"> </span><span class="nf">f</span>(x<span class="p">):</span>\n    pass</pre></div>'
)
OBJECT = "<IPython.core.display.JSON object>"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"application/json": {"a": [1, "ü"]}, "text/plain": OBJECT},
            'JSON {"a": [1, "ü"]}',
        ),
        ({"application/json": list(range(100))}, f"JSON {list(range(100))}"[:99] + "…"),
        ({"text/html": CODE, "text/latex": "\\begin{Verbatim}", "text/plain": "def f(x):\n    pass"}, "def f(x): pass"),
        ({"text/html": "<p>one</p><p><b>t</b>wo</p>"}, "one two"),
        ({"text/latex": "$x$", "text/plain": "x"}, "formula"),
        ({"text/plain": "[<matplotlib.lines.Line2D at 0x7f0f45a61890>]"}, "[<matplotlib.lines.Line2D>]"),
        ({"text/plain": "{'a': 1,\n 'b':   2}"}, "{'a': 1, 'b': 2}"),
        ({"text/plain": "0    1\n1    2\nName: loss, dtype: float64"}, "Series loss"),
        ({"text/plain": "0    1\n    ..\n999    2\nLength: 1000, dtype: int64"}, "Series, 1,000 rows"),
        (
            {"text/html": '<div class="sk-top-container"><table></table></div>', "text/plain": "SVC(C=1,\n  d=2)"},
            "SVC(C=1, d=2)",
        ),
        ({"text/html": "<img src='x'>", "text/plain": "<Image>"}, "figure"),
        ({"text/html": "<div id='a'></div><script>draw('a')</script>"}, "HTML"),
    ],
)
def test_an_output_is_described_by_what_is_seen_of_it(data: dict[str, Any], said: str):
    assert describe({"output_type": "display_data", "data": data, "metadata": {}}) == said


@pytest.mark.parametrize(
    "data",
    [
        {"text/html": "<script type='module'>load()</script>\n<style>p { color: red }</style>", "text/plain": OBJECT},
        {"text/html": "<!-- nothing --> <link rel='stylesheet' href='x'>"},
        {"text/html": "<div id='p1034' style='display: contents;'></div>"},
        {"text/html": "<div><style>p { color: red }</style></div>"},
        {"application/vnd.bokehjs_load.v0+json": "", "application/javascript": "load()"},
        {"text/plain": ""},
    ],
)
def test_what_nothing_is_seen_of_has_no_words(data: dict[str, Any]):
    assert describe({"output_type": "display_data", "data": data, "metadata": {}}) == ""
