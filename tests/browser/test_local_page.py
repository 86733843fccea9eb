"""The page behind a local job's link, in a real browser: what a person sees and does there."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from huggingface_hub import HfApi
from playwright.sync_api import expect

from hfjobs_magic.local import daemon
from tests.conftest import BUILD, watched_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# Prints what a page could trip over, waits to be told, prints more.
CODE = r"""
import os, sys, time
print("<img src=x onerror=alert(1)><script>alert(2)</script>", flush=True)
print("\x1b[1;31mred\x1b[0m and plain", flush=True)
for n in range(300): print(f"step {n:4d}  loss {3 / (n + 1):.4f}", flush=True)
sys.stderr.write("progress  10 %"); sys.stderr.flush(); sys.stderr.write("\rprogress  99 %\n"); sys.stderr.flush()
while not os.path.exists("go"): time.sleep(0.02)
for n in range(5): print(f"last {n}", flush=True)
time.sleep(600)
"""


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser that has never been here; whatever its console says against the page fails the test."""
    with (
        browser.new_context(viewport={"width": 1180, "height": 720}) as context,
        watched_page(context, request.node) as (page, console),
    ):
        yield page
    # A refused token and a missing job are answers that Chromium reports, too.
    assert [line for line in console if line.startswith("error") and "Failed to load" not in line] == []


def photograph(page: Page, name: str) -> None:
    folder = BUILD / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=folder / f"{name}-{scheme}.png")
    page.emulate_media(color_scheme="light")


@pytest.fixture
def job(service: daemon.Service) -> Iterator[str]:
    """A job that runs till it is cancelled."""
    api = HfApi(endpoint=service.endpoint, token=service.token)
    made = api.run_job(
        image="python:3.12",
        command=[sys.executable, "-u", "-c", CODE],
        env={"LEARNING_RATE": "0.001", "NOTE": "<b>not bold</b>"},
        secrets={"WANDB_API_KEY": "do-not-show"},
        labels={"name": "train-tiny", "team": "nlp"},
        timeout="2h",
        namespace=service.namespace,
    ).id
    yield made
    api.cancel_job(job_id=made, namespace=service.namespace)
    api.wait_for_job(made, namespace=service.namespace, poll_interval=0.1, timeout=60)


def work(service: daemon.Service, job: str) -> Path:
    return service.data_dir / "jobs" / job / "work"


def test_the_link_of_a_card_leads_to_the_page_by_way_of_the_token(page: Page, service: daemon.Service, job: str):
    address = f"{service.endpoint}/jobs/local/{job}"
    page.goto(address)
    expect(page.get_by_role("heading", name="Open a local job")).to_be_visible()
    expect(page.get_by_text(f"python -m hfjobs_magic.local open {job}")).to_be_visible()
    photograph(page, "page-login")
    page.get_by_label("Token").fill("hf_wrong")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the service's token.")
    page.get_by_label("Token").fill(service.token)
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("heading", name="train-tiny")).to_be_visible()
    assert page.url == address
    page.goto(f"{service.endpoint}/jobs/local/{'0' * 24}")
    expect(page.get_by_role("heading", name="No such job")).to_be_visible()


def test_a_file_of_ours_leads_to_the_page(page: Page, service: daemon.Service, job: str, tmp_path: Path):
    """The way of systems that do not tell who calls; see `daemon.open_page`."""
    recorder = tmp_path / "browser"
    recorder.write_text(f'#!/bin/sh\nprintf %s "$1" > {shlex.quote(str(tmp_path / "given"))}\n')
    recorder.chmod(0o700)
    code = (
        "from hfjobs_magic.local import daemon; import sys; "
        "daemon.open_page(sys.argv[2], daemon.find(sys.argv[1]), by_file=True)"
    )
    command = [sys.executable, "-c", code, str(service.data_dir), daemon.make_page_link(service, job)]
    subprocess.run(command, env={**os.environ, "BROWSER": str(recorder)}, check=True)
    page.goto((tmp_path / "given").read_text())
    expect(page.get_by_role("heading", name="train-tiny")).to_be_visible()
    assert page.url == f"{service.endpoint}/jobs/local/{job}"


