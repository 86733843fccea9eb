"""What code uses and does not define, compared with running it."""

from __future__ import annotations

import ast
import builtins
import sys
import textwrap
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hfjobs_magic.script.syntax.free_names import KNOWN, names_of

NAMES = ("a", "b", "c", "d")


def found(text: str) -> dict[str, tuple[int, str]]:
    text = textwrap.dedent(text)
    return {
        item.name: (item.line, item.need) for item in names_of(ast.parse(text), text).free if item.name not in KNOWN
    }


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("df = df.dropna()", {"df": (1, "certain")}),
        ("x = 1\nx += y", {"y": (2, "certain")}),
        ("for n in range(3):\n    if n: print(last)\n    last = n", {"last": (2, "possible")}),
        ("def f():\n    global n\n    n += 1\nf()", {"n": (3, "likely")}),
        ("def f():\n    global n\n    n = 1\nf()\nn", {"n": (5, "possible")}),
        ("def f(): return cfg\nf()\ncfg = 1", {"cfg": (1, "likely")}),
        ("def f(): return g()\ndef g(): return late\nf()", {"late": (2, "certain")}),
        ("[a * b for a in xs if c]", {"b": (1, "certain"), "c": (1, "certain"), "xs": (1, "certain")}),
        ("[(y := x) for x in [1]]\nprint(y)", {}),
        ("lambda q: q + w", {"w": (1, "certain")}),
        ("try:\n    z\nexcept NameError:\n    z = 1\nprint(z)", {"z": (2, "possible")}),
        ("try:\n    z\nexcept Exception:\n    z = 1\nprint(z)", {"z": (2, "likely")}),
        (
            "class A(B):\n    x = y\n    def m(self): return z, A, self.x\n",
            {"B": (1, "certain"), "y": (2, "certain"), "z": (3, "certain")},
        ),
        ("f'{u!r:>{w}}'\ndel gone", {"u": (1, "certain"), "w": (1, "certain"), "gone": (2, "certain")}),
        (
            "match p:\n    case {'a': q, **r}: print(q, r)\n    case P(t=x) | [x, *_]: print(x)",
            {"p": (1, "certain"), "P": (3, "certain")},
        ),
        ("if 'k' not in globals():\n    k = 1\nk", {"k": (1, "possible")}),
        ("if False:\n    k\nelse:\n    j", {"j": (4, "certain")}),
        ("text = str if sys.version_info[0] >= 3 else unicode", {"sys": (1, "certain")}),
        ("def f(x):\n    return x if sys.version_info >= (3,) or old(x) else unicode(x)", {"sys": (2, "certain")}),
        ("PY2 and unicode, PY2 or text", {"PY2": (1, "certain"), "text": (1, "certain")}),
        ("def f():\n    global n\n    if x: n = 1\n    return n\nf()", {"n": (3, "likely"), "x": (3, "certain")}),
        ("def g(n=default) -> Ann: pass", {"default": (1, "certain"), "Ann": (1, "certain")}),
        ("from __future__ import annotations\ndef g(n: T) -> Ann: pass\nx: U = 1", {}),
        ("import a.b.c as d, e.f\nd, e\nwith open(e) as h: h\nprint(m := 1)\nm", {}),
        ("try:\n    pass\nexcept E as error:\n    error\nerror", {"E": (3, "certain"), "error": (5, "certain")}),
        ("def outer():\n    x = 1\n    def inner(): return x, y\n    return inner", {"y": (3, "certain")}),
        ("x: int\nprint(x)", {"x": (2, "certain")}),
        ("get_ipython().run_line_magic('timeit', '-n 1 fit(X)')", {"fit": (1, "certain"), "X": (1, "certain")}),
        ("get_ipython().system('echo {lr:.2f} $name {{not}} $$pid')", {"lr": (1, "likely"), "name": (1, "likely")}),
        (
            "get_ipython().run_line_magic('time', 'y = [a for a in f(X)]')\ny, a",
            {"f": (1, "certain"), "X": (1, "certain"), "a": (2, "certain")},
        ),
        ("get_ipython().run_line_magic('prun', '-q x, (y, z) = 1, (2, 3)')\nx, y, z", {}),
        ("get_ipython().run_line_magic('time', 'import os.path, json as j')\nos, j", {}),
        ("get_ipython().run_line_magic('timeit', 'q = 1')\nq", {"q": (2, "certain")}),
        ("@deco\ndef f(): pass", {"deco": (1, "certain")}),
        ("x: x = 1", {}),
        ("class A:\n    n = 1\n    m = (lambda k=n: k)(1)", {}),
        (
            "try:\n    1 / 0\nexcept E as e:\n    def f(): return e\n    f()",
            {"E": (3, "certain"), "e": (4, "possible")},
        ),
        ("e = 1\ntry:\n    1 / 0\nexcept E as e: pass\ne", {"E": (4, "certain"), "e": (5, "possible")}),
        ("class C:\n    global n\n    n = m\n    n\nn", {"m": (3, "certain")}),
        ("@(lambda x: f)\ndef f(): pass", {"f": (1, "certain")}),
        ("while go(): go = 1", {"go": (1, "certain")}),
    ],
)
def test_what_is_free(text: str, free: dict[str, tuple[int, str]]):
    assert found(text) == free


