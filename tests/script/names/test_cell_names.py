"""Names of a notebook: code comes along, data is asked for. The notebooks here are real IPython shells."""

from __future__ import annotations

import ast
import decimal
import re
import sys
import textwrap
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from hfjobs_magic.errors import CellError, OptionError
from hfjobs_magic.options.secret_text import looks_secret
from hfjobs_magic.options.value_names import parse_value, parse_values
from hfjobs_magic.runner.names import parts
from hfjobs_magic.script.names.cell_names import Brought, Notebook, bring
from hfjobs_magic.script.names.inputs import choose_inputs, write_inputs
from hfjobs_magic.script.objects.literals import literal
from hfjobs_magic.script.syntax.ipython_cell import to_python
from hfjobs_magic.values import pickles
from hfjobs_magic.values.table import read_value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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

    def bring(self, cell: str, *outputs: str) -> Brought:
        text = textwrap.dedent(cell)
        namespace = self.shell.user_ns
        wanted = parse_values(outputs, "-o")
        return bring(ast.parse(text), text, Notebook(namespace, namespace["In"], ("mapped",)), outputs=wanted)

    def refusal(self, cell: str, *outputs: str) -> str:
        with pytest.raises(CellError) as raised:
            self.bring(cell, *outputs)
        return str(raised.value)

    def bring_as_written(self, cell: str) -> Brought:
        """Bring what a cell with IPython's syntax needs."""
        text, namespace = to_python(f"{cell}\n", 1), self.shell.user_ns
        return bring(ast.parse(text), text, Notebook(namespace, namespace["In"]), written=cell)

    def refusal_as_written(self, cell: str) -> str:
        with pytest.raises(CellError) as raised:
            self.bring_as_written(cell)
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


def test_comments_below_the_last_statement_are_a_definitions_own(book):
    text = "def f():\n    return 1\n\n    # its own\n"
    book.run(f"{text}# the cell's\nclass A:\n    x = 1\n    # its own\nb = 2\ndef g(): return 2\n  # nobody's\n")
    assert book.bring("f()").text == f"# %% from the notebook: f, line 1\n{text}"
    assert book.bring("A()").text.endswith("class A:\n    x = 1\n    # its own\n")
    assert book.bring("g()").text.endswith("def g(): return 2\n")


def test_a_default_that_is_a_part_of_a_value_stays_that_part(book):
    book.run(
        "CONFIG = {'opt': {'lr': 1}, 'sizes': [[1], (2, 3)]}\n"
        "def f(cfg=CONFIG['opt'], n=CONFIG['sizes'][0], *, m=CONFIG['sizes'][1][0]): return cfg['lr'], n, m\n"
        "class K:\n    c = CONFIG['opt']\n"
    )
    made = book.runs("CONFIG['opt']['lr'] = 5\nCONFIG['sizes'][0].append(9)\nr = f(), K.c")
    assert made["r"] == ((5, [1, 9], 2), {"lr": 5})
    book.run("CONFIG['opt'] = {'lr': 7}")
    made = book.runs("r = f(), K.c, CONFIG['opt']")
    assert made["r"] == ((1, [1], 2), {"lr": 1}, {"lr": 7})


def test_what_two_values_hold_without_a_name_is_said(book):
    book.run(
        "class P:\n    def __init__(self, c): self.c = c\n"
        "C = {'o': [1], 'n': 3}\np = P(C['o'])\nd = {'k': [1]}\nd2 = d.copy()\nq = P(1)\nps = [q, q]\na = [p, 5]"
    )
    assert book.bring("p.c.append(2); C").notes == ("C and p hold the same list here; in the job each has its own.",)
    assert book.bring("d, d2").notes == ("d and d2 hold the same list here; in the job each has its own.",)
    assert book.bring("p, a, ps").notes == ()  # what has a name is one thing in the job, and so is what one value holds
    assert book.bring("q, ps, C, d").notes == ()


def test_objects_with_slots_come_along(book):
    book.run(
        "from dataclasses import dataclass\nL = [1]\n"
        "class S:\n    __slots__ = ('a', '__b', 'unset')\n    def __init__(self, a): self.a, self.__b = a, 2\n"
        "    def b(self): return self.__b\n"
        "class T(S):\n    def __init__(self): super().__init__(L); self.c = 3\n"
        "@dataclass(frozen=True)\nclass F:\n    __slots__ = ('x',)\n    x: int\n"
        "@dataclass(slots=True, kw_only=True)\nclass D:\n    x: int\n"
        "    def __post_init__(self): self.x += 1\n"
        "s, t, f, d = S(1), T(), F(4), D(x=1)\n"
    )
    made = book.runs("t.a.append(2)\nr = s.a, s.b(), hasattr(s, 'unset'), t.a, t.c, L, f.x, d.x")
    assert made["r"] == (1, 2, False, [1, 2], 3, [1, 2], 4, 2)


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


def test_what_a_timed_cell_defines_comes_with_its_line(book):
    book.run(
        "%%time\ndef f():\n    return 1\nclass C:\n    x = 2\nclass M:\n    def m(self): return 3\n"
        "g = lambda: 4\nfs = [lambda: 5]\n"
    )
    assert book.runs("result = f(), C.x, M().m(), g(), fs[0]()")["result"] == (1, 2, 3, 4, 5)
    assert "f, line 2\n" in book.bring("f()").text


def test_the_object_counts_not_the_cell(book):
    book.run("def f(): return 1", "g = f", "def f(): return 2")
    made = book.runs("result = (g(), f())")
    assert made["result"] == (1, 2)


def test_functions_that_call_each_other(book):
    book.run("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n")
    assert book.runs("e = even(4)")["e"] is True


