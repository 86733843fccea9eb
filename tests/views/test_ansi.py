"""Lines of a log with ANSI sequences, as HTML."""

from __future__ import annotations

import pytest

from hfjobs_magic.views.ansi import paint


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("plain <b>", "plain &lt;b&gt;"),
        ("\x1b[31mred\x1b[0m not", '<span style="color: #d1404a">red</span> not'),
        ("\x1b[1;92mok\x1b[39m!", '<span style="font-weight: bold; color: #2f8f46">ok</span>'
         '<span style="font-weight: bold">!</span>'),
        ("\x1b[38;5;208mx\x1b[m", '<span style="color: #ff8700">x</span>'),
        ("\x1b[38;2;1;2;3mx", '<span style="color: #010203">x</span>'),
        ("\x1b[3mslanted\x1b[23m not", '<span style="font-style: italic">slanted</span> not'),
        ("\x1b[4mlined\x1b[24m not", '<span style="text-decoration: underline">lined</span> not'),
        ("\x1b[9mgone\x1b[29m not", '<span style="text-decoration: line-through">gone</span> not'),
        ("\x1b[4;9mx", '<span style="text-decoration: underline line-through">x</span>'),
        ("\x1b[43mx\x1b[49my", '<span style="background: #a9790a42">x</span>y'),
        ("\x1b[30;48;2;1;2;3mx", '<span style="background: #01020342">x</span>'),
        ("\x1b[7mx\x1b[27my", '<span style="background: #80889042">x</span>y'),
        ("\x1b[7;31;42mx", '<span style="color: #2f8f46; background: #d1404a42">x</span>'),
        ("\x1b[8mx\x1b[28my", '<span style="visibility: hidden">x</span>y'),
        ("\x1b[5mx\x1b[53my", "xy"),
        ("\x1b[58;2;1;3;4mx\x1b[58;5;1my", "xy"),
        ("\x1b[2K\x1b]8;;http://x\x07link\x1b[?25l\x00", "link"),
    ],
)  # fmt: skip
def test_colours_and_styles_become_spans(line: str, made: str):
    assert paint(line) == made
