"""`{expression}` and `$name` on a line: the notebook's values, or an error that names what is wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.utils.text import DollarFormatter

from hfjobs_magic.errors import OptionError
from hfjobs_magic.options.words import split_line

NAMES = {
    "flavor": "t4-small",
    "lr": 0.00012345,
    "cfg": {"lr": 3e-4, "a:b": 1, "}": 2, "deep": {"x": [10, 20]}},
    "args": SimpleNamespace(epochs=3, opt=SimpleNamespace(name="adam")),
    "spaced": "a b",
    "quoted": """it's "fine" $x {y} \\n""",
    "name": "run",
    "width": 8,
    "out": Path("out"),
    "n": 7,
    "job": SimpleNamespace(id="687fb701029421ae5549d998"),
}


def expand(line: str, names: dict[str, object] | None = None) -> list[str]:
    split = split_line(line)
    return split.expand(split.words, NAMES if names is None else names)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-e LR={cfg['lr']}", "LR=0.0003"),
        ('-e LR={cfg["lr"]}', "LR=0.0003"),
        ("-e 'LR={cfg[\"lr\"]}'", "LR=0.0003"),
        ("-e 'LR={cfg['lr']}'", "LR=0.0003"),
        ("-e \"LR={cfg['lr']}\"", "LR=0.0003"),
        ('-e "LR={cfg["lr"]}"', "LR=0.0003"),
        ('-e "LR={cfg[\\"lr\\"]}"', "LR=0.0003"),
        ("-e X={cfg['deep']['x'][1]}", "X=20"),
        ("-e X={cfg['a:b']:>3}", "X=  1"),
        ("-e X={cfg['}']}", "X=2"),
        ("-e SHORT={lr:.1e}", "SHORT=1.2e-04"),
        ("-e X={lr!r:>12}", "X=  0.00012345"),
        ("-e X={name!r}", "X='run'"),
        ("-e X={n:>{width}}", "X=       7"),
        ("-e X={spaced}", "X=a b"),
        ("-e X={quoted}", f"X={NAMES['quoted']}"),
        ("-e X={name.upper()}", "X=RUN"),
        ("-e X={'-'.join([name, 'x'])}", "X=run-x"),
        ("-e X={', '.join(str(i) for i in range(3))}", "X=0, 1, 2"),
        ("-e X={[i * n for i in (1, 2)]}", "X=[7, 14]"),
        ("-e X={n if n != 3 else 0}", "X=7"),
        ("-e X={ n }", "X=7"),
        ("-e X={1 + 1}", "X=2"),
        ("-e X={name[1:]}", "X=un"),
        ("-e X={(lambda x: x + 1)(n)}", "X=8"),
        ("-e X={args.opt.name}-{n}", "X=adam-7"),
        ("-e X={out / 'a'}", "X=out/a"),
        ("-e X={f'{n:03}'}", "X=007"),
        ("-e X=$name", "X=run"),
        ("-e X=${lr}x", "X=0.00012345x"),
        ("-e X=$args.epochs", "X=3"),
        ("-e X=$name.csv", "X=run.csv"),
        ("-e X=$out.zip", "X=out.zip"),
        ("-e X=$name-$n", "X=run-7"),
        ('-e "X=$name is up"', "X=run is up"),
    ],
)
def test_expressions_take_their_places_as_in_ipythons_own_magics(line: str, expected: str):
    assert expand(line) == ["-e", expected]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("""-e 'CFG={"a": 1}'""", 'CFG={"a": 1}'),
        ("""-e CFG={"a":1}""", 'CFG={"a":1}'),
        ("""-e CFG={"a": 1, "b": [true, null]}""", 'CFG={"a": 1, "b": [true, null]}'),
        ("""-e "CFG={\\"a\\": {\\"b\\": {}}}\"""", 'CFG={"a": {"b": {}}}'),
        ("""-e 'CFG={"a": {"b": {"c": 1}}}'""", 'CFG={"a": {"b": {"c": 1}}}'),
        ("""-e 'CFG=[{"a": 1}, {}]'""", 'CFG=[{"a": 1}, {}]'),
        ("""-e 'CFG={"$ref": "#/x"}'""", 'CFG={"$ref": "#/x"}'),
        ("""-e "CFG={'a': 1}\"""", "CFG={'a': 1}"),
        ("""-e 'CFG={"lr": {lr}}'""", 'CFG={"lr": 0.00012345}'),
        ("""-e 'CFG={"lr": {lr:.1e}, "name": "{name}"}'""", 'CFG={"lr": 1.2e-04, "name": "run"}'),
        ("-e X={{lr}}", "X={lr}"),
        ("-e X=$$lr", "X=$lr"),
        ("-e 'X={{name}} $$name'", "X={name} $$name"),
        ("-e 'X=$HOME $name'", "X=$HOME $name"),
        ("-e PRICE=$5", "PRICE=$5"),
        ("-e 'X={} {0} {2,3}'", "X={} {0} {2,3}"),
        ("-e RE=[a-z]{2,3}", "RE=[a-z]{2,3}"),
        ("-e X={1..5}", "X={1..5}"),
        ("-e 'X={'", "X={"),
        ("-e X=a}b", "X=a}b"),
        ("-e X=\\{lr\\}", "X={lr}"),
    ],
)
def test_json_doubled_signs_and_what_holds_no_name_are_text(line: str, expected: str):
    assert expand(line) == ["-e", expected]