def test_a_helper_that_uses_what_the_cell_defines(book):
    book.run("import numbers\nfrom random import Random\nmodel = Random()\ndef predict(x): return model(x)\n")
    assert book.runs("model = abs\nresult = predict(-3)\n")["result"] == 3
    assert "model (Random), which the job will not have" in book.refusal("predict(1)")
    assert book.refusal("predict(1)").startswith("Line 1 uses predict, which uses model (Random)")


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
    assert "Line 2 uses df (DataFrame, 1,204 × 2, 19.4 kB), which the job will not have. Send it with -i df" in said
    assert "Line 3 uses x (ndarray, 3 × 4, 96 B), which the job will not have." in said
    assert said.endswith("Nothing was submitted.")
    assert "(list, 9,999 items)" in book.run("big = list(range(9999))").refusal("big")
    assert "(Random), which the job will not have. Make it in the cell" in book.run(
        "import random\nit = random.Random()"
    ).refusal("it")


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


TOKEN = "hf_" + "a1B2" * 8


@pytest.mark.parametrize(
    ("notebook", "cell", "said"),
    [
        ("def f():\n    t = {}\n    return t", "f()", "uses f, whose line 2 has a text that looks like a secret (t)"),
        ("def f(t={}): return t", "f()", "whose line 1 has"),
        ("def f(*, t={}): return t", "f()", "whose line 1 has"),
        ("def f():\n    return 'hf_' + 'a1B2a1B2a1B2a1B2'", "f()", "looks like a secret"),
        ("def f():\n    return b{}", "f()", "looks like a secret"),
        ("def f(x): return f'{{x}}:' {}", "f(1)", "looks like a secret"),
        (
            "class C:\n    t = {}\n    def m(self): return 1",
            "C()",
            "whose line 2 has a text that looks like a secret (t)",
        ),
        ("class C:\n    password = 'hunter22'", "C()", "--secrets PASSWORD"),
        ("class C:\n    def m(self): return {}", "C()", "whose line 2 has"),
        ("def d(x): return lambda f: f\n@d({})\ndef f(): return 1", "f()", "uses f, whose line 2 has"),
        ("def g():\n    return {}\ndef f(): return g()", "f()", "Line 1 uses f, which uses g, whose line 2 has"),
        ("import os\ndef f(): os.environ.setdefault('API_KEY', 'abcdefghij0123456789')", "f()", "--secrets API_KEY"),
        ("def f(): return dict(password='hunter22')", "f()", "(password)"),
        ("from __future__ import annotations\ndef f():\n    return {}", "f()", "whose line 3 has"),
        ("def f():\n    return 1  # was {}", "f()", "whose line 2 has"),
    ],
)
def test_a_secret_in_code_is_refused_with_its_line_and_the_way(book, notebook, cell, said):
    refused = book.run(notebook.format(repr(TOKEN))).refusal(cell)
    assert said in refused
    assert 'and read os.environ["' in refused
    assert "a1B2" not in refused
    assert "hunter22" not in refused


def test_hashes_and_words_in_code_are_no_secrets(book):
    book.run(
        """
        def load(revision="0123456789abcdef0123456789abcdef01234567", key="feature_12", token=None, password=""):
            sort_key = "created_at_2024"
            return {"id": "550e8400-e29b-41d4-a716-446655440000", "secrets": ["HF_TOKEN"], "type": "password"}
        """
    )
    assert book.bring("load()").names == ("load",)


def test_names_that_exist_nowhere(book):
    book.run("def train(): pass")
    said = book.refusal("x = 1\ntrian()\n")
    assert said.startswith("Line 2 uses trian, which neither the cell nor the notebook defines. Did you mean train?")


@pytest.mark.parametrize(
    ("notebook", "cell", "said"),
    [
        (
            "def make():\n    n = [1]\n    def inner(): return n\n    return inner\nf = make()",
            "f()",
            "holds n of the function",
        ),
        ("exec(compile('def lost(): return 98765', 'nowhere', 'exec'))", "lost()", "a function whose source is gone"),
        (
            "exec('def f(): return 8765')",
            "f()",
            "a function that exec() or eval() has made of a text, which is in",
        ),
        ("f = eval('lambda: 1')", "f()", "a lambda that exec() or eval() has made of a text"),
        (
            "exec('class Odd: x = 1')",
            "Odd",
            "a class that no cell writes with `class`: a call such as type()",
        ),
        ("Odd = type('Odd', (), {'f': lambda self: 1})", "Odd", "a class that no cell writes with `class`"),
        ("import dataclasses\nD = dataclasses.make_dataclass('D', 'x')", "D(1)", "a class that a call has made"),
        ("def make(k):\n    class C: x = k\n    return C\nC = make(1)", "C", "is defined in make() and uses k of it"),
        (
            "def make(k):\n    class C:\n        def f(self): return k\n    return C\nC = make(1)",
            "C",
            "a class that is defined in make() and uses k of it; write it at the top level, and it comes along",
        ),
        (
            "def make(k):\n    def f(x=k): return x\n    return f\nf = make(1)",
            "f()",
            "a function that is defined in make() and uses k of it",
        ),
        ("class C:\n    def f(self): return 1\nC.__name__ = 'Odd'", "C", "a class that no cell writes"),
        ("import types\nm = types.ModuleType('made')", "m.x", "the module made, which no import finds"),
        (
            "file = open('/dev/null')",
            "file.read()",
            "an open file, which stays here. Send it with -i file_path=Path('/dev/null'), and open it in the cell: ",
        ),
        (
            "it = (n for n in [1])",
            "it",
            "it (generator), which can be read only once. Make it in the cell: `it = (n for n in [1])`; -i it=list(it)",
        ),
        ("import itertools\nit = itertools.count()", "it", "Make it in the cell: `it = itertools.count()`. Nothing"),
        ("it = zip([1], [2])", "it", "which can be read only once"),
        (
            "import threading\nlock = threading.Lock()",
            "lock",
            "(lock), which lives in this kernel. Make it in the cell: `lock = threading.Lock()`.",
        ),
        ("import threading\nt = threading.Thread()", "t", "(Thread), which lives in this kernel"),
        ("import sqlite3\ndb = sqlite3.connect(':memory:')", "db", "(Connection), which lives in this kernel"),
        ("import random\nr = random.Random()", "r", "-i r:pickle sends it whole"),
        (
            "fs = [(lambda n=n: n) for n in range(2)]",
            "fs",
            "which holds a lambda whose defaults its source does not",
        ),
        (
            "f = lambda k: lambda: k\nfs = {'a': [f(1)]}",
            "fs",
            "which holds a function that holds k of the function",
        ),
        (
            "fs = {'a': [object(), {(1,)}, ...]}\nfs['b'] = (memoryview(b''),)",
            "fs",
            "(memoryview)",
        ),
        ("a = [1]\na.append(a)", "a", "which holds itself. Make it in the cell; -i a:pickle sends it whole."),
        ("client = type('Client', (), {})()", "client", "Make it in the cell, as [1] does."),
        ("import sqlite3\ndb = sqlite3.connect(':memory:')", "db", "kernel. Make it in the cell, as [1] does."),
        ("class C: pass\na, b = C(), C()\na.b, b.a = b, a", "a.b is b", "which holds a, which holds it in turn"),
        (
            "import random\nclass C: pass\nC.rng = random.Random()",
            "C()",
            "a class whose rng is not in its source (Random)",
        ),
        (
            "class A:\n    __x = 2\nC = A\ndel A",
            "C()",
            "a class whose private names hold the name A that its cell gave it; use it as A",
        ),
        (
            "import random\ndef f(): pass\nf.rng = random.Random()",
            "f()",
            "a function whose rng (Random) was set after it was",
        ),
        (
            "def d(f):\n    def inner(): return f()\n    return inner\n@d\ndef f(n=[]): n.append(1)\nf()",
            "f()",
            "a function whose defaults have changed since it was defined, and its decorator hides them",
        ),
    ],
)
def test_what_cannot_come_is_refused_with_the_reason(book, notebook, cell, said):
    assert said in book.run(notebook).refusal(cell)


