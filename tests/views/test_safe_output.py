"""Somebody else's outputs: nothing of them runs in the notebook, and what only holds data is drawn as ever."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from hfjobs_magic.exchange.outputs import Output
from hfjobs_magic.views.safe_output import make_safe


class Tags(HTMLParser):
    """Elements of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


HOSTILE = (
    "<table><tr><td>1</td></tr></table>\"'></iframe><script>alert(1)</script><img src=https://x.test/spy onerror=x()>"
)


@pytest.mark.parametrize("kind", ["text/html", "text/markdown"])
@pytest.mark.parametrize("lines", [HOSTILE, [HOSTILE[:40], HOSTILE[40:]]])
def test_html_goes_into_a_frame_without_scripts(kind: str, lines: Any):
    made = make_safe({kind: lines, "text/plain": "page"})
    assert set(made) == {"text/html", "text/plain"}
    (tag, frame), *others = Tags(made["text/html"]).found
    assert tag == "iframe"
    assert frame["sandbox"] == "allow-popups"
    assert "default-src 'none'" in str(frame["srcdoc"])
    assert {name for name, _ in others} <= {"div", "small"}
    inside = {name for name, _ in Tags(str(frame["srcdoc"])).found}
    assert ("table" in inside) == (kind == "text/html")
    assert ("do not run" in made["text/html"]) == (kind == "text/html")


def test_a_picture_of_xml_is_an_image_element():
    made = make_safe({"image/svg+xml": "<svg onload='alert(1)'/>"})
    assert [tag for tag, _ in Tags(made["text/html"]).found] == ["img"]
    assert "onload" not in made["text/html"]
    assert "image/svg+xml" not in made


def test_what_holds_data_stays():
    data = {
        "text/latex": "$x^2$",
        "image/png": "iVBORw0KGgo=",
        "application/vnd.plotly.v1+json": {"data": []},
        "application/vnd.vegalite.v5+json": {"mark": "bar"},
        "application/json": {"a": 1},
        "text/plain": "x",
    }
    assert make_safe(data) == data


def test_what_runs_goes():
    made = make_safe({"application/javascript": "alert(1)", "application/vnd.bokehjs_exec.v0+json": ""})
    assert list(made) == ["text/plain"]
    assert "application/javascript" in made["text/plain"]


def test_an_output_shows_itself_by_whose_it_is():
    item = Output(1, "display_data", {"text/html": "<b>x</b>"})
    assert item._repr_mimebundle_()[0] == {"text/html": "<b>x</b>"}
    other = Output(1, "display_data", {"text/html": "<b>x</b>"}, trusted=False)
    assert "<iframe" in json.dumps(other._repr_mimebundle_()[0])
    assert other.data == {"text/html": "<b>x</b>"}
