"""Help that lines up, fits, and ends with examples that work."""

from __future__ import annotations

import re

import pytest

from hfjobs_magic.magics.hfjobs import line_parser
from hfjobs_magic.options.help import COLUMNS
from hfjobs_magic.options.line import EXAMPLES, parser
from hfjobs_magic.options.table import OPTIONS
from tests.options.lines import options_of


@pytest.mark.parametrize("text", [parser().format_help(), line_parser().format_help()], ids=["%%hfjob", "%hfjobs"])
def test_help_fits_ends_with_examples_and_holds_no_colours(text: str):
    assert max(map(len, text.splitlines())) <= COLUMNS <= 100
    assert "\x1b" not in text
    assert text.rstrip().splitlines()[-1].startswith("  %")
    assert "%%%" not in text


def test_options_line_up_in_two_columns_whatever_their_length():
    rows = [line for line in parser().format_help().splitlines() if re.match(r" +-", line)]
    assert len(rows) == len(OPTIONS)
    assert {row.index("--") for row in rows} == {6}
    begins = {match.end() for row in rows if (match := re.search(r"\S {2,}(?=\S)", row[6:]))}
    assert len(begins) == 1


def test_a_spelling_and_the_other_share_one_value():
    assert re.search(r"^  -e, --env NAME=VALUE  +environment variable", parser().format_help(), re.MULTILINE)


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_are_lines_that_are_taken(line: str):
    options_of(line.removeprefix("%%hfjob"))


def test_options_of_some_keywords_can_be_left_out():
    text = parser(without={"python"}).format_help()
    assert "--python" not in text
    assert "--flavor" in text
