"""Names of a notebook: code comes along, data is asked for. The notebooks here are real IPython shells."""

from __future__ import annotations

import ast
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from hfjobs_magic.errors import CellError
from hfjobs_magic.options.secret_text import looks_secret
from hfjobs_magic.runner.names import parts
from hfjobs_magic.script.literals import literal
from hfjobs_magic.script.names import Brought, Notebook, bring

if TYPE_CHECKING:
    from collections.abc import Iterator


class Book:
    """A notebook: its cells are run, and a last one asks for their names."""

    def __init__(self) -> None:
        config = Config()
        config.HistoryManager.enabled = False
        self.shell = InteractiveShell(config=config)

    def run(self, *cells: str) -> Book:
        for cell in cells:
            self.shell.run_cell(textwrap.dedent(cell), store_history=True).raise_error()
        return self

    def bring(self, cell: str) -> Brought:
        text = textwrap.dedent(cell)
        namespace = self.shell.user_ns
        return bring(ast.parse(text), text, Notebook(namespace, namespace["In"]))

    def refusal(self, cell: str) -> str:
        with pytest.raises(CellError) as raised:
            self.bring(cell)
        return str(raised.value)

    def runs(self, cell: str) -> dict[str, Any]:
        """Run what comes along and the cell in an empty namespace, as the job does."""
        made: dict[str, Any] = {"__name__": "__main__"}
        for part in parts(self.bring(cell).text):
            exec(part.code(), made)  # noqa: S102 - that is what a job does
        exec(textwrap.dedent(cell), made)  # noqa: S102
        return made


@pytest.fixture
def book() -> Iterator[Book]:
    main = sys.modules["__main__"]
    yield Book()
    sys.modules["__main__"] = main


def test_what_the_cell_defines_itself_does_not_come(book):
    assert book.run("x = 1").bring("x = 2\nprint(x)\n") == Brought()


def test_imports_come_as_the_notebook_wrote_them(book):
    book.run(
        "import os.path as osp, urllib.request, json as j\nfrom math import sqrt as root, pi\nfrom string import *"
    )
    came = book.bring("osp.join, urllib.request.urlopen, j, root(pi), digits")
    for line in (
        "import os.path as osp",
        "import urllib.request",
        "import json as j",
        "from math import sqrt as root",
        "from math import pi",
        "from string import digits",
    ):
        assert f"\n{line}\n" in f"\n{came.text}\n"
    assert came.names == ("digits", "j", "osp", "pi", "root", "urllib")


def test_functions_come_with_what_they_use_in_turn(book):
    book.run(
        "import functools\nRATE = 0.5",
        """
        def timed(f):
            @functools.wraps(f)
            def wrapper(*a):
                return f(*a)
            return wrapper
        """,
        "def helper(x, by=RATE):\n    return x * by\n",
        "@timed\ndef train(x):\n    return helper(x) + OFFSET\n",
        "OFFSET = 1",
    )
    made = book.runs("result = train(4)")
    assert made["result"] == 3.0
    came = book.bring("train(4)")
    assert set(came.names) == {"train", "timed", "functools", "helper", "RATE", "OFFSET"}
    assert "# %% from the notebook: train, line 1\n@timed\ndef train" in came.text


def test_a_decorator_without_wraps_is_seen_through(book):
    book.run(
        "def twice(f):\n    def inner(x):\n        return f(f(x))\n    return inner\n@twice\ndef add(x): return x + 1\n"
    )
    assert book.runs("y = add(1)")["y"] == 3


def test_classes_come_with_their_bases_and_future_imports(book):
    book.run(
        "from dataclasses import dataclass, field\nimport enum",
        "class Base:\n    kind = 'base'\n    def who(self): return self.kind\n",
        """
        from __future__ import annotations
        @dataclass
        class Config(Base):
            lr: Unknown = 0.1
            tags: list = field(default_factory=list)
        """,
        "class Colour(enum.Enum):\n    RED = 1\n",
        "class Plain:\n    size = 3\n",
    )
    made = book.runs("c = Config(lr=2)\nw = c.who()\nr = Colour.RED.value\ns = Plain.size\n")
    assert (made["c"].lr, made["w"], made["r"], made["s"]) == (2, "base", 1, 3)


def test_cells_that_ran_without_a_history(book):
    book.shell.run_cell(
        "import typing\nclass Pair(typing.NamedTuple):\n    left: int\n", store_history=False
    ).raise_error()
    book.shell.user_ns["In"].clear()
    assert book.runs("p = Pair(3)")["p"].left == 3


def test_the_object_counts_not_the_cell(book):
    book.run("def f(): return 1", "g = f", "def f(): return 2")
    made = book.runs("result = (g(), f())")
    assert made["result"] == (1, 2)


def test_functions_that_call_each_other(book):
    book.run("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n")
    assert book.runs("e = even(4)")["e"] is True


def test_a_helper_that_uses_what_the_cell_defines(book):
    book.run("import numbers\nmodel = object()\ndef predict(x): return model(x)\n")
    assert book.runs("model = abs\nresult = predict(-3)\n")["result"] == 3
    assert "model (object), which the job will not have" in book.refusal("predict(1)")
    assert book.refusal("predict(1)").startswith("Line 1 uses predict, which uses model (object)")


