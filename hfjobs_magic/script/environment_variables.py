"""Variables of the environment without which a script fails: it reads them, or a library does for a call."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from hfjobs_magic.script.syntax.command_names import is_shell
from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hfjobs_magic.script.packages.imports import Import

KEYS: dict[tuple[str, str], str] = {
    **dict.fromkeys((("wandb", "init"), ("wandb", "login")), "WANDB_API_KEY"),
    **dict.fromkeys((("comet_ml", "Experiment"), ("comet_ml", "start"), ("comet_ml", "login")), "COMET_API_KEY"),
    ("neptune", "init_run"): "NEPTUNE_API_TOKEN",
    **dict.fromkeys((("openai", "OpenAI"), ("openai", "AsyncOpenAI")), "OPENAI_API_KEY"),
    **dict.fromkeys((("langchain_openai", "ChatOpenAI"), ("langchain_openai", "OpenAIEmbeddings")), "OPENAI_API_KEY"),
    **dict.fromkeys((("anthropic", "Anthropic"), ("anthropic", "AsyncAnthropic")), "ANTHROPIC_API_KEY"),
    ("langchain_anthropic", "ChatAnthropic"): "ANTHROPIC_API_KEY",
    **dict.fromkeys((("groq", "Groq"), ("groq", "AsyncGroq")), "GROQ_API_KEY"),
    **dict.fromkeys((("lightning", "WandbLogger"), ("pytorch_lightning", "WandbLogger")), "WANDB_API_KEY"),
    **dict.fromkeys((("lightning", "CometLogger"), ("pytorch_lightning", "CometLogger")), "COMET_API_KEY"),
    **dict.fromkeys((("lightning", "NeptuneLogger"), ("pytorch_lightning", "NeptuneLogger")), "NEPTUNE_API_TOKEN"),
}
"""By package and call: what it raises for where nobody can be asked for a key (the error each has for that)."""

_REPORTS = {"wandb": "WANDB_API_KEY", "comet_ml": "COMET_API_KEY", "neptune": "NEPTUNE_API_TOKEN"}
"""Values of ``report_to`` of transformers and what builds on it."""

_GIVEN = re.compile(r".*(?:key|token|url|endpoint|mode|offline|client|provider)|anonymous|settings", re.IGNORECASE)
"""Keyword arguments that may give the key, lead elsewhere or need none."""

OWN = frozenset({
    "HOME", "PATH", "PWD", "HOSTNAME", "LANG", "TMPDIR", "SHLVL", "VIRTUAL_ENV", "UV", "PYTHON_VERSION", "JOB_ID",
    "ACCELERATOR", "CPU_CORES", "MEMORY", "MPLBACKEND", "NVIDIA_VISIBLE_DEVICES", "CUDA_VISIBLE_DEVICES",
})  # fmt: skip
"""What a job, its container or uv set."""

LAUNCHER = {
    **dict.fromkeys(("RANK", "LOCAL_RANK", "GROUP_RANK", "NODE_RANK"), "0"),
    **dict.fromkeys(("WORLD_SIZE", "LOCAL_WORLD_SIZE"), "1"),
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "29500",
}
"""What torchrun sets, and what it would be for a single process (pytorch.org, "torchrun", environment variables)."""

_LOADERS = frozenset({"load_dotenv", "dotenv_values", "read_dotenv"})
_ERRORS = frozenset({"KeyError", "LookupError", "Exception", "BaseException", ""})


@dataclass(frozen=True)
class Variable:
    """A variable that has to be there."""

    name: str
    """Of the variable."""
    line: int
    """Line of the script."""
    use: str = ""
    """The call that takes it, as a reader knows it; empty where the script reads it itself."""


def find_variables(tree: ast.Module, imports: Sequence[Import]) -> tuple[Variable, ...]:
    """Return what a script needs of its environment, each variable once, in order of lines.

    What the script may set itself, asks for first or can do without is none of it: a name that it mentions in any other
    way, one of a service whose variables it mentions, and all of a script that loads them from a file.
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if any(name_of(call.func) in _LOADERS for call in calls):
        return ()
    reads = {id(node.slice): node for node in _list_untried(tree) if isinstance(node, ast.Subscript) and _is_read(node)}
    other = {text_of(node) for node in ast.walk(tree) if id(node) not in reads} | set(_find_magics(calls))
    # openai.api_key = …
    other |= {f"{name_of(node.value).upper()}_API_KEY" for node in ast.walk(tree) if _is_key_set(node)}
    other |= {word.arg for call in calls for word in call.keywords if word.arg and name_of(call.func) == "update"}
    found = [Variable(text_of(node.slice), node.lineno) for node in reads.values()]
    # One of a launcher's that is asked for tells whether there is a launcher: ``if "RANK" in os.environ``.
    launched = LAUNCHER.keys() if LAUNCHER.keys() & other & set(_list_asked(tree)) else frozenset()
    found = [item for item in found if item.name not in {*other, *OWN, *launched}]
    found += [item for item in _of_calls(calls, imports) if not _is_served(item.name, other)]
    first: dict[str, Variable] = {}
    for item in sorted(found, key=lambda item: item.line):
        first.setdefault(item.name, item)
    return tuple(first.values())