def test_a_pickle_of_the_notebooks_classes_takes_cloudpickle(book, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    namespace = book.run(
        "import threading\nclass C:\n    pass\nc, f, lock = [C()], [lambda: 1], [C(), threading.Lock()]"
    ).shell.user_ns
    for word, said in (
        ("c:pickle", "holds C of the notebook, which a plain pickle only names; with cloudpickle it goes along: %pip"),
        ("f:pickle", "cannot be pickled: it holds .*; with cloudpickle it goes along: %pip install cloudpickle here"),
        ("lock:pickle", r"cannot be pickled \(TypeError: cannot pickle '_thread.lock' object\)\. Nothing"),
    ):
        with pytest.raises(OptionError, match=said):
            arrive(word, namespace, tmp_path)
    book.run("outer = lambda n: lambda: n\ninner = outer(1)")
    with pytest.raises(OptionError, match=r"Make it in the cell.*; -i inner:pickle sends it, with cloudpickle"):
        arrive("inner", namespace, tmp_path)
    book.run("import functools\ndef deco(f):\n    return functools.wraps(f)(lambda: f())\n@deco\ndef plain(): return 1")
    with pytest.raises(OptionError, match="-i plain is code, which comes along by itself"):
        arrive("plain", namespace, tmp_path)
    assert pickles.needs([1, {"a": decimal.Decimal(1)}]) == ()
    assert pickles.needs([np.float64(1)]) == ("numpy",)


ADVICE = re.compile(r"`(?P<made>[^`]+)`|-i (?P<sent>\S+?)(?=\.? |[,;])")


def arrive(word: str, namespace: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What ``-i`` gives the job."""
    (item,) = write_inputs(choose_inputs(parse_value(word, "-i"), namespace), folder, b"key").items
    for file in item.files:
        (folder / file.path).parent.mkdir(exist_ok=True)
        (folder / file.sha256).rename(folder / file.path)
    names = [file.path for file in item.files]
    if item.format == "pickle":
        return {item.name: pickles.load(b"key", item.name, folder, names, item.extra)}
    return {item.name: read_value(item.format, folder, names, item.extra)}


@pytest.mark.parametrize(
    ("notebook", "cell"),
    [
        ("import contextvars\nv = contextvars.ContextVar('v', default=1)", "v.get()"),
        ("it = (n for n in [1])", "list(it)"),
        ("import itertools\nit = itertools.cycle([1])", "next(it)"),
        ("import io\nf = io.StringIO('a')", "f.read()"),
        ("import io\nf = io.BytesIO(b'a')", "f.read()"),
        ("f = open({path!r})", "f.read()"),
        ("f = open({path!r}, 'rb')", "f.read()"),
        ("import threading\nlock = threading.RLock()", "lock.acquire(), lock.release()"),
        ("import threading\nt = threading.Thread(target=print)", "t.is_alive()"),
        ("import random\nr = random.Random(3)", "r.random()"),
        ("import numpy as np\nrng = np.random.default_rng(3)", "rng.random()"),
        ("import weakref\nclass C: pass\nc = C()\nw = weakref.ref(c)", "w() is c"),
        ("import queue\nq = queue.Queue()", "q.qsize()"),
        ("class C:\n    def __reduce__(self): return C, ()\nc = C()", "type(c).__name__"),
        ("import functools\ndef f(k): return lambda: k\np = functools.partial(f(3))", "p()"),
        ("import string\nt = string.Template('$a')", "t.substitute(a=1)"),
        (
            "import threading\nclass C:\n    def __init__(self): self.lock = threading.Lock()\nc = C()",
            "c.lock.locked()",
        ),
        ("a = [1]\na.append(a)", "a[1] is a"),
    ],
)
def test_each_advice_works(book, request, tmp_path, notebook, cell):
    (path := tmp_path / "text.txt").write_text("text")
    notebook = notebook.replace("{path!r}", repr(str(path)))
    exec(notebook, there := {"__name__": "__main__"})  # noqa: S102
    expected = eval(cell, there)  # noqa: S307
    request.addfinalizer(getattr(there.get("f"), "close", int))
    namespace = book.run(notebook).shell.user_ns
    request.addfinalizer(getattr(namespace.get("f"), "close", int))
    refused = book.refusal(cell)
    # What would work with cloudpickle is for whoever has it.
    found = list(ADVICE.finditer(refused.partition("; -i c:pickle sends it whole once")[0]))
    sent: dict[str, Any] = {}
    for number, word in enumerate(item["sent"] for item in found if item["sent"]):
        (folder := tmp_path / str(number)).mkdir()
        sent |= arrive(word, namespace, folder)
    made = [item["made"] for item in found if item["made"]]
    tried = [f"{made[0]}\n{cell}"] if made else []
    tried += [cell] if len(sent) == 1 and not any(one.startswith("import io") or "_path" in one for one in made) else []
    assert tried, refused
    for text in tried:
        brought = bring(ast.parse(text), text, Notebook(namespace, namespace["In"]), without=sent)
        job: dict[str, Any] = {"__name__": "__main__", **sent}
        for part in parts(brought.text):
            exec(part.code(), job)  # noqa: S102 - that is what a job does
        *above, last = text.splitlines()
        exec("\n".join(above), job)  # noqa: S102
        request.addfinalizer(getattr(job.get("f"), "close", int))
        assert eval(last, job) == expected  # noqa: S307


@pytest.mark.parametrize(
    ("notebook", "cell"),
    [
        ("def f(x=1): return x\nf.__defaults__ = (5,)", "f()"),
        ("def f(x, acc=[]):\n    acc.append(x)\n    return acc\nf(1)", "f(2)"),
        ("def f(*, x=[]): return x\nf.__kwdefaults__ = {'x': 2}", "f()"),
        ("def f(*, x=[]): return x\nf().append(1)", "f()"),
        ("rate = 1\ndef f(x=rate): return x\nrate = 7", "(f(), rate)"),
        ("import time\ndef f(at=time.time()): return at", "f()"),
        ("rows = []\ndef f(x=rows): return x", "f() is rows"),
        ("def f(): return f.calls\nf.calls = 3", "f()"),
        ("def f(): 'a'\nf.__doc__ = 'b'", "f.__doc__"),
        (
            "import functools\ndef d(f):\n    @functools.wraps(f)\n    def g(*a):\n        return f(*a)\n    return g\n"
            "@d\ndef f(x=[]):\n    x.append(1)\n    return x\nf()",
            "f()",
        ),
        ("import functools\n@functools.lru_cache\ndef f(x): return x + 1\nf(1)", "f(1)"),
        (
            "from functools import singledispatch\n@singledispatch\n"
            "def f(x): return 0\n@f.register(int)\ndef _(x): return 1\n"
            "def of_text(x): return 2\nf.register(str, of_text)\n@f.register\ndef _(x: float): return 3",
            "[f(x) for x in (None, 1, 'a', 1.0)]",
        ),
        ("class C:\n    total = 0\nC.total = 5", "C.total"),
        ("class C:\n    seen = []\n    def m(self): self.seen.append(1)\nC().m()", "C.seen"),
        ("def k(): return 1\nclass C:\n    n = k()\nC.n = 9", "C.n"),
        ("class C:\n    def m(self, a=[]):\n        a.append(1)\n        return a\nC().m()", "C().m()"),
        ("class C:\n    @staticmethod\n    def m(a=[]):\n        a.append(1)\n        return a\nC.m()", "C.m()"),
        ("class C:\n    @classmethod\n    def m(cls, a=[]):\n        a.append(1)\n        return a\nC.m()", "C.m()"),
        ("class C:\n    def m(self): return 1\ndef g(self): return 2\nC.m = g", "C().m()"),
        ("class C:\n    def m(self): return 1\nC.m = lambda self: 2", "C().m()"),
        ("class C: pass\nC.__call__ = lambda self: 3", "C()()"),
        ("class C:\n    @property\n    def x(self): return 1\nC.x = property(lambda self: 2)", "C().x"),
        ("class C:\n    x = 1\n    y = 2\ndel C.y", "hasattr(C, 'y')"),
        ("from typing import Generic, TypeVar\nT = TypeVar('T')\nclass C(Generic[T]):\n    n = 1\nC.n = 2", "C.n"),
        ("import abc\nclass A(abc.ABC): pass\nA.register(int)", "isinstance(1, A)"),
        ("class C:\n    def __a(self): return 1\n    def b(self): return self.__a()", "C().b()"),
        (
            "class C:\n    @staticmethod\n    def __s(a=[]):\n        a.append(1)\n        return a\n"
            "    @classmethod\n    def m(cls): return cls.__s()\nC.m()",
            "C.m()",
        ),
        ("class C:\n    class __N:\n        v = 3\n    def m(self): return self.__N.v", "C().m()"),
        (
            "import abc\nclass A(abc.ABC):\n    def __h(self): return 7\n    def m(self): return self.__h()\n"
            "class C(A): pass\nc = C()",
            "(c.m(), vars(c))",
        ),
        ("class __C:\n    __x = [1]\n    def m(self): return self.__x\nC = __C", "C().m()"),
        ("class A:\n    x = 2\n    def m(self): return self.x\nC = A\ndel A", "C().m()"),
        (
            "class C:\n    __n = 0\n    __m: int = 4\n    y = __n + 1\n"
            "    @classmethod\n    def m(cls):\n        cls.__n += 1\n        return cls.__n\nC.m()",
            "(C.m(), C.y, C.__annotations__)",
        ),
        (
            "import dataclasses\n@dataclasses.dataclass\nclass C:\n    __p: int = 3\n    def m(self): return self.__p",
            "(C().m(), C(9).m(), C(9))",
        ),
        ("class C:\n    __x = 1\n    def __a(self): pass\ndel C._C__x, C._C__a", "[n for n in vars(C) if '_C' in n]"),
        ("class C:\n    def __a(self): return 1\n    m = lambda self: self.__a()\nC._C__a = lambda self: 2", "C().m()"),
        (
            "class B:\n    subs = {}\n    def __init_subclass__(cls): B.subs[cls.__name__] = cls\n"
            "class D(B): pass\nclass E(B): pass",
            "(sorted(B.subs), B.subs['D'] is D)",
        ),
        (
            "R = {}\ndef register(f):\n    R[f.__name__] = f\n    return f\n"
            "@register\ndef a(): return 1\n@register\ndef b(): return 2",
            "(sorted(R), R['a'](), R['b'] is b)",
        ),
        (
            "R = []\ndef register(f):\n    R.append(f.__name__)\n"
            "    return f\n@register\ndef a(): return 1\n@register\ndef b(): pass",
            "(a(), R)",
        ),
        (
            "n = 0\ndef count(f):\n    global n\n    n += 1\n"
            "    return f\n@count\ndef a(): pass\n@count\ndef b(): pass",
            "(a(), n)",
        ),
        (
            "import numpy as np\nx, n, b, d = np.float64(1.5), np.int64(3), np.bool_(True), np.float32(0.1)",
            "(x, n, b, d)",
        ),
        (
            "import numpy as np\nt = np.datetime64('2026-01-02')\nd = np.timedelta64(3, 'h')\nk = np.dtype('float32')",
            "(t, d, k)",
        ),
        ("a = []\nb = a", "(a.append(1), b)"),
        ("row = [0]\ngrid = [row, row]", "(grid[0].append(1), grid)"),
        ("opt = {'lr': 1}\ncfg = {'a': opt, 'b': opt}", "(opt.update(lr=2), cfg['a'], cfg['b'] is opt)"),
        ("S = object()\ndef f(x=S): return x is S", "(f(), f(S), f(1))"),
        ("class C:\n    n = 3\n    xs = [i for i in range(n)]", "(C.n, C.xs)"),
        (
            "class C:\n    @property\n    def x(self): return self.n\n"
            "    @x.setter\n    def x(self, n): self.n = 2 * n\nc = C()",
            "(setattr(c, 'x', 2), c.x)",
        ),
    ],
)
def test_what_comes_is_as_it_is_in_the_notebook(book, notebook, cell):
    book.run(notebook)
    made = book.runs(f"result = {cell}")["result"]
    book.shell.run_cell(f"result = {cell}").raise_error()
    here = book.shell.user_ns["result"]
    assert (type(made), repr(made)) == (type(here), repr(here))


@pytest.mark.parametrize(
    ("notebook", "value"),
    [
        ("from typing import TypeVar\nT = TypeVar('T', bound=int)", "(T.__name__, T.__bound__)"),
        (
            "import logging\nlog = logging.getLogger('a.b')\nlog.setLevel(10)",
            "(log.name, log.level, log is log.getChild('c').parent)",
        ),
        (
            "from collections import namedtuple\nP = namedtuple('P', 'x y', defaults=[2])\np = P(1)",
            "(p, P(3), P.__module__)",
        ),
        ("import typing\nP = typing.NamedTuple('P', [('x', int)])", "(P(1), P.__annotations__)"),
        ("import typing\nclass P(typing.NamedTuple):\n    x: int = 3\np = P(4)", "(p, P())"),
        ("import enum\nC = enum.Enum('C', 'A B')\nm = C.B", "(list(C), m is C.B)"),
        ("import enum\nclass C(enum.Flag):\n    A = 1\n    B = 2\nm = C.A | C.B", "m"),
        ("import http\nm = http.HTTPStatus.OK", "m"),
        (
            "from typing import NewType, TypedDict\nU = NewType('U', int)\nM = TypedDict('M', {'a': int})",
            "(U(3), M(a=1), M.__total__)",
        ),
        (
            "from typing import *\nclass K: pass\nV = List[float]\n"
            "W = Optional[K]\nX = Callable[[int], str]\nY = Literal['a', 1]",
            "(V, W, X, Y)",
        ),
        ("A = list[int]\nB = dict[str, int | None]", "(A, B)"),
        (
            "import functools\ndef g(a, b): return a - b\n"
            "p = functools.partial(g, b=1)\nq = functools.partial(int, base=2)",
            "(p(3), q('10'))",
        ),
        ("import re\nr = re.compile('a+', re.I)\nb = re.compile(b'x')", "(r, b)"),
        (
            "import datetime as dt, zoneinfo\nt = dt.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))\n"
            "z = dt.timezone(dt.timedelta(hours=1))\nu = dt.datetime.now(dt.timezone.utc)",
            "(t, z, u)",
        ),
        (
            "import decimal, fractions, uuid\nd = decimal.Decimal('1.50')\n"
            "f = fractions.Fraction(1, 3)\nu = uuid.uuid4()",
            "(d, f, u)",
        ),
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass C:\n"
            "    lr: float = 1\n    tags: list = field(default_factory=list)\n"
            "c = C(2)\nc.tags.append('a')",
            "c",
        ),
        (
            "from dataclasses import dataclass\n@dataclass\nclass C:\n"
            "    lr: float = 1\n    def __post_init__(self): self.lr *= 2\nc = C(2)",
            "c",
        ),
        ("class C:\n    def __init__(self):\n        self.lr = 3\nc = C()\nc.more = [c.lr]", "vars(c)"),
        (
            "from collections import *\n"
            "o, d, c, q = OrderedDict(a=1), defaultdict(list, a=[1]), Counter('ab'), deque([1], 3)",
            "(o, d, c, q)",
        ),
        (
            "from types import SimpleNamespace\nfrom argparse import Namespace\n"
            "a = SimpleNamespace(x=1)\nb = Namespace(y=[2])",
            "(a, b)",
        ),
        ("up, j = str.upper, ', '.join", "(up('a'), j('ab'))"),
        ("class A:\n    @classmethod\n    def make(cls): return 1\nmk = A.make", "mk()"),
        ("import operator\ng = operator.itemgetter('a')", "g({'a': 1})"),
        (
            "sq = lambda x, n=2: x ** n\nD = {'a': lambda x: sq(x) + 1, 'b': sq, 'c': int}",
            "(sq(3), D['a'](3), D['b'](2), D['c']('1'))",
        ),
        (
            "import os, sys\nenv, out, p = os.environ, sys.stdout, os.path",
            "(env is os.environ, out is sys.stdout, p is os.path)",
        ),
        ("b = bytearray(b'x')\ne = ValueError('no')", "(b, e)"),
        ("import pandas as pd\nt = pd.Timestamp('2026-01-01', tz='UTC')", "t"),
        (
            "import pandas as pd\nd, e = pd.Timedelta(days=3), pd.Timedelta(5, 's').as_unit('s')",
            "(d, d.unit, e, e.unit)",
        ),
        ("import re\nsteps = [str.strip, re.compile('a+').sub]", "(steps[0](' a '), steps[1]('b', 'aac'))"),
        (
            "from abc import ABC, abstractmethod\nfrom typing import Generic, TypeVar\nT = TypeVar('T')\n"
            "class Shape(ABC, Generic[T]):\n    @abstractmethod\n    def area(self): ...\n"
            "class Square(Shape[int]):\n    def __init__(self, n): self.n = n\n    def area(self): return self.n ** 2\n"
            "shapes = [Square(2), Square(3)]",
            "([one.area() for one in shapes], isinstance(shapes[0], Shape))",
        ),
        (
            "from collections import ChainMap\nimport os\nbase = {'b': 2}\nc = ChainMap({'a': 1}, base, os.environ)\n"
            "def f():\n    base['z'] = 4\n    return c['z']",
            "(f(), c['a'], c.maps[2] is os.environ)",
        ),
        (
            "from types import MappingProxyType\nbase = {'b': 2}\nview = MappingProxyType(base)\n"
            "def f():\n    base['z'] = 4\n    return view['z']",
            "f()",
        ),
        ("from collections import UserDict, UserList\nd, l = UserDict(a=1), UserList([2])", "(d, l)"),
        ("def _h(x): return x + 1\nimport math as _m\nops = [_h, _m.sqrt]", "(ops[0](1), ops[1](4))"),
        ("_NO = object()\ndef f(x=_NO): return x is _NO\nd = {'a': _NO}", "(f(), d['a'] is _NO)"),
        ("class A:\n    NONE = object()\n    def f(self, x=NONE): return x is A.NONE", "A().f()"),
        ("class A:\n    seen = dict()\n    def f(self, x=seen): return x is A.seen", "A().f()"),
        (
            "class M:\n    _one = None\n    def __new__(cls):\n"
            "        if cls._one is None: cls._one = super().__new__(cls)\n        return cls._one\n"
            "MISSING = M()\nMISSING.n = 3\ndef f(x=MISSING): return x is MISSING is M()",
            "(f(), M().n)",
        ),
        (
            "from dataclasses import dataclass, field\n@dataclass(frozen=True, slots=True)\nclass C:\n    a: int = 1\n"
            "    b: list = field(default_factory=list)\nc = C(a=3)\nc.b.append(1)",
            "(c, C())",
        ),
    ],
)
def test_what_one_line_makes_again_comes(book, notebook, value):
    book.run(notebook)
    made = book.runs(f"result = {value}")["result"]
    book.shell.run_cell(f"result = {value}").raise_error()
    assert repr(made) == repr(book.shell.user_ns["result"])


MADE = "get_ipython().run_cell_magic('hfjob', '--local', {!r})"


def test_what_only_an_earlier_job_has_is_refused_with_the_way(book):
    """The magic is not run here: what IPython keeps of the cell is what counts."""
    body = "!pip list\nimport math as m\nif True:\n    model, (a, *b) = train()\ndef score(x):\n    inner = 1"
    body += "\n[item for item in a]"
    book.run("kept = 1")
    book.shell.user_ns["In"].append(MADE.format(body))
    cell = len(book.shell.user_ns["In"]) - 1
    for name in ("model", "a", "b"):
        way = f"which only the job of cell [{cell}] has. Add -o {name} to the %%hfjob line of that cell"
        assert f"Line 1 uses {name}, {way}, and run it again." in book.refusal(f"print({name})")
    assert "Define score in a cell without %%hfjob" in book.refusal("score(1)")
    assert "Import m in this cell, too." in book.refusal("m.pi")
    for name in ("inner", "item"):  # what a function or a comprehension has ends with it
        assert "neither the cell nor the notebook defines" in book.refusal(name)
    assert f"-o model: the cell does not set model, which only the job of cell [{cell}] has." in book.refusal(
        "x = 1", "model"
    )
    with pytest.raises(OptionError, match=rf"the notebook has no model, which only the job of cell \[{cell}\] has"):
        choose_inputs(parse_values(["model"], "-i"), book.shell.user_ns)
    book.shell.user_ns["In"].append(MADE.format("model = 2"))
    assert f"the job of cell [{cell + 1}] has" in book.refusal("model")


def test_code_comes_as_it_was_written(book):
    """Tracebacks show its lines: with comments, and with the numbers of the editor."""
    book.run("# a cell\nsq = lambda x: 1 / x  # why\nops = {\n    'a': lambda x: sq(x),  # why a\n}  # end\n")
    assert book.bring("ops['a'](1)").text == (
        "# %% from the notebook: sq, line 2\nsq = lambda x: 1 / x  # why\n\n"
        "# %% from the notebook: ops, line 3\nops = {\n    'a': lambda x: sq(x),  # why a\n}  # end\n"
    )
    book.run("ops['b'] = lambda x: 2  # added")
    assert "ops = {'a': (lambda x: sq(x)), 'b': (lambda x: 2)}" in book.bring("ops['a'](1)").text
    book.run("f = lambda x: 1; g = 2\nif f:\n    h = lambda: 3  # why")
    assert "f = lambda x: 1\n" in book.bring("f(1)").text
    assert "h = lambda: 3\n" in book.bring("h()").text


def test_an_object_that_answers_to_every_name_is_refused_as_any_other(book):
    book.run("from unittest.mock import sentinel\nS = sentinel.x")
    assert "S (_SentinelObject), which the job will not have" in book.refusal("S")


def test_a_class_of_a_call_is_not_that_of_an_older_statement(book):
    book.run("class C:\n    def m(self): return 1\n", "import enum\nC = enum.Enum('C', 'A')")
    assert book.runs("result = C.A.name")["result"] == "A"


def test_a_device_is_the_jobs_own_and_that_is_said(book):
    book.run("class cuda:\n    @staticmethod\n    def is_available(): return False\n")
    book.run("device = 'cuda' if cuda.is_available() else 'cpu'")
    came = book.bring("print(device)")
    assert "device = 'cuda' if cuda.is_available() else 'cpu'" in came.text
    (note,) = came.notes
    assert note.startswith("Line 1 uses device, which is 'cpu' here; the job asks its own machine: device = 'cuda' if")
    assert book.run("device = 'cpu'").bring("device").notes == ()


def test_what_a_call_gives_anew_is_said(book):
    book.run("import random\ndef f(rng=random.Random(0)): return rng.random()\nclass C:\n    rng = random.Random(0)\n")
    came = book.bring("f()\nC()\n")
    assert came.notes == (
        "Line 1 uses f, whose default of rng (Random) is created again in the job.",
        "Line 2 uses C, whose rng (Random) is created again in the job.",
    )


def test_secrets_in_what_was_set_later_are_refused(book):
    set_later = "def f(x=1): return x\nf.__defaults__ = (T,)\nclass C: pass\nC.t = T\nc = C()\nc.t = T\n"
    book.run(set_later.replace("T", repr(TOKEN)))
    for cell in ("f()", "C()", "c"):
        said = book.refusal(cell)
        assert "a text that looks like a secret" in said
        assert "a1B2" not in said


@pytest.mark.parametrize(
    "cell",
    [
        "if False:\n    data\n    nope",
        "def f():\n    if 0: return nope\nf()",
        "if 'nope' in dir() and nope: pass",
        "nope if 'nope' in globals() else 1",
        "import contextlib\nwith contextlib.suppress(NameError):\n    nope",
        "try:\n    nope\nexcept:\n    nope = 1",
        "try:\n    nope\nexcept Exception:\n    nope = 1\nnope",
        "try:\n    del data\nexcept NameError: pass",
        "def f():\n    try:\n        return nope\n    except NameError:\n        return 1\nf()",
        "load()\ndata.random()",
        "load()\nmade",
    ],
)
def test_names_that_a_cell_can_do_without_are_not_asked_for(book, cell):
    book.run(
        "import random\ndata = random.Random()\ndef load():\n    global data, made\n    data = made = random.Random()\n"
    )
    assert "data" not in book.bring(cell).names


def test_what_a_guard_asks_for_comes_if_it_can(book):
    book.run("import random\nn = 5\ndata = random.Random()\n")
    assert book.runs("try:\n    n\nexcept NameError:\n    n = 1\n")["n"] == 5
    assert book.runs("there = 'n' in globals()")["there"]
    # Whoever catches everything means something else.
    assert "data (Random)" in book.refusal("try:\n    fit(data)\nexcept Exception:\n    pass")
    assert "data (Random)" in book.run("def f():\n    try:\n        data\n    except Exception: pass\n").refusal("f()")
    assert "defines. If the cell makes it as it runs, add --names none." in book.refusal("zzz\nzzz = 1")


def test_results_of_earlier_cells_come_along_as_names_do(book):
    book.run("x = [5]\nx", "2 + 2", "def shout(text): return text.upper()\nshout")
    assert book.bring("print(_2, __)").names == ("_2", "__")
    made = book.runs("r = _('hi')")
    assert made["r"] == "HI"
    results: dict[str, Any] = {}
    came = book.bring("Out[1].append(6)\nx, Out[2]\n")
    exec("\n".join(part.text for part in parts(came.text)), results | (found := {"Out": {}}))  # noqa: S102
    assert found["Out"] == {1: [5], 2: 4}
    assert "x" in came.names  # and two names for one list still share it
    assert "Out[2]" in book.bring("def f():\n    return Out[2]\nf()").text
    assert book.bring("for _ in range(3): print(_)\nOut = {}\nOut[1]") == Brought()
    assert book.run("del Out\nOut = {'mine': 1}").bring("Out['mine']").names == ("Out",)


def test_a_statement_that_others_go_on_from_is_not_quoted_alone(book):
    book.run("import argparse\np = argparse.ArgumentParser()\nq = argparse.ArgumentParser()", "p.add_argument('--lr')")
    # With cloudpickle here, `-i p:pickle` is another way.
    assert re.search(r"Make it in the cell, as \[1\] does[.;]", book.refusal("p.parse_args([])"))
    assert "Make it in the cell: `q = argparse.ArgumentParser()`" in book.refusal("q.parse_args([])")


def test_results_of_earlier_cells_that_cannot_come_are_refused(book):
    book.run("import random\nrandom.Random()")
    assert "Line 2 uses _ (Random)" in book.refusal("\n_.random()")
    assert "Line 1 (Out[1]) uses _1 (Random)" in book.refusal("Out[1].random()")
    no_result = "_7, and the notebook keeps no result of a cell [7]. Give a value a name, and use that."
    assert f"Line 1 (Out[7]) uses {no_result}" in book.refusal("Out[7]")
    assert f"Line 1 uses {no_result}" in book.refusal("_7")
    assert "write -i results=dict(Out) and use results." in book.refusal("len(Out)")
    assert "Write _i3 for In[3]." in book.refusal("print(In[1])")
    assert book.bring("try:\n    Out\nexcept NameError:\n    pass") == Brought()


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("%history", "shows earlier cells, and a job has none"),
        ("x = 1\n%rerun 3", "Line 2 has %rerun, which runs earlier cells again, and a job has none"),
        ("%store -r x", "Use it in a cell of its own, and what it gives comes along"),
        ("%hfjobs ls", "is for the notebook. Put it into a cell of its own"),
        ("%mine 3", "a cell of the notebook has registered. Register it in this cell, too"),
        ("%%mine\ntext", "Line 1 has %%mine, which a cell of the notebook has registered."),
        ("%autoreload 2", "an extension gives that the notebook has loaded. Add `%load_ext autoreload` above it."),
    ],
)
def test_magics_that_only_the_notebook_has_are_refused(book, cell, why):
    register = "from IPython.core.magic import register_line_cell_magic\n@register_line_cell_magic\n"
    book.run("%load_ext autoreload", f"{register}def mine(line, cell=''): pass\n")
    assert why in book.refusal_as_written(cell)


@pytest.mark.parametrize(
    "cell", ["%time 1", "x = %pwd", "%load_ext autoreload\n%autoreload 2", "%nowhere", "if False:\n    %mine"]
)
def test_magics_that_a_job_may_have_are_left_alone(book, cell):
    register = "from IPython.core.magic import register_line_magic\n@register_line_magic\n"
    book.run("%load_ext autoreload", f"{register}def mine(line): pass\n")
    assert book.bring_as_written(cell) == Brought()


def test_code_that_runs_other_code_may_have_made_a_name(book):
    assert book.bring("exec('zz = 1')\nprint(zz)") == Brought()
    assert book.bring_as_written("%run tools.py\nprint(zz)") == Brought()
    assert book.run("s = [object()]").bring_as_written("%time s = sum([1])\ns") == Brought()
    book.run("import random\ndata = random.Random()")
    assert "uses data (Random)" in book.refusal("exec('1')\ndata.random()")


def test_guards_magics_and_the_notebooks_own(book):
    book.run("import random\nlr = 0.1\ndata = random.Random()")
    assert book.bring("try:\n    data\nexcept NameError:\n    data = 1\n") == Brought()
    assert book.bring("display(1); get_ipython(); open('x'); exit; _; _i; _dh[0]\n") == Brought()
    assert book.bring("get_ipython().system('train --lr {lr} $HOME ${X}')").names == ("lr",)
    assert "data (Random)" in book.refusal("get_ipython().run_line_magic('time', 'fit = data.fit()')")
    for magic in ("pinfo", "pinfo2", "psource"):  # lr?, lr??, ?lr.real
        assert book.bring(f"get_ipython().run_line_magic('{magic}', 'lr.real')").names == ("lr",)
        assert book.bring(f"get_ipython().run_line_magic('{magic}', 'data')") == Brought()
        assert book.bring(f"get_ipython().run_line_magic('{magic}', 'nowhere')") == Brought()
    assert book.bring("input('x')") == Brought()
    assert "input (Random)" in book.run("input = random.Random()").refusal("input.head()")


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
    for value in (Random(), loop, "x" * 2000, [0] * 20_000, type("S", (str,), {})("x"), range):
        assert literal(value) is None


def test_what_an_expression_behind_o_uses_comes_along(book):
    book.run(
        "HIST = [1, 3]\nimport math\nclass P:\n    pass\ndef evaluate(x):\n    return math.sqrt(x)",
        "import numpy\nrows = numpy.arange(9)",
    )
    came = book.bring(
        "acc = 1", "score=evaluate(5)", "hh=max(HIST):json", "q=P()", "r=mapped + acc", "f=Path('a')", "HIST"
    )
    assert set(came.names) == {"evaluate", "math", "HIST", "P"}
    assert "-o n uses rows (ndarray, 9, 72 B), which the job will not have." in book.refusal("acc = 1", "n=len(rows)")


@pytest.mark.parametrize(
    ("cell", "wanted", "said"),
    [
        ("accuracy = 1", "acuracy", "-o acuracy: the cell does not set acuracy. Did you mean accuracy? Nothing"),
        ("accuracy = 1", "best=max(acuracy)", "-o best: the cell does not set acuracy. Did you mean accuracy?"),
        (
            "accuracy = 1",
            "zzz",
            "-o zzz: the cell does not set zzz. If the cell makes it as it runs, add --names none",
        ),
    ],
)
def test_a_value_that_nothing_sets_is_refused(book, cell: str, wanted: str, said: str):
    assert said in book.refusal(cell, wanted)


@pytest.mark.parametrize(
    "cell",
    [
        "exec('acc = 1')",
        "globals()['acc'] = 1",
        "from math import *",
        "get_ipython().run_line_magic('run', 'a.py')",
        "get_ipython().run_line_magic('time', 'acc = 1')",
    ],
)
def test_a_value_that_may_be_set_unseen_gets_a_note(book, cell: str):
    assert any(
        note.startswith("-o acc: the cell does not set acc where that is seen")
        for note in book.bring(cell, "acc").notes
    )


@pytest.mark.parametrize(
    "cell",
    [
        "if True:\n    acc = 1",
        "def f():\n    global acc\n    acc = 1\nf()",
        "import os.path as acc",
        "import acc.part",
        "def acc(): pass",
        "try:\n    acc = 1\nexcept ValueError:\n    pass",
        "for acc in range(3):\n    pass",
        "(acc := 1)",
        "match {'a': 1}:\n    case {'a': 1, **acc}:\n        pass",
        "with open('f') as acc:\n    pass",
        "acc: int = 1",
        "print(mapped)\nacc, *other = [mapped]",
    ],
)
def test_a_value_that_the_cell_sets_is_none_of_the_notebook(book, cell: str):
    came = book.run("acc = 5").bring(cell, "acc", "y=acc")
    assert "acc" not in came.names
    assert not any("-o" in note for note in came.notes)
