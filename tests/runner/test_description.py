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
    ],
)
def test_an_output_is_described_by_what_is_seen_of_it(data: dict[str, Any], said: str):
    assert describe({"output_type": "display_data", "data": data, "metadata": {}}) == said
