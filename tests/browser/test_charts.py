"""Charts as they are drawn: the size and number of what stands at the axes, what memory is scaled to, and the width."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect

from tests.conftest import BUILD

from .jobs import GB, PROGRESS, make_metrics, make_training
from .test_card import open_card, set_traits

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

NOTE_TEXTS = """
window.drawn = new Map();
const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    drawn.set(this.canvas, []);
    return clearRect.apply(this, box);
};
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    if (!drawn.has(this.canvas)) drawn.set(this.canvas, []);
    const { width } = this.measureText(text);
    const { e: left } = this.getTransform();
    drawn.get(this.canvas).push({ text, font: this.font, align: this.textAlign, x: left + place[0], width });
    return fillText.apply(this, [text, ...place]);
};
null;
"""
"""Notes what is written into each canvas since it was last cleared: in which font, where, and how wide (pixels)."""


def open_charts(page: Page, **traits: Any) -> Locator:
    page.evaluate(NOTE_TEXTS)
    card = open_card(page, **traits)
    card.get_by_role("tab", name="Metrics").click()
    expect(card.locator("canvas").first).to_be_visible()
    return card


def labels(chart: Locator) -> dict[str, list[dict[str, Any]]]:
    """Names at the axes of a chart: those at the left, and those below. What nobody sees is not drawn."""
    chart.evaluate("figure => figure.scrollIntoView()")
    expect(chart.locator("canvas")).to_be_visible()
    chart.page.wait_for_function("figure => drawn.has(figure.querySelector('canvas'))", arg=chart.element_handle())
    texts = chart.evaluate("figure => drawn.get(figure.querySelector('canvas'))")
    return {
        "y": [text for text in texts if text["align"] == "right"],
        "x": [text for text in texts if text["align"] == "center"],
    }


def all_labels(chart: Locator) -> list[dict[str, Any]]:
    return [text for texts in labels(chart).values() for text in texts]


def named(texts: list[dict[str, Any]]) -> list[str]:
    return [text["text"] for text in texts]


def test_names_at_the_axes_are_as_large_on_a_sharp_screen(sharp: Page) -> None:
    card = open_charts(sharp, metrics=make_metrics(200, gpus=1), training=make_training(200))
    for chart in card.locator("figure").all():
        for text in all_labels(chart):
            assert text["font"].startswith("22px"), text
    sharp.locator(".hfj").first.screenshot(path=BUILD / "screenshots" / "charts-sharp.png")


def test_names_keep_their_size_when_a_second_card_comes(page: Page) -> None:
    page.set_viewport_size({"width": 960, "height": 2000})
    card = open_charts(page, metrics=make_metrics(60))
    page.evaluate("host.show()")
    second = page.locator(".hfj").nth(1)
    second.get_by_role("tab", name="Metrics").click()
    expect(second.locator("canvas").first).to_be_visible()
    # A module of its own, as each widget of a notebook has; it draws, and the first draws once more.
    page.evaluate("import('/static/index.js?second').then(() => null)")
    set_traits(page, metrics=make_metrics(61))
    for one in (card, second):
        texts = all_labels(one.locator("figure").first)
        assert len(texts) >= 5
        assert {text["font"].split(" ")[0] for text in texts} == {"11px"}


@pytest.mark.parametrize("points", [1, 2, 3, 40, 300])
def test_every_axis_of_values_has_at_least_three_names_and_steps_are_whole(page: Page, points: int) -> None:
    page.set_viewport_size({"width": 960, "height": 1600})
    card = open_charts(page, metrics=make_metrics(points, gpus=1), training=make_training(points))
    for chart in card.locator("figure").all():
        at = labels(chart)
        assert len(set(named(at["y"]))) >= 3, (chart.inner_text(), at)
        assert len(at["y"]) <= 9
    at = labels(card.locator("figure", has_text="loss"))
    assert all(re.fullmatch(r"[\d.]+K|\d+", name) for name in named(at["x"])), at["x"]


def test_whole_epochs_are_named_where_there_are_some(page: Page) -> None:
    training = make_training(50)
    for series in training["series"]:
        series["epoch"] = [step / 100 for step in series["step"]]
    card = open_charts(page, training={**training, "x_label": "epoch"})
    assert named(labels(card.locator("figure", has_text="loss"))["x"]) == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("seconds", [1, 1800, 50_000, 200_000, 3_000_000])
@pytest.mark.parametrize("width", [320, 1920])
def test_no_name_is_cut_or_written_over_another(page: Page, width: int, seconds: int) -> None:
    page.set_viewport_size({"width": width, "height": 2000})
    metrics, training = make_metrics(101), make_training(101)
    metrics["t"] = [metrics["t"][0] + i * seconds / 100 for i in range(101)]
    card = open_charts(page, metrics=metrics, training=training)
    for chart in card.locator("figure").all():
        edge = chart.evaluate("figure => figure.querySelector('canvas').width")
        names = [text for text in labels(chart)["x"] if text["text"]]
        ends = [(text["x"] - text["width"] / 2, text["x"] + text["width"] / 2) for text in names]
        assert len(names) >= 2
        assert ends[0][0] >= 0
        assert ends[-1][1] <= edge, names
        for (_, end), (start, _) in itertools.pairwise(ends):
            assert start - end >= 6, names


@pytest.mark.parametrize("begin", [370_000, 12_345_000])
def test_steps_far_from_the_first_have_names_of_their_own(page: Page, begin: int) -> None:
    page.set_viewport_size({"width": 960, "height": 2000})
    training = make_training(50)
    for series in training["series"]:
        series["step"] = [begin + number for number in range(50)]
    chart = open_charts(page, training=training).locator("figure", has_text="loss").first
    names = [text for text in labels(chart)["x"] if text["text"]]
    assert len(set(named(names))) == len(names) >= 2
    assert all(str(begin)[:3] == name.replace(",", "")[:3] for name in named(names)), names
    ends = [(text["x"] - text["width"] / 2, text["x"] + text["width"] / 2) for text in names]
    assert all(start - end >= 3 for (_, end), (start, _) in itertools.pairwise(ends)), names


COLOURS = """figure => {
    const canvas = figure.querySelector("canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const all = new Set();
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 240) all.add(data.slice(i, i + 3).join());
    return [...all];
}"""
"""The colours that are painted in full, as "r,g,b"."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_keep_the_colours_that_name_them_in_a_contrast_theme(
    sharp: Page, scheme: Literal["light", "dark"]
) -> None:
    card = open_charts(sharp, metrics=make_metrics(100, gpus=1), training=make_training(100), progress=PROGRESS)
    sharp.emulate_media(forced_colors="active", color_scheme=scheme)
    network = card.locator("figure", has_text="Network")
    colours = network.locator(".hfj-swatch").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundColor.match(/\\d+/g).join())"
    )
    assert len(set(colours)) == 2
    sharp.wait_for_function(
        f"colours => {{ const there = ({COLOURS})([...document.querySelectorAll('figure')]"
        ".find(one => one.innerText.includes('Network'))); return colours.every(one => there.includes(one)); }",
        arg=colours,
    )
    card.screenshot(path=BUILD / "screenshots" / f"charts-forced-{scheme}.png")