@pytest.mark.parametrize(
    "line", ["-s $flavor", "--secrets {flavor}", "--secrets={flavor}", "-s{flavor}", "-s {name.upper()}"]
)
def test_nothing_is_expanded_in_the_name_of_a_secret(line: str):
    assert expand(line) == line.split()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "A={lrr}",
            "There is no variable 'lrr' for {lrr} in the notebook. "
            "Assign it first, or write {{lrr}} for the text itself.",
        ),
        (
            "$HOME",
            "There is no variable 'HOME' for $HOME in the notebook. "
            "Assign it first, or write $$HOME for the text itself.",
        ),
        (
            "{x + lr}",
            "There is no variable 'x' for {x + lr} in the notebook. "
            "Assign it first, or write {{x + lr}} for the text itself.",
        ),
        (
            "{cfg['wd']}",
            "{cfg['wd']} failed with KeyError: 'wd'. Correct it, or write {{cfg['wd']}} for the text itself.",
        ),
        ("{args.lr}", "{args.lr} failed with AttributeError: 'types.SimpleNamespace' object has no attribute 'lr'."),
        ("{name:.1e}", "{name:.1e} failed with ValueError: Unknown format code 'e' for object of type 'str'."),
        ("{1 / 0}", "{1 / 0} failed with ZeroDivisionError: division by zero."),
        ("{lr +}", "{lr +} is not a Python expression. Correct it, or write {{lr +}} for the text itself."),
        ("{name name}", "{name name} is not a Python expression."),
        ("-e X={lr --flavor x", "{lr has no closing brace. Close it, or write {{ for the brace itself."),
        ("-e 'X={lr' -e Y=1", "{lr has no closing brace."),
        ("{asctime} {message}", "There is no variable 'asctime' for {asctime}"),
        ("{a,b}", "There is no variable 'a' for {a,b}"),
        ("$args.lr", "$args.lr: there is no attribute 'lr'. Correct it, or write $$args.lr for the text itself."),
        ("""'{"lr": {lrr}}'""", "There is no variable 'lrr' for {lrr}"),
    ],
)
def test_an_expression_that_fails_is_an_error_never_text(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        expand(line)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_value_whose_text_fails_is_an_error():
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no\ntext")

    for line in ("{x}", "$x", "{x!s}"):
        with pytest.raises(OptionError, match=r"failed with RuntimeError: no\. Correct it"):
            expand(line, {"x": Broken()})


def test_a_word_stays_one_word_whatever_it_holds():
    assert expand("--name {x} -e Y=1", {"x": "a b --local 'c"}) == ["--name", "a b --local 'c", "-e", "Y=1"]
    assert expand(f"{chr(0xF0000)} {{x}}", {"x": 1}) == [chr(0xF0000), "1"]


@pytest.mark.parametrize("line", ["{lr}", "$lr", "{n // 2}", "{name.upper()}x", "{cfg['lr']}", "{n!r}", "{{n}}"])
def test_ipython_reads_it_the_same_way(line: str):
    assert expand(line) == [DollarFormatter().vformat(line, [], NAMES)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bash -c 'echo $HOME'", "echo $HOME"),
        ('bash -c "echo ${HOME} $name"', "echo ${HOME} run"),
        ("awk '{print $1}'", "{print $1}"),
        ("bash -c 'for i in {1..3}; do echo $i; done'", "for i in {1..3}; do echo $i; done"),
        ("curl -d '{\"lr\": {lr}}'", '{"lr": 0.00012345}'),
    ],
)
def test_in_the_command_of_an_image_the_shells_own_signs_stay(line: str, expected: str):
    split = split_line(line)
    assert split.expand_command(split.words, NAMES)[-1] == expected


def test_in_the_command_of_an_image_an_unknown_name_in_braces_is_an_error():
    split = split_line("python -c 'print({lrr})'")
    with pytest.raises(OptionError, match="There is no variable 'lrr'"):
        split.expand_command(split.words, NAMES)


@given(st.text(st.sampled_from("ab{}[]()$'\"\\ :!=,.1-\u00e9\U000f0001"), max_size=30))
def test_any_line_is_expanded_or_refused_never_a_crash(line: str):
    with contextlib.suppress(OptionError):
        expand(line, {"a": 1, "b": "x"})


@pytest.mark.slow
def test_deep_nesting_is_refused():
    with pytest.raises(OptionError, match="nested too deeply"):
        expand("'" + '{"a": ' * 2000 + "1" + "}" * 2000 + "'")
