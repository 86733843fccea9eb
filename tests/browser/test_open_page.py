"""Open on a local card opens the job's page: a window at the click, then the kernel's link that works once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect

from hfjobs_magic.hub.client import JobsClient

from .jobs import make_job
from .rows import make_row, make_table
from .test_card import open_card, sent

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.browser


def answer(page: Page, **values: object) -> None:
    (asked,) = sent(page, "page-link")
    message = {"type": "page-link", "id": asked["id"], "url": None, "error": None, **values}
    page.evaluate("message => host.model.emit('msg:custom', message)", message)


def test_open_shows_the_page_of_a_job_of_the_local_service(page: Page, service: Service) -> None:
    api = HfApi(endpoint=service.endpoint, token=service.token)
    job = api.run_job(image="python", command=["echo", "seen on the page"], namespace=service.namespace)
    client = JobsClient(endpoint=service.endpoint, token=service.token, namespace=service.namespace, local=True)
    card = open_card(page, job=make_job(id=job.id, local=True, url=job.url, name="mine"))
    with page.expect_popup() as popup:
        card.get_by_role("link", name="Open: mine").click()
    opened = popup.value
    expect(opened.locator("body")).to_contain_text("Opening the job")
    answer(page, url=client.page_link(job.id))
    expect(opened.get_by_text("seen on the page", exact=True)).to_be_visible()
    assert opened.url == job.url
    assert opened.evaluate("window.opener") is None
    # The next click asks anew: a link works once.
    assert len(sent(page, "page-link")) == 1


def test_a_kernel_that_is_busy_or_refuses_says_so_in_the_window(page: Page) -> None:
    card = open_card(page, job=make_job(local=True, url="http://127.0.0.1:9/jobs/local/x"))
    with page.expect_popup() as popup:
        card.get_by_role("link", name="Open: train-distilbert").click()
    body = popup.value.locator("body")
    expect(body).to_contain_text("The kernel is busy or gone", timeout=15_000)
    expect(body).to_contain_text("python -m hfjobs_magic.local open 6923b1c7a1f0c2d4e5f60718")
    answer(page, error="The local service has no such job.")
    expect(body).to_have_text("The local service has no such job.")


def test_no_address_that_runs_something_is_opened(page: Page) -> None:
    card = open_card(page, job=make_job(local=True, url="http://127.0.0.1:9/jobs/local/x"))
    with page.expect_popup() as popup:
        card.get_by_role("link", name="Open: train-distilbert").click()
    answer(page, url="javascript:document.body.textContent = 'ran'")
    expect(popup.value.locator("body")).to_have_text("There is no page of this job.")


def test_a_job_of_the_hub_is_an_ordinary_link(page: Page) -> None:
    card = open_card(page)
    link = card.get_by_role("link", name="Open on the Hub: train-distilbert")
    expect(link).to_have_attribute("href", "https://huggingface.co/jobs/ada/6923b1c7a1f0c2d4e5f60718")
    link.evaluate("link => link.addEventListener('click', event => event.preventDefault())")
    link.click()
    assert sent(page, "page-link") == []


def test_a_row_of_a_local_table_opens_its_page(page: Page) -> None:
    page.evaluate("traits => host.open(traits)", make_table([make_row(n) for n in range(3)], local=True))
    row = page.locator(".hfj-trow[data-id]").first
    row.hover()
    with page.expect_popup() as popup:
        row.get_by_role("link").click()
    expect(popup.value.locator("body")).to_contain_text("Opening the job")
    (asked,) = sent(page, "page-link")
    assert asked["job"] == row.get_attribute("data-id")
