"""Sentences about options of a line, as they are said to whoever calls `run`: each is one that something raises."""

from __future__ import annotations

import pytest

from hfjobs_magic.options.call_words import as_call


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