def _list_asked(tree: ast.AST) -> Iterator[str]:
    """Yield names that are asked for: ``os.environ.get("X")``, ``os.getenv("X")``, ``"X" in os.environ``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in {"get", "getenv"} and node.args:
            yield text_of(node.args[0])
        elif isinstance(node, ast.Compare) and any(name_of(item) == "environ" for item in node.comparators):
            yield text_of(node.left)


def is_given(name: str, given: Collection[str], use: str = "") -> bool:
    """Whether a job's variables have one, or one of the same service where a call wants it (``WANDB_MODE``)."""
    return name in given or (bool(use) and _is_served(name, given))


def _is_served(name: str, names: Collection[str]) -> bool:
    service = name.partition("_")[0] + "_"
    return any(item.startswith(service) for item in names)


def _is_key_set(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr == "api_key"


def _is_read(node: ast.Subscript) -> bool:
    """Whether it is ``os.environ["X"]`` that is read."""
    return isinstance(node.ctx, ast.Load) and name_of(node.value) == "environ" and bool(text_of(node.slice))


def _list_untried(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is not tried with a way out for a name that is not there."""
    yield node
    if isinstance(node, ast.Try) and any(map(_catches_missing, node.handlers)):
        rest: list[ast.AST] = [*node.handlers, *node.orelse, *node.finalbody]
    elif isinstance(node, (ast.With, ast.AsyncWith)) and any(_suppresses(item.context_expr) for item in node.items):
        rest = []
    else:
        rest = list(ast.iter_child_nodes(node))
    for child in rest:
        yield from _list_untried(child)


def _catches_missing(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name_of(kind) in _ERRORS for kind in kinds)


def _suppresses(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) in {"suppress", "raises"}


def _find_magics(calls: Sequence[ast.Call]) -> Iterator[str]:
    """Yield names of ``%env NAME=value`` and ``%set_env NAME value``."""
    for call in calls:
        words = [text_of(item) for item in call.args]
        if isinstance(call.func, ast.Attribute) and is_shell(call.func.value) and words[:1] in (["env"], ["set_env"]):
            yield re.split(r"[=\s]", words[-1].strip())[0]


def _of_calls(calls: Sequence[ast.Call], imports: Sequence[Import]) -> list[Variable]:
    """Return the keys that calls take; none that one of them is given."""
    found = [item for call in calls for item in (*_of_name(call, imports), *_of_reports(call, imports))]
    given = {item.name for item in found if not item.use}
    return [item for item in found if item.name not in given]


def _of_name(call: ast.Call, imports: Sequence[Import]) -> Iterator[Variable]:
    """Yield the key that a call takes; without a use where it has it already."""
    name, owner = name_of(call.func), name_of(getattr(call.func, "value", None))
    for item in imports:
        key = KEYS.get((item.top, name))
        # `init` is everybody's: of a module it needs the module's name before it.
        if key and (name[:1].isupper() or owner in {item.top, _SHORT.get(item.top)}):
            shown = f"{owner}.{name}()" if owner else f"{name}()"
            yield Variable(key, call.lineno, "" if _gives_key(call, name) else shown)
            return


def _of_reports(call: ast.Call, imports: Sequence[Import]) -> Iterator[Variable]:
    if {item.top for item in imports} & {"transformers", "trl", "sentence_transformers"}:
        for word in call.keywords:
            texts = map(text_of, word.value.elts if isinstance(word.value, ast.List) else [word.value])
            services = [text for text in texts if word.arg == "report_to" and text in _REPORTS]
            yield from (Variable(_REPORTS[text], call.lineno, f'report_to="{text}"') for text in services)


_SHORT = {"wandb": "wb", "comet_ml": "comet"}
"""Names that people give a module."""


def _gives_key(call: ast.Call, name: str) -> bool:
    first_is_key = bool(call.args) and name in {"login", "Experiment"}
    return first_is_key or any(word.arg is None or _GIVEN.fullmatch(word.arg) for word in call.keywords)
