"""Who may import whom, pinned: a pure core, thin edges, and a service that stands alone."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "hfjobs_magic"
# fmt: off
PURE = [
    "caps", "commandline", "compiling", "completing", "details", "errors", "expand", "fold", "helptext", "history",
    "imports", "ipython_syntax", "lines", "listed", "logs", "matching", "metrics", "options", "paths", "pep723",
    "pricing", "progress", "reuse", "rows", "samples", "scheduled_view", "schedules", "script", "selectors",
    "settings", "snapshot", "sparklines", "state", "toplevel_await", "training", "training_lines", "training_tables",
    "training_words", "values",
]
# fmt: on
PURE_LIBRARIES = {"packaging", "pandas", "tomli", "wcwidth"}
"""What the pure core may use besides the standard library and itself: neither PEP 508 nor TOML is parsed by hand, and
how wide a character is stands in Unicode's tables. pandas is used where somebody has it and asks for a frame."""

OWNERS = {
    "huggingface_hub": {"hub", "hub_submission", "failures", "environment"},
    "IPython": {
        f"magics.{name}"
        for name in ("cards", "choosing", "completion", "hfjob", "hfjobs", "loading", "shown", "welcome")
    },
    "pandas": {"samples"},
    "anywidget": {"widgets.card", "widgets.scheduled", "widgets.table"},
    "rich": {"magics.shown", "magics.terminal"},
}
"""Outside libraries, and the only modules that may import them."""


def modules() -> dict[str, Path]:
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in sorted(PACKAGE.rglob("*.py"))}


def runtime_imports(path: Path) -> set[str]:
    """Modules imported when the code runs; what only type checkers read is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def outside(imports: set[str]) -> set[str]:
    tops = {name.split(".")[0] for name in imports}
    return {name for name in tops if name not in sys.stdlib_module_names and name != "hfjobs_magic"}


def own(imports: set[str]) -> set[str]:
    return {name.removeprefix("hfjobs_magic.") for name in imports if name.startswith("hfjobs_magic.")}


@pytest.mark.parametrize("name", PURE)
def test_the_pure_core_imports_the_standard_library_and_itself(name: str):
    imports = runtime_imports(modules()[name])
    assert outside(imports) <= PURE_LIBRARIES
    assert {item.split(".")[0] for item in own(imports)} <= set(PURE)


@pytest.mark.parametrize("library", OWNERS)
def test_each_outside_library_has_its_owners(library: str):
    users = {
        name
        for name, path in modules().items()
        if library in outside(runtime_imports(path)) and not name.startswith("local.")
    }
    assert users == OWNERS[library]


def test_the_local_service_imports_nothing_of_the_rest():
    for name, path in modules().items():
        if name.startswith("local."):
            assert all(item.startswith("local") for item in own(runtime_imports(path))), name


def test_the_rest_imports_only_the_daemon_of_the_local_service():
    for name, path in modules().items():
        if not name.startswith("local"):
            used = {item for item in own(runtime_imports(path)) if item.startswith("local.")}
            assert used <= {"local.daemon"}, name


def test_errors_import_nothing():
    assert runtime_imports(modules()["errors"]) <= {
        "__future__",
        "__future__.annotations",
        "traceback",
        "typing",
        "typing.TYPE_CHECKING",
    }
