"""Secrets that were sent are masked in what comes back, and in nothing that has to stay what it is."""

from __future__ import annotations

import pytest

from hfjobs_magic.hub.sent_secrets import LINES_BEFORE, SentSecrets

TOKEN = "hf_QwErTyUiOpAsDfGhJkLzXcVbNm12345678"


def test_the_newest_lines_begin_in_the_middle_of_a_value():
    log = ["start", *(TOKEN[at : at + 4] for at in range(0, len(TOKEN), 4)), "end"]
    sent = SentSecrets()
    sent.add([TOKEN])
    for tail in range(1, len(log) + 1):
        asked: list[int] = []

        def read(count: int, asked: list[int] = asked) -> list[str]:
            asked.append(count)
            return log[-count:]

        shown = sent.line_mask_behind("a", read, tail)(log[-tail:])
        assert len(shown) == tail
        assert not any(part in line for line in shown for part in log[1:-1]), (tail, shown)
        assert asked == [tail + LINES_BEFORE]
    sent.show("a")
    assert sent.line_mask_behind("a", lambda _: pytest.fail("no need to ask"), 2)(log[-2:]) == log[-2:]
    assert SentSecrets().line_mask_behind("a", lambda _: pytest.fail("no need to ask"), 2)(log[-2:]) == log[-2:]


def test_keys_of_a_programs_own_json_are_masked_and_ours_are_not():
    sent = SentSecrets()
    sent.add([TOKEN, "output"])
    record = {"number": 1, "output": {"data": {"application/json": {TOKEN: 1, "in": [{TOKEN: TOKEN}]}}}}
    assert sent.mask(record, "a") == {
        "number": 1,
        "output": {"data": {"application/json": {"***": 1, "in": [{"***": "***"}]}}},
    }
