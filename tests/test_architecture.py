"""The layers of the house, pinned: who may import whom, and which folder owns which outside library."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("architecture")
"""The whole package is read, in one worker."""

PACKAGE = Path(__file__).parents[1] / "hfjobs_magic"
LAYERS = [
    {"errors", "facts", "values"},
    {"worker"},
    {"options"},
    {"cost"},
    {"script", "log", "metrics"},
    {"views"},
    {"records"},
    {"hub"},
    {"exchange"},
    {"follow"},
    {"api"},
    {"widgets"},
    {"magics"},
]
"""Folders and flat modules from the ground up; each imports only what stands before it."""

LOCAL_LAYERS = [
    {"errors", "hardware", "spec", "tools", "processes"},
    {"storage"},
    {"jobs"},
    {"daemon"},
    {"server"},
    {"__main__"},
]
"""The same inside the local service, which imports nothing of the rest."""

SCRIPT_LAYERS = [
    {"syntax"},
    {"packages", "objects"},
    {"names"},
    {
        "demo_launches",
        "gpu_uses",
        "hub_calls",
        "ipython_syntax",
        "local_reads",
        "prompts",
        "runner_archive",
        "environment_variables",
    }
    | {"dropped_arguments", "gpu_wants"},
    {"contents"},
    {"draft"},
    {"script"},
    {"cell"},
]
"""The same between a cell's text and its script: how code reads, what it needs, whose names it uses."""

UPWARD = {
    # An error holds the Job it tells of, as httpx's errors hold their request.
    ("errors", "api.job"): "type",
    # `job` at the end of a cell shows its card, `job.outputs` what they are: the one way from the API up to a display.
    ("api.displayable", "widgets.display"): "lazy",
}
"""The only imports that point up, and that they are lazy or read by type checkers alone."""

SHIPPED = "runner"
"""Stands apart, too: it goes into jobs, where this package is not. It takes `values` with it."""

VALUE_LIBRARIES = {
    "PIL", "cloudpickle", "datasets", "numpy", "pandas", "polars", "pyarrow", "pytz", "safetensors", "torch",
}  # fmt: skip
"""Whose values travel: imported where such a value is there, and nowhere else."""

ENTRANCES = {"api.connect": {"local.daemon", "local.hardware"}}
"""The only modules that reach the local service, and what of it."""

PURE = {"errors", "facts", "values", "worker", "options", "cost", "script", "log", "metrics", "views"}
"""Layers without a network; what they use besides the standard library and one another is in `PURE_LIBRARIES`."""

PURE_LIBRARIES = {"IPython", "markdown_it", "packaging", "pandas", "rich", "tomli", "wcwidth"}
"""Neither PEP 508 nor TOML nor IPython's syntax is parsed by hand, and how wide a character is stands in Unicode's
tables. rich lays out tables as text, and brings markdown_it, which reads Markdown; pandas is used where somebody has it
and asks for a frame."""

OWNERS = {
    "huggingface_hub": {"hub"},
    "IPython": {"script", "widgets", "magics"},
    "pandas": {"metrics", "values"},
    "anywidget": {"widgets"},
    "rich": {"views", "widgets"},
    "markdown_it": {"views"},
}
"""Outside libraries, and the only folders that may import them."""

MAX_LINES = 330
"""A file beyond this holds a second idea."""

MAX_FLAT_MODULES = 7


@dataclass(frozen=True)
class Import:
    """One import of a module."""

    target: str
    """What is imported, without the package's name where it is ours."""
    how: str
    """``top``, ``lazy`` (inside a function) or ``type`` (read by type checkers only)."""
    own: bool
    """Whether it is a module of this package."""


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }


