"""Sentences about options of a line, as they are said to whoever calls `run`: each is one that something raises."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hfjobs_magic
from hfjobs_magic.options.call_words import PROSE, as_call
from hfjobs_magic.options.table import OPTIONS


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Send it with -i df, or load it in the cell.", 'Send it with inputs=["df"], or load it in the code.'),
        ("; -i c:pickle sends it whole once", '; inputs=["c:pickle"] sends it whole once'),
        (
            "Add -i a_csv=Path('my a.csv') to the line, and write str(a_csv) for 'my a.csv'.",
            "Add inputs={\"a_csv\": Path('my a.csv')} to the call, and write str(a_csv) for 'my a.csv'.",
        ),
        ("Add -i a=Path('a.py') -i b=f(1, 2) to", "Add inputs={\"a\": Path('a.py'), \"b\": f(1, 2)} to"),
        (
            "Add -v ./a:/code/a -v ./b:/code/b -e PYTHONPATH=/code to the line.",
            'Add volumes=["./a:/code/a", "./b:/code/b"], env={"PYTHONPATH": "/code"} to the call.',
        ),
        ('--secrets A, and read os.environ["A"]', 'secrets=["A"], and read os.environ["A"]'),
        ("If the cell makes it as it runs, add --names none.", 'If the code makes it as it runs, add names="none".'),
        ("with --with git+https://….", 'with dependencies=["git+https://…"].'),
        ("Add --with 'rich>=13'.", 'Add dependencies=["rich>=13"].'),
        ("Leave -p out, or ask for a newer one.", "Leave python out, or ask for a newer one."),
        ("-o acc: the cell does not set acc.", 'outputs=["acc"]: the code does not set acc.'),
        ("--map and --schedule do not go together", "map and schedule do not go together"),
        ("Add --yes (yes=True) to send them", "Add yes=True to send them"),
        ("-i d=os.environ:pickle sends it", 'inputs={"d:pickle": os.environ} sends it'),
        ("Name it with --with, or bring it with --volume.", "Name it with dependencies, or bring it with volumes."),
        ("which --deps none leaves out", 'which deps="none" leaves out'),
        ("--attempts 200 is too many.", "attempts=200 is too many."),
        ("Leave out --local and take a --flavor with more", "Leave out local=True and take a flavor with more"),
        ("Add -o acc to the %%hfjob line of that cell", "Add -o acc to the %%hfjob line of that cell"),
        ("`%hfjobs logs 6923b1c7 --local` shows it: `x -p 3`", "`%hfjobs logs 6923b1c7 --local` shows it: `x -p 3`"),
        ("a-p 3 and 4 -1, x--with", "a-p 3 and 4 -1, x--with"),
    ],
)  # fmt: skip
def test_an_option_is_a_keyword_argument(said: str, expected: str):
    assert as_call(said) == expected


VALUES = {
    "acc", "best", "cloudpickle", "df", "git", "infer", "job", "none", "ocal", "pin", "pip", "results", "train", "x",
}  # fmt: skip
"""Words that stand for values in sentences and docstrings; all others belong to the sentence."""


def test_no_word_of_a_sentence_is_taken_for_a_value():
    flags = [flag for option in OPTIONS if option.kind not in {"flag", "switch"} for flag in option.flags]
    pattern = re.compile(rf"(?<![\w%/.=-])(?:{'|'.join(map(re.escape, flags))}) ([a-z]+)\b(?![:=(-])")
    folder = Path(hfjobs_magic.__file__).parent
    paths = [path for name in ("script", "api", "options", "hub", "values") for path in (folder / name).glob("*.py")]
    words = {word: path.name for path in paths for word in pattern.findall(path.read_text())}
    assert len(words) > 10
    assert {word: name for word, name in words.items() if word not in PROSE | VALUES} == {}