# -- any program -----------------------------------------------------------------------------------

name = st.sampled_from(NAMES)


def expressions() -> st.SearchStrategy[str]:
    return st.recursive(
        st.one_of(name, st.just("1")),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda two: f"({two[0]} + {two[1]})"),
            st.tuples(name, inner, inner).map(lambda it: f"[{it[1]} for {it[0]} in [{it[2]}]]"),
            st.tuples(name, inner).map(lambda it: f"(lambda {it[0]}: {it[1]})(1)"),
            inner.map(lambda it: f"f'{{{it}}}'"),
            st.tuples(name, inner).map(lambda it: f"({it[0]} := {it[1]})"),
            st.tuples(name, name, inner, inner).map(
                lambda it: f"{{{it[0]}: {it[2]} for {it[0]}, {it[1]} in [({it[3]}, 1)]}}"
            ),
            st.tuples(name, inner).map(lambda it: f"(lambda *{it[0]}, k={it[1]}: ({it[0]}, k))(1)"),
            st.tuples(name, inner).map(lambda it: f"[[{it[0]} for _ in [1]] for {it[0]} in [{it[1]}]]"),
            st.tuples(name, name, inner, inner, inner).map(
                lambda it: f"[{it[2]} for {it[0]} in [{it[3]}] for {it[1]} in [{it[4]}] if [{it[0]}]]"
            ),
            st.tuples(name, inner, inner).map(lambda it: f"{{*({it[0]} for {it[0]} in [1] if [{it[1]}]), 1}}"),
            st.tuples(name, name, inner).map(lambda it: f"[({it[0]} := {it[2]}) for {it[1]} in [1]]"),
            st.tuples(name, name, inner, inner).map(
                lambda it: f"(lambda *{it[0]}, **{it[1]}: ({it[0]}, {it[1]}))(*[{it[2]}], **{{'k': {it[3]}}})"
            ),
            st.tuples(inner, inner).map(lambda it: f"([{it[0]}] and [*[{it[1]}]][0])"),
            st.tuples(name, inner, inner).map(lambda it: f"(lambda: [{it[1]} for {it[0]} in [{it[2]}]])()"),
            st.tuples(inner, name).map(lambda it: f"{{**{{'k': {it[0]}}}, 'n': f'{{1!s:{{{it[1]}}}}}'}}"),
        ),
        max_leaves=4,
    )


