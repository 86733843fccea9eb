from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.local.jobs.frames import MAX_PIECE, LogFramer, frame

NOW = "2026-11-24T10:00:00.000Z"


def data_of(events: str) -> list[str]:
    assert events == "" or events.endswith("\n\n")
    assert events.isascii()
    lines = events.split("\n\n")[:-1]
    assert all(line.startswith("data: {") for line in lines)
    return [json.loads(line[len("data: ") :])["data"] for line in lines]


def frames_of(*chunks: bytes) -> list[str]:
    framer = LogFramer()
    return data_of("".join(framer.feed(chunk, NOW) for chunk in chunks) + framer.close(NOW))


def test_an_event_has_the_hubs_bytes():
    assert frame("é\u2028", NOW) == f'data: {{"data":"\\u00e9\\u2028","timestamp":"{NOW}"}}\n\n'


def test_every_line_is_an_event_and_empty_lines_are_kept():
    assert frames_of(b"one\n\ntwo\n") == ["one", "", "two"]


def test_a_last_line_without_a_newline_is_sent_at_the_end():
    assert frames_of(b"one\ntwo") == ["one", "two"]


def test_no_output_is_no_event():
    assert frames_of() == []
    assert frames_of(b"") == []


def test_a_character_cut_in_two_is_put_together_again():
    assert frames_of("ü".encode()[:1], "ü".encode()[1:] + b"\n") == ["ü"]


def test_bytes_that_are_not_utf8_are_replaced():
    assert frames_of(b"a\xffb\n\xc3") == ["a\ufffdb", "\ufffd"]


def test_cr_lf_is_one_line_end_even_when_cut_between():
    assert frames_of(b"one\r\ntwo\r", b"\nthree\n") == ["one", "two", "three"]
    assert frames_of(b"one\r\r\n\r\n") == ["one", ""]


def test_a_progress_bar_overwrites_itself():
    assert frames_of(b"\r 0%\r 50%\r100%\ndone\n") == [" 0%", "\r 50%", "\r100%", "done"]


def test_a_progress_bar_does_not_overwrite_the_finished_line_above_it():
    assert frames_of(b"loading\n\r 0%\r 1%\n") == ["loading", " 0%", "\r 1%"]


def test_an_unfinished_progress_line_is_flushed_once_and_not_sent_again():
    framer = LogFramer()
    assert framer.feed(b"\r 10%", NOW) == ""
    assert framer.has_pending
    assert data_of(framer.flush(NOW)) == [" 10%"]
    assert not framer.has_pending
    assert data_of(framer.feed(b"\r 20%", NOW)) == []
    assert data_of(framer.flush(NOW)) == ["\r 20%"]
    assert data_of(framer.feed(b"\nnext\n", NOW)) == ["next"]


def test_a_flushed_line_that_grows_is_sent_whole_and_overwrites_itself():
    framer = LogFramer()
    framer.feed(b"\rdown", NOW)
    assert data_of(framer.flush(NOW)) == ["down"]
    assert data_of(framer.feed(b"loading\n", NOW)) == ["\rdownloading"]


def test_a_plain_partial_line_is_not_flushed():
    framer = LogFramer()
    framer.feed(b"name? ", NOW)
    assert not framer.has_pending


def test_an_endless_line_is_sent_in_pieces_of_bounded_size():
    framer = LogFramer()
    out = [data for _ in range(40) for data in data_of(framer.feed(b"x" * 100_000, NOW))]
    out += data_of(framer.close(NOW))
    assert "".join(out) == "x" * 4_000_000
    assert max(map(len, out)) == MAX_PIECE


def test_an_endless_line_of_progress_is_bounded_too():
    framer = LogFramer()
    out = [data for _ in range(40) for data in data_of(framer.feed(b"\r" + b"x" * 100_000, NOW))]
    assert max(map(len, out)) <= MAX_PIECE + 1


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"))), st.data())
def test_lines_survive_any_cut_of_the_stream(lines: list[str], data: st.DataObject):
    raw = "".join(line + "\n" for line in lines).encode()
    cut = data.draw(st.integers(0, len(raw)))
    assert frames_of(raw[:cut], raw[cut:]) == lines


def screen(events: list[str]) -> list[str]:
    """What a terminal shows."""
    rows: list[str] = []
    for event in events:
        if event.startswith("\r") and rows:
            rows[-1] = event[1:]
        else:
            rows.append(event.removeprefix("\r"))
    return rows


@given(st.text("ab\r\n", max_size=30), st.integers(0, 30), st.booleans())
def test_the_screen_is_the_same_wherever_the_stream_is_cut_or_flushed(text: str, cut: int, flush: bool):
    raw = text.encode()
    framer = LogFramer()
    out = framer.feed(raw[:cut], NOW)
    if flush:
        out += framer.flush(NOW)
    out += framer.feed(raw[cut:], NOW) + framer.close(NOW)
    assert screen(data_of(out)) == screen(frames_of(raw))
