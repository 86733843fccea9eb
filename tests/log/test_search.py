"""Search: the lines a reader would point at, whole, kept between questions, and always with an answer."""

from __future__ import annotations

import queue
import re
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfjobs_magic.log import buffer, search
from hfjobs_magic.log.buffer import LogBuffer
from hfjobs_magic.log.screen import without_escapes
from hfjobs_magic.log.search import Matches, Question, Searcher
from tests.runtimes import threads
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator


@pytest.fixture
def log() -> Iterator[LogBuffer]:
    made = LogBuffer()
    yield made
    wait_until(lambda: threads("search") == [])
    made.close()


@pytest.fixture
def ask(log: LogBuffer) -> Callable[[Question], Matches]:
    searcher, answers = Searcher(log, "search"), queue.Queue[Matches]()

    def answered(query: Question) -> Matches:
        searcher.ask(query, answers.put)
        return answers.get(timeout=PATIENCE_S)

    return answered


def test_text_and_expressions_find_the_same_lines_as_one_looks_at(
    log: LogBuffer, ask: Callable[[Question], Matches], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(buffer, "BLOCK_BYTES", 500)
    lines = [f"\x1b[3{number % 8}mStep\x1b[0m {number} \x1b]0;é\x07Ünï{'x' * (number % 70)}" for number in range(900)]
    log.extend(lines)
    seen = [without_escapes(line) for line in lines]
    for query in (
        Question("STEP 1"),
        Question("Step 1", case=True),
        Question("ünï"),
        Question("7 ü"),
        Question("nothing"),
    ):
        want = [
            n
            for n, line in enumerate(seen)
            if (query.text in line if query.case else query.text.lower() in line.lower())
        ]
        assert list(ask(query).numbers) == want
    for query in (
        Question(r"p \d\d\b.*x{9}$", regex=True),
        Question("^s", case=True, regex=True),
        Question("^S", regex=True),
    ):
        pattern = re.compile(query.text, 0 if query.case else re.IGNORECASE)
        assert list(ask(query).numbers) == [n for n, line in enumerate(seen) if pattern.search(line)]


@pytest.mark.parametrize("regex", [False, True])
def test_what_was_searched_is_not_searched_again_and_new_lines_are(
    log: LogBuffer, ask: Callable[[Question], Matches], monkeypatch: pytest.MonkeyPatch, regex: bool
):
    query = Question("needle", regex=regex)
    log.extend([f"needle {number}" if number % 100 == 7 else "hay" for number in range(1000)])
    assert len(ask(query).numbers) == 10
    begun: list[int] = []
    blocks = log.blocks
    monkeypatch.setattr(log, "blocks", lambda first, stop: begun.append(first) or blocks(first, stop))
    log.extend(["a needle", "hay"] * 200)
    found = ask(query)
    assert (len(found.numbers), found.searched) == (210, 1400)
    assert begun == [1000 - buffer.ROWS]


def test_a_bar_is_found_as_it_is_now(log: LogBuffer, ask: Callable[[Question], Matches]):
    log.append("10% busy")
    assert list(ask(Question("busy")).numbers) == [0]
    log.append("\r99% done\x1b[K")
    assert list(ask(Question("busy")).numbers) == []


@pytest.mark.parametrize("query", [Question(""), Question("", regex=True), Question("a\nb")])
def test_a_question_that_asks_for_nothing_finds_nothing(
    log: LogBuffer, ask: Callable[[Question], Matches], query: Question
):
    log.extend(["a", "b"])
    assert list(ask(query).numbers) == []


@pytest.mark.parametrize("pattern", ["(", "*", "a{99999999999}", "(?P<1>a)"])
def test_what_is_no_regular_expression_is_said_in_a_sentence(
    log: LogBuffer, ask: Callable[[Question], Matches], pattern: str
):
    log.extend(["line"] * 100_000)
    error = ask(Question(pattern, regex=True)).error
    assert error is not None
    assert error.startswith("This is not a regular expression: ")
    assert list(ask(Question("LINE", regex=True)).numbers[:3]) == [0, 1, 2]


def test_an_expression_that_takes_too_long_is_refused(log: LogBuffer):
    answers = queue.Queue[Matches]()
    log.extend(["a" * 40 + "b"] * 10)
    Searcher(log, "search", regex_s=0.3).ask(Question("(a+)+$", regex=True), answers.put)
    assert answers.get(timeout=PATIENCE_S).error == (
        "This regular expression takes too long on this log; try a simpler one."
    )


def test_a_question_asked_again_is_answered_once_by_the_search_that_runs(
    log: LogBuffer, monkeypatch: pytest.MonkeyPatch
):
    log.extend(["a"] * 1000)
    searcher, answers, go_on, runs = Searcher(log, "search"), queue.Queue[str](), threading.Event(), []
    find = searcher._find
    monkeypatch.setattr(searcher, "_find", lambda query: (runs.append(query), go_on.wait(PATIENCE_S), find(query))[-1])
    for name in ("first", "second", "third"):
        searcher.ask(Question("a"), lambda _found, name=name: answers.put(name))
        wait_until(lambda: len(runs) == 1)
    go_on.set()
    assert answers.get(timeout=PATIENCE_S) == "third"
    wait_until(lambda: searcher.is_idle)
    assert (len(runs), answers.qsize()) == (1, 0)


def test_a_python_that_does_not_start_is_said(
    log: LogBuffer, ask: Callable[[Question], Matches], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(search.sys, "executable", "/nowhere/python")
    assert "none started" in str(ask(Question("a", regex=True)).error)


def test_a_search_that_fails_for_a_fault_of_ours_says_so_and_the_next_one_works(
    log: LogBuffer,
    ask: Callable[[Question], Matches],
    monkeypatch: pytest.MonkeyPatch,
    errors_logged: list[logging.LogRecord],
):
    log.append("a")
    with monkeypatch.context() as patch:
        patch.setattr(log, "blocks", lambda *_: 1 // 0)
        assert ask(Question("a")).error == (
            "This failed with an unexpected ZeroDivisionError; the logger hfjobs_magic has its traceback."
        )
    assert [record.exc_info[0] for record in errors_logged] == [ZeroDivisionError]
    assert list(ask(Question("a")).numbers) == [0]


def test_an_expression_sees_the_beginning_of_a_very_long_line(log: LogBuffer, ask: Callable[[Question], Matches]):
    log.extend(["x" * search.REGEX_CHARS + "needle", "needle"])
    assert list(ask(Question("needle")).numbers) == [0, 1]
    assert list(ask(Question("needle", regex=True)).numbers) == [1]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.text("ab \r", max_size=4), max_size=200), max_size=4))
def test_asking_while_the_log_grows_is_the_same_as_asking_at_the_end(parts: list[list[str]]):
    log = LogBuffer()
    answers: queue.Queue[Matches] = queue.Queue()
    searcher = Searcher(log, "search")
    for part in parts:
        log.extend(part)
        searcher.ask(Question("a"), answers.put)
        found = answers.get(timeout=PATIENCE_S)
        assert list(found.numbers) == [n for n, line in enumerate(log.lines(0, 10_000)) if "a" in line]
    wait_until(lambda: searcher.is_idle)
    log.close()