def used(gigabytes: float) -> dict[str, Any]:
    metrics = make_metrics(60)
    return metrics | {"memory": [gigabytes * GB] * 60, "memory_total": 16 * GB}


def red_row(chart: Locator, way: str = "row") -> int | None:
    """The row, or the column, of pixels of a broken line in the colour of a warning, counted from above or the left."""
    row = chart.evaluate(
        """(figure, way) => {
            const canvas = figure.querySelector("canvas");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            const counts = new Map();
            for (let i = 0; i < data.length; i += 4)
                if (data[i] > 150 && data[i + 1] < 80 && data[i + 2] < 90 && data[i + 3] > 100) {
                    const row = way === "row" ? Math.floor(i / 4 / canvas.width) : (i / 4) % canvas.width;
                    counts.set(row, (counts.get(row) ?? 0) + 1);
                }
            return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
        }""",
        way,
    )
    return None if row is None else int(row)


def test_memory_is_scaled_to_what_is_used_and_its_limit_is_a_line_when_it_is_near(page: Page) -> None:
    card = open_charts(page, metrics=used(1.5))
    chart = card.locator("figure", has_text="Memory")
    assert named(labels(chart)["y"]) == ["0 B", "512 MB", "1 GB", "1.5 GB"]
    assert red_row(chart) is None
    set_traits(page, metrics=used(14.5))
    expect(chart).to_contain_text("14.5 GB of 16.0 GB")
    page.wait_for_function(
        "() => { const [chart] = [...document.querySelectorAll('figure')].filter(f => f.innerText.includes('Memory'));"
        " return drawn.get(chart.querySelector('canvas')).some(({text}) => text === '16 GB'); }"
    )
    row = red_row(chart)
    assert row is not None
    assert row < 20


@pytest.mark.parametrize("width", [320, 960, 1920])
def test_charts_fill_the_page_however_wide_it_is(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    card = open_charts(page, metrics=make_metrics(100))
    boxes = [chart.bounding_box() for chart in card.locator("figure").all()]
    right = max(box["x"] + box["width"] for box in boxes if box)
    edge = card.bounding_box()
    assert edge is not None
    assert edge["x"] + edge["width"] - right < 20
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    card.screenshot(path=BUILD / "screenshots" / f"charts-{width}.png")


def test_a_chart_says_since_when_its_values_are_no_numbers(page: Page) -> None:
    training = make_training(100)
    loss = training["series"][0]
    for column in ("y", "min", "max"):
        loss[column] = [*loss[column][:60], *[None] * 40]
    loss["odd"] = {"since": 60, "text": "nan"}
    never = training["series"][1]
    for column in ("y", "min", "max"):
        never[column] = [None] * 100
    never["odd"] = {"since": 0, "text": "-inf"}
    card = open_charts(page, training=training)
    chart = card.locator("figure", has_text="loss")
    expect(chart).to_contain_text("nan since step 610")
    assert red_row(chart, "column") is not None
    expect(card.locator("figure", has_text="grad_norm")).to_contain_text("-inf since step 10")
    card.screenshot(path=BUILD / "screenshots" / "charts-nan.png")