MODULES = modules()


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(name: str) -> list[Import]:
    tree = parse(MODULES[name])
    found: list[Import] = []

    def visit(node: ast.AST, how: str) -> None:
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            how = "type"
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and how == "top":
            how = "lazy"
        if isinstance(node, ast.Import):
            found.extend(one(alias.name, how) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            found.extend(Import(target, how, own=True) for target in resolve(name, node))
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = inner.removeprefix("hfjobs_magic.") in MODULES
                found.append(one(inner if is_module else node.module, how))
        for child in ast.iter_child_nodes(node):
            visit(child, how)

    visit(tree, "top")
    return found


def resolve(name: str, node: ast.ImportFrom) -> set[str]:
    """Name the modules that a relative import takes from."""
    is_package = MODULES[name].name == "__init__.py"
    parts = [*name.split("."), *(["__init__"] if is_package else [])][: -node.level]
    module = ".".join([*parts, *filter(None, [node.module])])
    return {inner if (inner := f"{module}.{alias.name}") in MODULES else module for alias in node.names}


def has_only_relative_imports(name: str) -> bool:
    """Whether it can be imported below another name, as in a job."""
    nodes = [node for node in ast.walk(parse(MODULES[name])) if isinstance(node, ast.Import | ast.ImportFrom)]
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return not any(top(module) == "hfjobs_magic" for module in named)


def one(target: str, how: str) -> Import:
    own = target == "hfjobs_magic" or target.startswith("hfjobs_magic.")
    return Import(target.removeprefix("hfjobs_magic.") if own else target.split(".", maxsplit=1)[0], how, own)


def top(name: str) -> str:
    return name.split(".", maxsplit=1)[0]


FLOOR = {name: number for number, names in enumerate(LAYERS) for name in names}
LOCAL_FLOOR = {name: number for number, names in enumerate(LOCAL_LAYERS) for name in names}
CORE = [name for name in MODULES if top(name) not in {"local", "__init__", SHIPPED}]
LOCAL = [name for name in MODULES if top(name) == "local" and name != "local"]


def test_every_module_has_a_layer():
    assert {top(name) for name in CORE} == set(FLOOR)
    assert {name.split(".")[1] for name in LOCAL} == set(LOCAL_FLOOR)


def test_no_import_points_up():
    upward = {
        (name, item.target): item.how
        for name in CORE
        for item in imports(name)
        if item.own and top(item.target) in FLOOR and FLOOR[top(item.target)] > FLOOR[top(name)]
    }
    assert upward.items() <= UPWARD.items()


def test_every_upward_import_that_is_allowed_exists():
    for (name, target), how in UPWARD.items():
        assert any(item.target == target and item.how == how for item in imports(name)), (name, target)


def test_no_import_of_the_local_service_points_up_or_out():
    for name in LOCAL:
        for item in imports(name):
            if item.own and item.target != "hfjobs_magic":
                assert top(item.target) == "local", (name, item.target)
                if item.target != "local":
                    floors = [LOCAL_FLOOR[module.split(".")[1]] for module in (item.target, name)]
                    assert floors == sorted(floors), (name, item.target)


def test_no_import_between_a_cell_and_its_script_points_up():
    floor = {name: number for number, layer in enumerate(SCRIPT_LAYERS) for name in layer}
    parts = {name: name.split(".")[1] for name in MODULES if top(name) == "script" and "." in name}
    assert set(parts.values()) == set(floor)
    for name, part in parts.items():
        for item in imports(name):
            if item.own and item.target in parts and parts[item.target] != part:
                assert floor[parts[item.target]] < floor[part], (name, item.target)


@pytest.mark.parametrize("name", [name for name in MODULES if top(name) == SHIPPED])
def test_the_runner_imports_the_standard_library_ipython_and_itself(name: str):
    own = {item.target for item in imports(name) if item.own}
    assert {top(target) for target in own} <= {SHIPPED, "values"}
    assert has_only_relative_imports(name)
    outside = {item.target for item in imports(name) if not item.own and item.how != "type"}
    # tqdm is there where a cell asks for it; traitlets is IPython's.
    assert outside - set(sys.stdlib_module_names) <= {"IPython", "traitlets", "tqdm"}
    if name in {f"{SHIPPED}.{module}" for module in ("__main__", "job", "parent", "memory", "notebook")}:
        assert outside <= set(sys.stdlib_module_names), "the parent is small and imports nothing that could fail"


def test_values_import_the_standard_library_and_themselves():
    for name in MODULES:
        for item in imports(name) if top(name) == "values" else ():
            if item.own:
                assert top(item.target) == "values", f"{name}: jobs have nothing else of ours"
                assert has_only_relative_imports(name), name
            elif item.target not in sys.stdlib_module_names:
                assert item.target in VALUE_LIBRARIES, (name, item.target)
                assert item.how == "lazy", (name, item.target)


def test_nothing_imports_the_runner():
    for name in CORE + LOCAL:
        assert not any(item.own and top(item.target) == SHIPPED for item in imports(name)), name


def test_the_rest_reaches_the_local_service_through_its_entrances():
    for name in CORE:
        used = {item.target for item in imports(name) if item.own and top(item.target) == "local"}
        assert used <= ENTRANCES.get(name, set()), name


STARTS = {
    "run_job",
    "run_uv_job",
    "rerun_job",
    "create_scheduled_job",
    "create_scheduled_uv_job",
    "trigger_scheduled_job",
}
"""What of huggingface_hub makes jobs."""


def test_jobs_are_started_in_one_place():
    """Budget, cap and memory hold in `api.submit`; what goes past it would be held by none of them."""

    def calls(name: str) -> set[str]:
        found = (node.func for node in ast.walk(parse(MODULES[name])) if isinstance(node, ast.Call))
        return {ast.unparse(call) for call in found if isinstance(call, ast.Attribute)}

    for name in CORE:
        made = calls(name)
        if top(name) != "hub":
            assert not {call for call in made if call.rpartition(".")[2] in STARTS}, name
            assert not {call for call in made if call.endswith(("client.rerun", "scheduled.trigger"))}, name
        if name != "api.submit":
            assert not {call for call in made if call.endswith(("client.submit", "scheduled.submit"))}, name


def test_no_circle_inside_a_folder():
    graph = {name: {item.target for item in imports(name) if item.own and item.how == "top"} for name in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_pure_layers_import_the_standard_library_and_themselves():
    for name in CORE:
        if top(name) in PURE:
            outside = {item.target for item in imports(name) if not item.own and item.how != "type"}
            libraries = PURE_LIBRARIES | (VALUE_LIBRARIES if top(name) == "values" else set())
            assert outside - set(sys.stdlib_module_names) <= libraries, name
            used = {item.target for item in imports(name) if item.own and item.how != "type"}
            assert {top(target) for target in used} <= PURE, name


@pytest.mark.parametrize("library", OWNERS)
def test_each_outside_library_has_its_owners(library: str):
    users = {
        top(name) for name in CORE if any(not i.own and i.target == library and i.how != "type" for i in imports(name))
    }
    assert users == OWNERS[library]


IRREGULAR = {
    "told",
    "kept",
    "found",
    "known",
    "shown",
    "seen",
    "gone",
    "sent",
    "drawn",
    "written",
    "left",
    "held",
    "made",
    "given",
    "lost",
    "ran",
    "taken",
}
ADJECTIVES = {"free", "quiet", "live", "stale", "several", "unattended", "foremost", "newest", "same", "own"}
VERBS_IN_ED = {"feed", "need", "embed", "seed", "speed", "proceed"}


def functions(path: Path) -> list[str]:
    """Names of functions and methods; a property is read as a noun or an adjective, and may be one."""
    return [
        node.name
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]


NOUNS_IN_ED = {"scheduled", "named"}
"""What the Hub runs on a schedule, a noun in `hf jobs scheduled`; the named tuple."""


def is_past(word: str) -> bool:
    """Whether a word is a participle."""
    return word in IRREGULAR or (word.isalpha() and word.endswith("ed") and word not in VERBS_IN_ED | NOUNS_IN_ED)


def test_modules_are_named_by_nouns():
    words = [(name, name.rpartition(".")[2].strip("_")) for name in MODULES]
    assert [name for name, word in words if is_past(word) or word in ADJECTIVES] == []


def test_functions_are_named_by_verbs():
    """By no participle, alone or before a noun, and by no adjective: neither says what is done or asked."""
    words = [(name, word, word.strip("_").split("_")) for name in MODULES for word in functions(MODULES[name])]
    assert [(name, word) for name, word, parts in words if is_past(parts[0])] == []
    assert [(name, word) for name, word, parts in words if len(parts) == 1 and parts[0] in ADJECTIVES] == []


def test_errors_import_nothing():
    assert {item.target for item in imports("errors") if item.how != "type"} <= {
        "__future__",
        "contextlib",
        "logging",
        "traceback",
        "typing",
    }


def test_few_modules_lie_flat():
    assert len(list(PACKAGE.glob("*.py"))) <= MAX_FLAT_MODULES


def test_no_file_holds_a_second_idea():
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}
