"""Lines pasted from a page: typographic quotes, dashes and spaces are answered with what to write."""

from __future__ import annotations

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.typography import check_typography

QUOTES = "The line has typographic quotes, as pasted from a page. Write straight ones"
DASH = "has a typographic dash, as pasted from a page. Write"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--name \u201cmy run\u201d", f'{QUOTES}: "my run".'),
        ("--name=\u201cmy run\u201d", f'{QUOTES}: "my run".'),
        ("--name \u2018my run\u2019 --local", f'{QUOTES}: "my run".'),
        ("--name \u201emy run\u201c", f'{QUOTES}: "my run".'),
        ("--name \u00abmy run\u00bb", f'{QUOTES}: "my run".'),
        ("-e X=\u201cnever closed here", f'{QUOTES}: "never".'),
        ("--secrets \u201cHF_TOKEN=hf_secret\u201d", f"{QUOTES}."),
        ("\u2014flavor t4-small", f"\u2014flavor {DASH} --flavor."),
        ("\u2013\u2013flavor t4-small", f"\u2013\u2013flavor {DASH} --flavor."),
        ("-\u2013flavor t4-small", f"-\u2013flavor {DASH} --flavor."),
        ("--dry\u2010run", f"--dry\u2010run {DASH} --dry-run."),
        ("\u2212p 3.12", f"\u2212p {DASH} -p."),
        ("-- \u2014lr 3e-4", f"\u2014lr {DASH} --lr."),
        (
            "--flavor\u00a0t4-small",
            "The line has U+00A0 (no-break space) after --flavor, as pasted from a page. Type an ordinary space there.",
        ),
        (
            "--timeout\u202f30m",
            "The line has U+202F (narrow no-break space) after --timeout, as pasted from a page. "
            "Type an ordinary space there.",
        ),
        ("\u3000--local", "The line has U+3000 (ideographic space) at its beginning, as pasted from a page."),
        (
            "--local\u200b --wait",
            "The line has U+200B (zero width space) after --local, as pasted from a page. Delete it.",
        ),
        ("\ufeff--local", "The line has U+FEFF (zero width no-break space) at its beginning, as pasted from a page."),
    ],
)
def test_a_sign_of_typesetting_is_answered_with_what_to_write(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        check_typography(line)
    assert str(caught.value).startswith(message)
    assert "hf_secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "--flavor t4-small",
        "-e MSG=it\u2019s",
        "-e 'MSG=\u201cquoted\u201d \u2014 text'",
        '-e "A B\u00a0C"',
        "-e TEMP=20\u201330",
        "-e X=\\\u201ca",
        "-- \u2014",
    ],
)
def test_between_straight_quotes_and_inside_words_they_are_text(line: str):
    check_typography(line)


@pytest.mark.parametrize("line", [r"-e DIR=C:\Users\me", r"-e RE=a\d+", r"--label x=a\b"])
def test_a_backslash_that_a_shell_would_take_away_is_refused(line: str):
    with pytest.raises(OptionError, match=r"^A backslash outside quotes would be dropped. Put the value in single"):
        check_typography(line)


@pytest.mark.parametrize(
    "line", [r"-e 'DIR=C:\Users'", r'-e "RE=a\d+"', r"-e A=a\ b", "--local \\\n -e A=1", r"-e A=\$HOME", r"-e A=\{x\}"]
)
def test_backslashes_that_stay_or_escape_are_not(line: str):
    check_typography(line)
