"""Secrets are masked however a log writes them, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import re
import textwrap
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.log.mask import LineMask, mask_text
from hfjobs_magic.log.secret_forms import secret_forms

TOKEN = "hf_QwErTyUiOpAsDfGhJkLzXcVbNm12345678"
ODD = 'p@ss/w+rd &"it\'s"=ü\\n'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASC\nBKc=\n-----END KEY-----\n"


def forms(*values: str) -> tuple[str, ...]:
    return tuple(sorted(frozenset[str]().union(*map(secret_forms, values))))


def masked(*lines: str, secrets: tuple[str, ...] = (TOKEN,)) -> list[str]:
    """All at once, and one by one, which must not show more."""
    return LineMask(lambda: forms(*secrets)).mask(list(lines))


def one_by_one(*lines: str, secrets: tuple[str, ...] = (TOKEN,)) -> list[str]:
    mask = LineMask(lambda: forms(*secrets)).mask
    return [masked for line in lines for masked in mask([line])]


@pytest.mark.parametrize(
    "written",
    [
        str,
        repr,
        json.dumps,
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: json.dumps({"message": json.dumps({"password": value})}),
        lambda value: value.encode(),
        quote,
        quote_plus,
        lambda value: quote(value, safe=""),
        lambda value: re.sub("%..", lambda code: code[0].lower(), quote(value)),
        lambda value: urlencode({"password": value}),
        lambda value: f"https://me:{quote(value, safe='')}@hub.test/",
        html.escape,
    ],
)
@pytest.mark.parametrize("value", [TOKEN, ODD])
def test_a_value_is_masked_however_it_is_escaped(value: str, written):
    (line,) = masked(f"before {written(value)} after", secrets=(value,))
    assert line.startswith("before ")
    assert line.endswith(" after")
    assert "***" in line
    for part in ("w+rd", "w%2Brd", "w%2brd", "QwErTy"):
        assert part not in line


@given(st.binary(max_size=7), st.binary(max_size=7), st.sampled_from([TOKEN, ODD, "hunter2"]))
def test_a_value_is_masked_in_base64_wherever_it_begins(before: bytes, after: bytes, value: str):
    data = before + value.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        (line,) = masked(encode(data).decode(), secrets=(value,))
        assert "***" in line
        # What is left is so short that nothing can be read from it but what stands beside the value.
        head, _, tail = line.partition("***")
        assert len(head) <= (8 * len(before) + 13) // 6
        assert len(tail) <= (8 * len(after) + 13) // 6 + 4


@pytest.mark.parametrize("before", ["", "a:", "user:", "token:"])
@pytest.mark.parametrize("value", [TOKEN, ODD, "hunter2", "hunter22", "hunter222"])
def test_nothing_of_a_value_is_left_of_base64_that_ends_with_it(before: str, value: str):
    data = f"{before}{value}".encode()
    known = len(before) * 8 // 6
    for text in (base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode().rstrip("=")):
        (line,) = masked(f"Basic {text} sent", secrets=(value,))
        head, _, tail = line.partition("***")
        assert tail == " sent"
        # The last of these holds bits of the value, too, which its neighbour does not let be known.
        assert len(head) - len("Basic ") in {known, known + 1}


def test_a_value_is_masked_where_base64_is_wrapped():
    data = base64.encodebytes(b"user:" + TOKEN.encode() * 4).decode().splitlines()
    assert len(data) > 2
    assert "".join(masked(*data)).count("*") >= 6
    assert not any(len(part) > 12 for line in masked(*data) for part in line.split("***"))


@pytest.mark.parametrize("cut", range(1, len(TOKEN)))
def test_a_value_that_goes_on_in_the_next_line(cut: int):
    lines = [f"token {TOKEN[:cut]}", f"{TOKEN[cut:]} done"]
    assert masked(*lines) == ["token ***", "*** done"]
    first, second = one_by_one(*lines)
    assert second == "*** done"
    # The beginning was shown before anybody could know, but no more of it than the third of the value.
    assert first == "token ***" or len(first) <= len("token ") + len(TOKEN) // 3


@pytest.mark.parametrize("lines", [("x", f"│ token {TOKEN[:20]} │", f"│ {TOKEN[20:]}      │")])
def test_a_value_wrapped_in_a_frame(lines: tuple[str, ...]):
    assert masked(*lines) == ["x", "│ token *** │", "│ ***      │"]
    assert one_by_one(*lines) == masked(*lines)


def test_a_value_of_words_wrapped_between_them():
    words = "correct horse battery staple"
    lines = textwrap.wrap(f"the password is {words} as agreed", 32, initial_indent="  ", subsequent_indent="  ")
    assert masked(*lines, secrets=(words,)) == ["  the password is ***", "  *** as agreed"]


def test_colours_inside_a_value_stay_and_the_value_does_not():
    line = f"\x1b[1mtoken {TOKEN[:9]}\x1b[0m\x1b[36m{TOKEN[9:]}\x1b[0m after"
    assert masked(line) == ["\x1b[1mtoken ***\x1b[0m\x1b[36m\x1b[0m after"]


def test_a_value_in_the_address_of_a_link_that_nobody_sees():
    assert masked(f"\x1b]8;;https://x.test/?t={TOKEN}\x07here\x1b]8;;\x07") == [
        "\x1b]8;;https://x.test/?t=***\x07here\x1b]8;;\x07"
    ]


def test_a_bar_that_moves_keeps_its_carriage_return():
    assert masked(f"\rdownload {TOKEN} 10%", f"\rdownload {TOKEN} 20%") == ["\rdownload *** 10%", "\rdownload *** 20%"]


def test_values_of_several_lines_are_masked_line_by_line():
    shown = masked("the key:", *KEY.splitlines(), "end", secrets=(KEY,))
    assert shown == ["the key:", "***", "***", "***", "***", "***", "end"]
    assert masked(f"one {KEY.splitlines()[1]} alone", secrets=(KEY,)) == ["one *** alone"]
    assert masked(json.dumps({"key": KEY}), secrets=(KEY,)) == ['{"key": "***"}']


def test_values_that_overlap_are_masked_together():
    assert masked("xxabcdefghijklyy", secrets=("abcdefgh", "efghijkl")) == ["xx***yy"]
    assert masked("abcdefabcdefabc", secrets=("abcdefabc",)) == ["***"]
    assert masked("longer-secret and longer", secrets=("longer-secret", "longer")) == ["*** and ***"]


def test_short_values_and_other_lines_are_left_alone():
    lines = ["epoch 1 loss=0.25", "", "  indented", "12345"]
    assert masked(*lines, secrets=("12345", "loss", "")) == lines
    assert forms("12345", "", "     \n  ") == ()


def test_a_log_without_secrets_is_the_same_list():
    lines = ["one", "two"]
    assert LineMask(lambda: ()).mask(lines) is lines
    assert LineMask(lambda: forms(TOKEN)).mask(lines) is lines


def test_secrets_that_are_sent_later_are_masked_from_then_on():
    known: list[str] = []
    mask = LineMask(lambda: forms(*known)).mask
    assert mask([TOKEN]) == [TOKEN]
    known.append(TOKEN)
    assert mask([TOKEN]) == ["***"]


@given(st.lists(st.text("ab \r\n\x1b[m│*", max_size=12), max_size=8), st.text("ab ", min_size=6, max_size=9))
def test_lines_stay_as_many_whatever_they_hold(lines: list[str], secret: str):
    assert len(LineMask(lambda: forms(secret)).mask(lines)) == len(lines)


@given(st.text(max_size=20), st.text(max_size=20), st.text(min_size=6, max_size=20))
def test_no_line_has_a_value_in_it(before: str, after: str, secret: str):
    line = (before + secret + after).replace("\n", " ")
    value = secret.replace("\n", " ")
    for form in forms(value):
        assert form not in masked(line, secrets=(value,))[0] or form in "***"


def test_a_text_is_masked_line_by_line():
    assert mask_text(f"a {TOKEN}\nb", forms(TOKEN)) == "a ***\nb"
    assert mask_text("as it is", ()) == "as it is"


ODDITIES = ("  secret", "111111", "eeeeee", "ZZZZZZ", "~~~~~~", "éééééé", "0 0 0 0", "\U0001f600" * 6)


@pytest.mark.parametrize("secret", ODDITIES)
def test_a_value_is_found_whatever_characters_it_has(secret: str):
    (line,) = masked(f"a1e:{secret}:e1a", secrets=(secret, TOKEN, ODD))
    assert "***" in line
    assert secret.strip() not in line


@pytest.mark.parametrize("cut", range(1, 24))
def test_values_that_overlap_are_masked_though_a_call_ends_in_them(cut: int):
    text = "left-of-both-right-of-it"
    secrets = ("left-of-both-right", "both-right-of-it", "of-both")
    first, second = one_by_one(text[:cut], text[cut:], secrets=secrets)
    # What came before the cut was too short to know, or is masked; nothing that came after it is shown.
    assert second == "***"
    assert not any(secret in first for secret in secrets)


ACCOUNT = json.dumps(
    {
        "type": "service_account",
        "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nAASCBKcwggSjAgEA\n-----END PRIVATE KEY-----\n",
        "client_email": "me@project.test",
        "token_uri": "https://auth.test/token",
        "nested": {"tokens": ["first-of-two", "second-one"]},
    },
    indent=2,
)


@pytest.mark.parametrize(
    ("secret", "hidden", "shown"),
    [
        (
            ACCOUNT,
            ("MIIEvQIBADANBgkq", "AASCBKcwggSjAgEA", "second-one"),
            ("service_account", "me@project.test", "https://auth.test/token"),
        ),
        ("postgres://me:s3cr%2Ft-word@db.test:5432/x", ("s3cr%2Ft-word", "s3cr/t-word"), ("db.test", "postgres")),
        ("USER=somebody\nAPI_KEY='abcdef123'\n", ("abcdef123",), ("somebody",)),
        ('{"password": "not closed', (), ("password",)),
        ("[" * 100_000, (), ("[[[[[",)),
        ("key=" * 10_000, (), ("key=",)),
    ],
)
def test_what_is_secret_within_a_secret_is_masked_where_it_stands_alone(
    secret: str, hidden: tuple[str, ...], shown: tuple[str, ...]
):
    for part in hidden:
        assert masked(f"got {part}.", secrets=(secret,)) == ["got ***."]
    for part in shown:
        assert masked(f"got {part}.", secrets=(secret,)) == [f"got {part}."]


def test_a_service_account_is_masked_however_it_is_printed():
    account = json.loads(ACCOUNT)
    printed = [ACCOUNT, json.dumps(account), str(account), account["private_key"], json.dumps(account, indent=4)]
    for text in printed:
        seen = "\n".join(masked(*text.splitlines(), secrets=(ACCOUNT,)))
        assert "MIIE" not in seen
        assert "AASC" not in seen


@pytest.mark.parametrize("sign", ["\u2026", "..."])
def test_a_value_that_was_cut_short_is_masked_as_far_as_it_is_shown(sign: str):
    assert masked(f"error: {TOKEN[:9]}{sign} (line 3)") == [f"error: ***{sign} (line 3)"]
    assert masked(f"{TOKEN[:9]}{sign} and {TOKEN}") == [f"***{sign} and ***"]
    quoted = json.dumps({"key": KEY})[:60]
    assert KEY.splitlines()[1][:6] not in masked(quoted + sign, secrets=(KEY,))[0]
    assert masked(f"{TOKEN[:5]}{sign}") == [f"{TOKEN[:5]}{sign}"]  # no more than any word has
    assert masked(f"{TOKEN[:9]} {sign}") == [f"{TOKEN[:9]} {sign}"]


def test_dots_behind_anything_else_are_left_alone():
    lines = ["Loading\u2026", "Loading weights...", "... 12 more", "\u2026"]
    assert masked(*lines) == lines
