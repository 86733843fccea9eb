"""Cells that IPython would refuse before the magic is asked."""

from __future__ import annotations

import pytest

from hfjobs_magic.magics.empty_cell import with_body


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%hfjob --help", "%%hfjob --help\n"),
        ("# train\n%%hfjob --local\nx = 1\n", "%%hfjob --local\n# train\nx = 1\n"),
        ("\n# a\n\n#b\n%%hfjob\nx\n", "%%hfjob\n\n# a\n\n#b\nx\n"),
        ("# a\n%%hfjob \\\n  --local \\\n --wait\nx\n", "%%hfjob \\\n  --local \\\n --wait\n# a\nx\n"),
        ("# a\n%%hfjob", "%%hfjob\n# a\n"),
        ("# a\n  %%hfjob\nx", "%%hfjob\n# a\nx"),
    ],
)
def test_comments_above_the_line_go_below_it_and_the_code_keeps_its_lines(cell: str, expected: str):
    lines = with_body(cell.splitlines(keepends=True))
    assert "".join(lines).removesuffix("\n") == expected.removesuffix("\n")


@pytest.mark.parametrize(
    "cell",
    [
        *("", "# a\n", "x = 1\n%%hfjob\n", "%%hfjob\nx\n", "# a\n%%time\nx\n", "# a\n%%hfjobs\n"),
        *("'''\n%%hfjob\n'''\n", "%%time\n%%hfjob\n"),
    ],
)
def test_other_cells_stay_as_they_are(cell: str):
    lines = cell.splitlines(keepends=True)
    assert with_body(lines) == lines
