"""Lines as Python counts them."""

from __future__ import annotations

import ast

from hypothesis import given
from hypothesis import strategies as st

from hfjobs_magic.script.syntax.lines import normalize_line_ends, split_lines, strip_line_end


@given(st.text(st.sampled_from(list("a\n\r\x0b\x0c\x1c\x85\u2028")), max_size=20))
def test_no_character_is_lost_and_python_counts_the_same(text: str):
    lines = split_lines(text)
    assert "".join(lines) == text
    assert all(strip_line_end(line) == line.rstrip("\r\n") for line in lines)
    assert len(split_lines(normalize_line_ends(text))) == len(lines)
    commented = "".join("#" + line for line in lines) + "\n"
    assert (
        ast.parse(commented + "x").body[0].lineno == commented.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    )