def test_constants_come_as_literals(book):
    book.run("import datetime, pathlib\ncfg = {'lr': 3e-4, 'sizes': (1,), 'on': None, 'at': pathlib.Path('a/b')}\n")
    book.run("day = datetime.date(2026, 1, 2)\nodd = [float('nan'), float('inf'), 1j, {1, 2}, b'x', frozenset()]\n")
    made = book.runs("got = cfg, day, odd")
    assert made["cfg"] == book.shell.user_ns["cfg"]
    assert repr(made["got"]) == repr((book.shell.user_ns["cfg"], book.shell.user_ns["day"], book.shell.user_ns["odd"]))


def test_data_is_asked_for_with_its_shape(book):
    book.run(
        "import pandas as pd, numpy as np\ndf = pd.DataFrame({'a': range(1204), 'b': 1.5})\nx = np.zeros((3, 4))\n"
    )
    said = book.refusal("y = 1\nz = df.a\nw = x\n")
    assert "Line 2 uses df (DataFrame, 1,204 × 2, 19 kB), which the job will not have. Send it with -i df" in said
    assert "Line 3 uses x (ndarray, 3 × 4, 96 B), which the job will not have." in said
    assert said.endswith("Nothing was submitted.")
    assert "(list, 9,999 items)" in book.run("big = list(range(9999))").refusal("big")
    assert "(object), which the job will not have. Make it in the cell" in book.run("it = object()").refusal("it")


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("token", "hf_" + "a1B2" * 8, True),
        ("x", "hf_" + "a1B2" * 8, True),
        ("api_key", "9f8e7d6c5b4a", True),
        ("password", "hunter", True),
        ("config", {"password": "hunter"}, True),
        ("config", {"model": "gpt2", "steps": [1, 2]}, False),
        ("urls", ["https://me:word@host/x"], True),
        ("pad_token", "<|endoftext|>", False),
        ("sort_key", "created_at", False),
        ("tokenizer_name", "gpt2-xl-1558M", False),
        ("monkey", "banana-1234", False),
        ("token", "", False),
        ("n_tokens", 2048, False),
    ],
)
def test_what_looks_like_a_secret(name, value, is_secret):
    assert looks_secret(name, value) is is_secret


def test_a_secret_is_refused_with_the_way_and_never_repeated(book):
    book.run("hub_token = 'hf_' + 'a1B2' * 8")
    said = book.refusal("print(hub_token)\n")
    assert "--secrets HUB_TOKEN" in said
    assert "a1B2" not in said


def test_names_that_exist_nowhere(book):
    book.run("def train(): pass")
    said = book.refusal("x = 1\ntrian()\n")
    assert said.startswith("Line 2 uses trian, which neither the cell nor the notebook defines. Did you mean train?")


@pytest.mark.parametrize(
    ("notebook", "cell", "said"),
    [
        ("square = lambda x: x * x", "square(2)", "a lambda, which has no lines of its own; write it with def"),
        (
            "def make():\n    n = [1]\n    def inner(): return n\n    return inner\nf = make()",
            "f()",
            "holds n of the function",
        ),
        ("class C:\n    total = 0\nC.total = 5", "C()", "a class whose total is not what its source says"),
        ("class C:\n def f(self): return 1\ndef g(self): return 2\nC.f = g", "C()", "a class whose f differs"),
        ("class C: pass\ndef g(self): return 2\nC.f = g", "C()", "a class whose f is not in its source"),
        ("exec(compile('def lost(): return 98765', 'nowhere', 'exec'))", "lost()", "a function whose source is gone"),
        ("import types\nm = types.ModuleType('made')", "m.x", "the module made, which no import finds"),
        ("file = open('/dev/null')", "file.read()", "file (TextIOWrapper), which the job will not have"),
    ],
)
def test_what_cannot_come_is_refused_with_the_reason(book, notebook, cell, said):
    assert said in book.run(notebook).refusal(cell)


def test_guards_magics_and_the_notebooks_own(book):
    book.run("lr = 0.1\ndata = object()")
    assert book.bring("try:\n    data\nexcept NameError:\n    data = 1\n") == Brought()
    assert book.bring("display(1); get_ipython(); open('x'); exit; _; In\n") == Brought()
    assert book.bring("get_ipython().system('train --lr {lr} $HOME ${X}')").names == ("lr",)
    assert "data (object)" in book.refusal("get_ipython().run_line_magic('time', 'fit = data.fit()')")
    assert book.bring("input('x')") == Brought()
    assert "input (object)" in book.run("input = object()").refusal("input.head()")


def test_star_imports_may_give_a_name(book):
    assert book.bring("from math import *\nprint(sin(1))") == Brought()
    assert book.bring("from not_here import *\nprint(anything)") == Brought()
    assert "sni" in book.refusal("from math import *\nprint(sni(1))")


def test_the_same_names_have_the_same_text(book):
    book.run("s = {'b', 'a', 'c'}\ndef f(): return s\n")
    again = book.run("s = {'c', 'a', 'b'}\n\n").bring("f()")
    assert book.bring("f()") == again
    assert "s = {'a', 'b', 'c'}" in again.text


def test_literals_refuse_what_they_would_change():
    loop: list[Any] = []
    loop.append(loop)
    for value in (object(), loop, "x" * 2000, [0] * 20_000, type("S", (str,), {})("x"), range):
        assert literal(value) is None