def newer_statements() -> list[st.SearchStrategy[str]]:
    """Statements with type parameters, where this Python has them."""
    if sys.version_info < (3, 12):
        return []
    return [
        name.map(lambda it: f"type {it} = 1"),
        st.tuples(name, name).map(
            lambda it: f"def helper():\n    type {it[0]} = {it[1]}\n    return {it[0]}.__value__\nhelper()"
        ),
        st.tuples(name, name).map(lambda it: f"class {it[0]}[{it[1]}](list[{it[1]}]): pass"),
        st.tuples(name, expressions()).map(lambda it: f"def helper[{it[0]}](p: {it[0]}): return {it[1]}\nhelper(1)"),
        st.tuples(name, name, expressions()).map(lambda it: f"class {it[0]}[{it[1]}]:\n    {it[0]} = {it[2]}"),
    ]


NEWER = newer_statements()


def indented(block: list[str]) -> str:
    return textwrap.indent("\n".join(block), "    ")


def statements() -> st.SearchStrategy[str]:
    simple = st.one_of(
        st.tuples(name, expressions()).map(lambda it: f"{it[0]} = {it[1]}"),
        expressions(),
        st.tuples(name, expressions()).map(lambda it: f"{it[0]} += {it[1]}"),
        name.map(lambda it: f"import math as {it}"),
        st.tuples(name, expressions()).map(lambda it: f"{it[0]} = {it[1]}\ndel {it[0]}"),
        st.tuples(name, name, expressions()).map(lambda it: f"{it[0]}, *{it[1]} = [{it[2]}, 1]"),
        st.tuples(name, name, name).map(lambda it: f"def {it[0]}(p: {it[1]}, *q: {it[2]}) -> {it[1]}: pass"),
        name.map(lambda it: f"{it}: {it}"),
        *NEWER,
    )

    def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        block = st.lists(inner, min_size=1, max_size=3).map(indented)
        return st.one_of(
            st.tuples(name, expressions(), block).map(lambda it: f"for {it[0]} in [{it[1]}]:\n{it[2]}"),
            st.tuples(expressions(), block).map(lambda it: f"if [{it[0]}]:\n{it[1]}"),
            st.tuples(name, block).map(lambda it: f"class {it[0]}:\n{it[1]}"),
            block.map(lambda it: f"try:\n{it}\nfinally:\n    pass"),
            st.tuples(expressions(), name).map(
                lambda it: f"def helper({it[1]}={it[0]}):\n    return {it[1]}\nhelper()"
            ),
            expressions().map(lambda it: f"def helper():\n    return {it}\nhelper()"),
            st.tuples(name, expressions()).map(
                lambda it: f"def helper():\n    global {it[0]}\n    {it[0]} = {it[1]}\nhelper()"
            ),
            st.tuples(name, expressions(), expressions()).map(
                lambda it: (
                    f"def helper():\n    {it[0]} = {it[1]}\n    def inner():\n        nonlocal {it[0]}\n"
                    f"        {it[0]} = {it[2]}\n        return {it[0]}\n    return inner()\nhelper()"
                )
            ),
            st.tuples(name, name, block).map(lambda it: f"with {it[0]} as {it[1]}:\n{it[2]}"),
            st.tuples(name, block).map(
                lambda it: f"try:\n    raise ValueError\nexcept ValueError as {it[0]}:\n{it[1]}"
            ),
            st.tuples(name, name).map(lambda it: f"@{it[0]}\ndef {it[1]}(): pass"),
            st.tuples(name, expressions(), name).map(lambda it: f"{it[0]}: {it[2]} = {it[1]}"),
            st.tuples(name, name, block).map(
                lambda it: f"match [{it[0]}]:\n    case [{it[1]}]:\n{textwrap.indent(it[2], '    ')}"
            ),
            st.tuples(name, name, expressions(), block).map(
                lambda it: (
                    f"match {{'k': {it[2]}, 'z': 1}}:\n    case {{'k': {it[0]}, **{it[1]}}} if [{it[0]}]:\n"
                    f"{textwrap.indent(it[3], '    ')}"
                )
            ),
            st.tuples(name, name, name, expressions(), block).map(
                lambda it: (
                    f"match [{it[3]}, 1, 1]:\n    case [{it[0]}, *{it[1]}] as {it[2]}:\n"
                    f"{textwrap.indent(it[4], '    ')}"
                )
            ),
            block.map(
                lambda it: f"match 1:\n    case 2:\n        pass\n    case 1 | 3:\n{textwrap.indent(it, '    ')}"
            ),
            st.tuples(expressions(), block).map(lambda it: f"while [{it[0]}]:\n{it[1]}\n    break"),
            st.tuples(name, block, block).map(lambda it: f"for {it[0]} in [1]:\n{it[1]}\nelse:\n{it[2]}"),
            st.tuples(block, name, block).map(
                lambda it: f"try:\n{it[0]}\nexcept ZeroDivisionError as {it[1]}:\n    pass\nelse:\n{it[2]}"
            ),
            st.tuples(name, expressions(), block).map(
                lambda it: f"class C:\n    global {it[0]}\n    {it[0]} = {it[1]}\n{it[2]}"
            ),
            st.tuples(name, name, expressions()).map(
                lambda it: f"class C:\n    {it[0]} = {it[2]}\n    def m(self): return {it[0]}, {it[1]}\nC().m()"
            ),
            st.tuples(name, name, expressions()).map(lambda it: f"@{it[0]}\n@(lambda x: {it[2]})\nclass {it[1]}: pass"),
            st.tuples(name, name, name, expressions(), expressions()).map(
                lambda it: (
                    f"def helper({it[0]}, /, *{it[1]}, k={it[3]}, **kw):\n"
                    f"    return {it[0]}, {it[1]}, {it[4]}\nhelper(1)"
                )
            ),
            st.tuples(name, name, block, expressions()).map(
                lambda it: (
                    f"def helper():\n    {it[0]} = 1\n    def {it[1]}():\n"
                    f"        return {it[3]}\n    return {it[1]}()\nhelper()"
                )
            ),
            st.tuples(block, block).map(lambda it: f"if False:\n{it[0]}\nelse:\n{it[1]}"),
            expressions().map(
                lambda it: (
                    f"async def helper():\n    return {it}\n"
                    "try:\n    helper().send(None)\nexcept StopIteration:\n    pass"
                )
            ),
        )

    return st.recursive(simple, compound, max_leaves=5)