def test_stage_configuration_log_and_cancel(page: Page, service: daemon.Service, job: str):
    page.goto(daemon.make_page_link(service, job))
    assert "code" not in page.url
    stage, lines = page.locator("#stage"), page.locator("#lines")
    expect(stage).to_have_text("Running")
    expect(page).to_have_title("Running · train-tiny")
    expect(lines).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>")
    expect(lines).to_contain_text("red and plain")
    expect(lines).to_contain_text("progress  99 %")
    expect(lines).not_to_contain_text("progress  10 %")
    facts = page.locator("#facts")
    for text in ("python:3.12", "2:00:00", "LEARNING_RATE=0.001", "<b>not bold</b>", "WANDB_API_KEY", "team=nlp"):
        expect(facts).to_contain_text(text)
    assert "do-not-show" not in page.content()
    photograph(page, "page-running")

    # New lines stay in sight, unless somebody reads further up.
    expect(page.get_by_text("step  299")).to_be_in_viewport()
    page.locator("#scroll").evaluate("node => { node.scrollTop = 0; }")
    expect(page.get_by_role("button", name="Latest lines")).to_be_visible()
    (work(service, job) / "go").touch()
    expect(lines).to_contain_text("last 4")
    assert page.locator("#scroll").evaluate("node => node.scrollTop") == 0
    page.get_by_role("button", name="Latest lines").click()
    expect(page.get_by_text("last 4")).to_be_in_viewport()

    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    expect(stage).to_have_text("Running")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Yes").click()
    expect(stage).to_have_text("Canceled")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.locator("#stream")).to_be_empty()
    photograph(page, "page-canceled")
    page.reload()
    expect(lines).to_contain_text("last 4")
    assert lines.inner_text().count("last 4") == 1


def test_a_small_window_shows_everything_below_each_other(page: Page, service: daemon.Service, job: str):
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(daemon.make_page_link(service, job))
    expect(page.locator("#lines")).to_contain_text("step  299")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    photograph(page, "page-small")


def test_a_long_log_leaves_a_bounded_page(page: Page, service: daemon.Service):
    api = HfApi(endpoint=service.endpoint, token=service.token)
    command = [sys.executable, "-c", "for n in range(60_000): print('line', n)\nraise SystemExit(3)"]
    job = api.run_job(image="python:3.12", command=command, namespace=service.namespace).id
    api.wait_for_job(job, namespace=service.namespace, poll_interval=0.1, timeout=60)
    page.goto(daemon.make_page_link(service, job))
    expect(page.locator("#stage")).to_have_text("Error")
    expect(page.locator("#message")).to_contain_text("exit code: 3")
    expect(page.locator("#lines")).to_contain_text("line 59999")
    expect(page.locator("#earlier")).to_contain_text(f"%hfjobs logs {job} --local")
    assert page.locator("#lines > span").count() == 5000
    photograph(page, "page-error")


@pytest.mark.filterwarnings("ignore:.*is experimental:UserWarning")
@pytest.mark.parametrize(
    ("last", "said"),
    [
        ('    raise ValueError("too large")', "ValueError: too large (line 3)"),
        # What was caught on the way stands above the end's own traceback.
        ('    try: 1 / 0\n    except ZeroDivisionError: raise KeyError("lr")', "KeyError: 'lr' (line 4)"),
        # An end of its own choice is no exception, whatever was printed before.
        (
            "    import traceback\n    try: 1 / 0\n    except: traceback.print_exc()\n    raise SystemExit(4)",
            "exit code: 4",
        ),
    ],
)
def test_why_a_job_failed_is_its_error(page: Page, service: daemon.Service, tmp_path: Path, last: str, said: str):
    script = tmp_path / "train.py"
    script.write_text(f"print('begun')\ndef train():\n{last}\ntrain()\n")
    api = HfApi(endpoint=service.endpoint, token=service.token)
    job = api.run_uv_job(str(script), namespace=service.namespace).id
    api.wait_for_job(job, namespace=service.namespace, poll_interval=0.1, timeout=60)
    page.goto(daemon.make_page_link(service, job))
    expect(page.locator("#message")).to_contain_text(said)
    expect(page.locator("#message")).not_to_contain_text("ZeroDivisionError")
    photograph(page, "local-page-failed")
