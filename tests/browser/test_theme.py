"""Light and dark, however a host says it: colours come from `light-dark()`, which goes by the card's `color-scheme`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .jobs import make_metrics
from .test_card import open_card

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

MUTED = {"light": "rgb(89, 98, 109)", "dark": "rgb(160, 169, 180)"}
"""Colours of what is said in passing."""

LINE = {"light": (31, 111, 208), "dark": (106, 174, 252)}
"""Red, green and blue of the first line of a chart; what a canvas has of a line's middle is off by one or two."""

HOSTS = {
    "JupyterLab": "document.body.setAttribute('data-jp-theme-light', {light: 'true', dark: 'false'}[theme])",
    "VS Code": "document.body.className = 'vscode-' + theme",
    "VS Code, by its kind": "document.body.setAttribute('data-vscode-theme-kind', 'vscode-' + theme)",
    "VS Code, high contrast": "document.body.setAttribute('data-vscode-theme-kind',"
    " {light: 'vscode-high-contrast-light', dark: 'vscode-high-contrast'}[theme])",
    "marimo": "document.body.className = theme",
    "Colab": "document.documentElement.setAttribute('theme', theme)",
    "a painted page": "document.body.style.background = {light: '#fafafa', dark: '#202020'}[theme]",
}
"""What a host does to its page when `theme` is chosen."""


def is_drawn(chart: Locator, color: tuple[int, int, int]) -> bool:
    """Whether a chart has a pixel of this colour."""
    return bool(
        chart.evaluate(
            """(figure, [r, g, b]) => {
                const canvas = figure.querySelector("canvas");
                const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                const near = (a, b) => Math.abs(a - b) <= 3;
                for (let i = 0; i < data.length; i += 4)
                    if (near(data[i], r) && near(data[i + 1], g) && near(data[i + 2], b) && data[i + 3] === 255)
                        return true;
                return false;
            }""",
            color,
        )
    )


@pytest.mark.parametrize("host", HOSTS)
def test_a_card_is_light_or_dark_as_its_host_is_and_changes_with_it(page: Page, host: str) -> None:
    page.evaluate("document.documentElement.removeAttribute('data-theme'); document.body.style.background = 'none'")
    change = f"theme => {{ {HOSTS[host]} }}"
    page.evaluate(change, "dark")
    card = open_card(page, metrics=make_metrics(40))
    card.get_by_role("tab", name="Metrics").click()
    chart = card.locator("figure", has_text="CPU")
    expect(chart.locator("canvas")).to_be_visible()
    for theme in ("dark", "light", "dark"):
        page.evaluate(change, theme)
        expect(card.locator(".hfj-hardware")).to_have_css("color", MUTED[theme])
        assert is_drawn(chart, LINE[theme])
        assert not is_drawn(chart, LINE["dark" if theme == "light" else "light"])


def test_a_page_that_leaves_it_to_the_reader_is_as_the_reader_prefers(page: Page) -> None:
    page.evaluate(
        "document.documentElement.style.colorScheme = 'light dark'; document.body.style.background = 'none';"
        "document.documentElement.removeAttribute('data-theme')"
    )
    card = open_card(page)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        expect(card.locator(".hfj-hardware")).to_have_css("color", MUTED[theme])