class Anything:
    """What a program may do anything with; so every statement of it runs."""

    def __getattr__(self, _: str) -> Anything:
        return self

    def __call__(self, *_: Any, **__: Any) -> Anything:
        return self

    def _same(self, *_: Any) -> Anything:
        return self

    __add__ = __radd__ = __iadd__ = __enter__ = __getitem__ = _same

    def __exit__(self, *_: Any) -> None:
        return None

    def __format__(self, _: str) -> str:
        return ""


class Builtins(dict[str, Any]):
    """Builtins that give `Anything` for a name that is not there, and remember it."""

    def __init__(self) -> None:
        super().__init__(vars(builtins))
        self.missing: list[str] = []

    def __missing__(self, key: str) -> Anything:
        self.missing.append(key)
        return Anything()


def run(text: str) -> set[str] | None:
    """Names that a program asks for in vain; None for one that fails otherwise."""
    namespace: dict[str, Any] = {"__builtins__": Builtins(), "__name__": "program"}
    try:
        exec(compile(text, "<program>", "exec", dont_inherit=True), namespace)  # noqa: S102 - that is the comparison
    except (TypeError, ValueError, NameError):
        return None
    return set(namespace["__builtins__"].missing)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["", "from __future__ import annotations\n"]),
    st.lists(statements(), min_size=1, max_size=6).map("\n".join),
)
def test_any_program(first: str, text: str):
    """All statements of these programs run, one after the other: what is certain is what they ask for in vain."""
    text = first + text
    try:
        tree = ast.parse(text)
        compile(text, "<program>", "exec", dont_inherit=True)
    except SyntaxError:
        return
    asked = run(text)
    if asked is None:
        return
    needs = names_of(tree, text)
    free = {item.name: item.need for item in needs.free if item.name not in KNOWN}
    assert asked <= set(free), "no less"
    assert {item for item, need in free.items() if need == "certain"} <= asked, "no more"
