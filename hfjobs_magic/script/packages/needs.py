"""Packages that well-known calls need at run time, though nothing imports them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.packages.need_tables import (
    BOOKS,
    CALLS,
    DIFFICULT,
    ENGINES,
    FIRST,
    KEYWORDS,
    MODULES,
    OTHER_BACKENDS,
    PATHS,
    STARTS,
    STORES,
    STYLES,
    VALUES,
)
from hfjobs_magic.script.syntax.nodes import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfjobs_magic.script.packages.imports import Import
    from hfjobs_magic.script.packages.programs import Program


@dataclass(frozen=True)
class Need:
    """A call, and the distribution that it fails without."""

    line: int
    """Line of the script."""
    call: str
    """As a reader knows it."""
    distribution: str
    """What has to be installed."""

    @property
    def is_certain(self) -> bool:
        """Whether it is installed unasked: the call fails without, and one package that installs anywhere is all."""
        return self.distribution not in DIFFICULT


def find_needs(
    tree: ast.AST, imports: Sequence[Import], readers: Sequence[str] = (), programs: Sequence[Program] = ()
) -> tuple[Need, ...]:
    """Return what well-known calls of a script need, each distribution once, in order of lines.

    Parameters
    ----------
    tree
        The parsed script.
    imports
        What it imports: a name such as ``to_parquet`` is pandas' only where pandas is.
    readers
        Modules of values that it gets.
    programs
        That it starts.
    """
    tops = {*(item.top for item in imports), *readers}
    found = [
        Need(item.line, item.module, distribution) for item in imports for distribution in MODULES.get(item.module, ())
    ]
    found += [Need(item.line, f"the command {item.command}", item.package) for item in programs if item.package]
    if "polars" in tops:
        found = [need for need in found if need.call != "plotly.express"]
    found += _of_keras(tree, imports)
    asked = _find_asked(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            needs = (*_of_name(node, tops), *_of_keywords(node, tops), *_of_first(node, tops), *_of_magic(node))
            known = asked.get(id(node), ())
            found += [need for need in needs if re.sub(r"\W", "_", need.distribution) not in known]
    if tops & OTHER_BACKENDS:
        found = [need for need in found if (need.call, need.distribution) != ("pipeline", "torch")]
    first: dict[str, Need] = {}
    for need in sorted(found, key=lambda need: need.line):
        first.setdefault(need.distribution, need)
    return tuple(first.values())


def _find_asked(tree: ast.AST) -> dict[int, set[str]]:
    """Return the packages that a call is made only with: ``if is_xformers_available():``."""
    found: dict[int, set[str]] = {}
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.If)):
        tests = [inner for inner in ast.walk(node.test) if isinstance(inner, ast.Call)]
        names = {match[1] for test in tests if (match := _AVAILABLE.fullmatch(_path(test.func).rpartition(".")[2]))}
        names |= {text_of(test.args[0]) for test in tests if test.args and _path(test.func).endswith("find_spec")}
        for inner in (inner for part in node.body for inner in ast.walk(part)) if names else ():
            found.setdefault(id(inner), set()).update(names)
    return found


_AVAILABLE = re.compile(r"_*is_(\w+?)_(?:available|installed)")
"""Functions of transformers, diffusers, accelerate and peft that ask for a package."""


def _of_keras(tree: ast.AST, imports: Sequence[Import]) -> Iterator[Need]:
    """Yield the backend of Keras 3 that no import brings (keras.io, "Configuring your backend")."""
    keras = next((item for item in imports if item.top == "keras" and not item.optional), None)
    texts = [text_of(node) for node in ast.walk(tree) if isinstance(node, ast.expr)]
    backend = (
        next((text for text in texts if text in {"jax", "torch"}), "tensorflow") if "KERAS_BACKEND" in texts else ""
    )
    if keras and (backend or "tensorflow") not in {item.top for item in imports}:
        yield Need(keras.line, "keras", backend or "tensorflow")


def _of_name(call: ast.Call, tops: set[str]) -> Iterator[Need]:
    path = _path(call.func)
    name, owner = (*reversed(path.split(".")), "")[:2]
    # FAISS.from_documents(…) makes a FAISS, too.
    makes = owner if owner[:1].isupper() and name.startswith("from_") else name
    reader = _reader(call)
    for package, calls in CALLS.items():
        # polars has read_parquet, too, and needs nothing for it.
        called = next((one for one in (name, makes) if one in calls), "")
        if package in tops and called and not (package == "pandas" and "polars" in tops):
            distributions = calls[called] if reader is None or package not in {"pandas", "xarray"} else (reader,)
            yield from (Need(call.lineno, called, distribution) for distribution in filter(None, distributions))
    yield from (Need(call.lineno, path, distribution) for distribution in PATHS.get(path, ()))
    if "pandas" in tops and "polars" not in tops:
        words = path.split(".")
        if (words[-1] in {"plot", "hist"} and len(words) > 1) or "plot" in words[1:-1]:
            yield Need(call.lineno, "plot", "matplotlib")
        if "style" in words[1:-1] and words[-1] in STYLES:
            yield Need(call.lineno, "style", "jinja2")
    if "diffusers" in tops and re.search(r"Pipeline\w*\.from_(?:pretrained|single_file)$", path):
        yield Need(call.lineno, path, "transformers")
    if "datasets" in tops and name == "Audio" and any(word.arg == "sampling_rate" for word in call.keywords):
        yield Need(call.lineno, "Audio", "torchcodec")


def _of_magic(call: ast.Call) -> Iterator[Need]:
    """Yield what ``%matplotlib inline`` needs, as IPython's call for it."""
    text = text_of(call.args[0]) if call.args else ""
    if _path(call.func).endswith("run_line_magic") and text in {"matplotlib", "pylab"}:
        yield Need(call.lineno, f"%{text}", "matplotlib")


