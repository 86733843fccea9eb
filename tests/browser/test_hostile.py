"""What a real job prints, through the real client, log and card, to the page: text, and nothing runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psutil
import pytest
from jupyter_client.session import json_packer
from playwright.sync_api import expect

import hfjobs_magic
from hfjobs_magic.widgets.card import LOG_BYTES, JobCard

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from hfjobs_magic.local.daemon import Service

pytestmark = pytest.mark.browser

JOB = r"""
import sys

def put(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()

put(b"<img src=x onerror=alert(1)><script>alert(2)</script>\n")
put(b"\x1b]8;;javascript:alert(3)\x07click me\x1b]8;;\x07 [x](javascript:alert(4))\n")
put(b"\x1b]0;title\x1b\\\x1b]52;c;ZXZpbA==\x07\x1bPq#0;2\x1b\\text\n")
put("before \u202etxt.exe\u202c \u2066x\u2069 \u2028after\n".encode())
put(b"nul \x00 bell \x07 del \x7f\n")
put(b"\xff\xfe caf\xe9 \xed\xa0\x80 \xf0\x9f\n")
put(b"\x1b[31mred\x1b[0m cell\r\x1b[32mG\x1b[0m\n")
put(b"bar one\nbar two\x1b[A\rBAR\n\n")
for _ in range(50):
    put(b"x" * 1_000_000)
put(b"\nthe end\n")
"""


def test_what_a_job_prints_is_text_whatever_it_is_and_takes_bounded_memory(page: Page, local: Service) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    kernel = psutil.Process()
    before = kernel.memory_info().rss
    job = hfjobs_magic.run(JOB, local=True)
    card = JobCard(job)
    job.wait(timeout=300)
    assert kernel.memory_info().rss - before < 128_000_000
    log = card.log
    # The local service sends a line of 50 MB in pieces of one, each a line.
    assert log["lines"][-1] == "the end"
    assert "… +" in log["lines"][-2]
    assert len(json_packer(log)) < LOG_BYTES + 1_000
    first = job.open_follower(job).log.lines(0, 12, LOG_BYTES)
    page.evaluate(
        "traits => host.open(traits)",
        {
            **json.loads(json_packer(card.get_state(["job", "stream", "metrics", "details"]))),
            "log": {"first": 0, "lines": first, "total": len(first)},
        },
    )
    rows = page.locator(".hfj").first.locator(".hfj-row .hfj-text")
    expect(rows).to_have_count(len(first))
    assert rows.all_text_contents()[:9] == [
        "<img src=x onerror=alert(1)><script>alert(2)</script>",
        "click me [x](javascript:alert(4))",
        "text",
        "before ␦txt.exe␦ ␦x␦ ␦after",
        "nul ␀ bell ␇ del ␡",
        "\ufffd\ufffd caf\ufffd \ufffd\ufffd\ufffd \ufffd",
        "Ged cell",
        "BAR one",
        "bar two",
    ]
    assert rows.nth(6).locator("span").all_text_contents() == ["G", "ed"]
    assert rows.nth(10).text_content().endswith("characters")
    assert page.locator(".hfj-scroll :is(img, script, b, a)").count() == 0
    assert outside == []
    card.close()