def _of_keywords(call: ast.Call, tops: set[str]) -> Iterator[Need]:
    for word in call.keywords:
        is_off = isinstance(word.value, ast.Constant) and not word.value.value
        for package in tops:
            if not is_off and (distribution := KEYWORDS.get((package, word.arg or ""))):
                yield Need(call.lineno, f"{word.arg}=", distribution)
            for text in _texts(word.value):
                if distribution := VALUES.get((package, word.arg or "", text)):
                    yield Need(call.lineno, f'{word.arg}="{text}"', distribution)


def _of_first(call: ast.Call, tops: set[str]) -> Iterator[Need]:
    """Yield what the first argument tells: a task, a metric, an address; of BeautifulSoup the second one."""
    name = _path(call.func).rpartition(".")[2]
    named = next((text_of(word.value) for word in call.keywords if word.arg == "task"), "")
    text = text_of(call.args[0]) if call.args else named
    what = f'{name}("{text}")'
    for (package, function, full), distributions in FIRST.items():
        if package in tops and name == function and text == full:
            yield from (Need(call.lineno, what, distribution) for distribution in distributions)
    for (package, function, start), distributions in STARTS.items():
        if package in tops and name.startswith(function) and text.startswith(start):
            yield from (Need(call.lineno, what, distribution) for distribution in distributions)
    if "pandas" in tops and re.match(r"read_|to_", name):
        yield from (Need(call.lineno, what, store) for scheme, store in STORES.items() if text.startswith(scheme))
    if name == "BeautifulSoup" and len(call.args) > 1 and (parser := text_of(call.args[1])) in {"lxml", "html5lib"}:
        yield Need(call.lineno, f'BeautifulSoup(…, "{parser}")', parser)
    if text.endswith(".mp4") and "imageio" in tops and name in {"mimsave", "mimwrite", "get_writer"}:
        yield Need(call.lineno, what, "imageio-ffmpeg")


def _reader(call: ast.Call) -> str | None:
    """Return what a file is read with where ``engine=`` or the file's name tells; empty for what needs nothing."""
    for word in call.keywords:
        if word.arg == "engine" and text_of(word.value) in ENGINES:
            return ENGINES[text_of(word.value)]
    text = text_of(call.args[0]).lower() if call.args else ""
    return next((reader for end, reader in BOOKS.items() if text.endswith(end)), None)


def _path(node: ast.expr) -> str:
    """Return the names of a call, as far back as there are names: ``plt.figure``, and ``plot`` of ``f().plot``."""
    if isinstance(node, ast.Attribute):
        before = _path(node.value)
        return f"{before}.{node.attr}" if before else f"?.{node.attr}"
    if isinstance(node, ast.Call | ast.Subscript):
        return _path(node.func if isinstance(node, ast.Call) else node.value)
    return node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.expr) -> list[str]:
    """List the value of a string, or those of a list of strings."""
    items = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return [text for item in items if (text := text_of(item))]
