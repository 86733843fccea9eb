"""Lines of a cell that install packages: they are installed before the job begins, or are answered."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from hfjobs_magic.script.packages.install_lines import read_installs
from hfjobs_magic.script.packages.pip_commands import find_pip_commands
from hfjobs_magic.script.packages.requirements import InferredRequirement, names_of
from hfjobs_magic.script.syntax.branches import find_host, list_branches
from hfjobs_magic.script.syntax.command_names import is_shell
from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.nodes import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMANDS = frozenset({"system", "getoutput", "system_piped", "system_raw"})

_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_SHELLS = frozenset({"sx", "system"})
_TIMERS = frozenset({"time", "capture"})
"""Magics whose line is Python or a magic, ``%time !pip install rich``."""


@dataclass(frozen=True)
class Installs:
    """What the lines of a cell install."""

    requirements: tuple[InferredRequirement, ...] = ()
    """What ``pip install`` lines name; their source is "pip"."""
    notes: tuple[str, ...] = ()
    """Sentences on lines that will not do what they say."""
    processes: tuple[tuple[int, frozenset[str]], ...] = ()
    """Lines that run pip in a process of its own, with the words behind ``install``."""
    failing: frozenset[int] = frozenset()
    """Those of them that are run in any case, and fail the cell where pip fails."""

    def describe_processes(self, named: Sequence[str]) -> list[str]:
        """Say that a job has no pip, unless it gets pip, or the packages and nothing that fails without pip."""
        given = {canonicalize_name(name) for name in names_of(named)}
        for line, words in self.processes:
            wanted = {canonicalize_name(name) for name in names_of([word for word in words if word[:1] != "-"])}
            if "pip" in given or (wanted <= given and line not in self.failing):
                continue
            way = "name the packages with --with"
            if wanted <= given:
                way = "what it installs is there without it. Delete the line, or add --with pip"
            return [f"Line {line} runs pip, which the job's environment does not have; {way}."]
        return []


def find_installs(tree: ast.Module) -> Installs:
    """Find them in a cell that `to_python` has translated, where a job can come to them.

    Raises
    ------
    CellError
        For a line that would do nothing or fail in the job, with the way to do it.
    """
    found: list[InferredRequirement] = []
    notes: list[str] = []
    asked: list[tuple[int, frozenset[str]]] = []
    for node in _walk(tree):
        if isinstance(node, ast.Call):
            command = _command(node)
            if command is not None:
                read = read_installs(command, node.lineno)
                found += [InferredRequirement(item, command.strip(), node.lineno, "pip") for item in read.requirements]
                notes += [*read.notes, *_describe_download(command, node.lineno)]
            elif (packages := _packages_of_process(node)) is not None:
                asked.append((node.lineno, packages))
    first: dict[str, InferredRequirement] = {}
    for item in sorted(found, key=lambda item: item.line):
        first.setdefault(item.requirement, item)
    return Installs(tuple(first.values()), tuple(notes), tuple(asked), frozenset(_find_checked(tree)))


def _find_checked(tree: ast.Module) -> Iterator[int]:
    """Find lines with calls, outside of every block, that raise where the process fails."""
    for statement in tree.body:
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            checks = any(item.arg == "check" and getattr(item.value, "value", None) is True for item in call.keywords)
            if checks or name in {"check_call", "check_output"}:
                yield call.lineno


def find_shell_installs(text: str) -> tuple[tuple[int, frozenset[str]], ...]:
    """Find ``pip install`` in a cell of ``%%bash``: lines, with the words behind ``install``."""
    lines = split_lines(text)
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    if not re.match(r"%%(?:bash|sh|script)\b", lines[first] if first < len(lines) else ""):
        return ()
    return tuple((at, words) for at, line in enumerate(lines, 1) if at > first + 1 for words in _words_of(line))


def _words_of(line: str) -> list[frozenset[str]]:
    try:
        commands, _ = find_pip_commands(line)
    except ValueError:  # quotes that go on in the next line
        return []
    return [frozenset(item.words) for item in commands if item.tool == "pip" and item.verb == "install"]


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a job may come to, in order: not what is for Colab only."""
    yield node
    for child in list_branches(node) if isinstance(node, ast.If) else _children(node):
        yield from _walk(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.Try) and isinstance(child, (ast.Import, ast.ImportFrom)) and _is_of_host(child):
            # What follows in this block needs Colab, too.
            yield from (*node.handlers, *node.finalbody)
            return
        yield child


def _is_of_host(node: ast.Import | ast.ImportFrom) -> bool:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return any(find_host(name) for name in names)


def _command(node: ast.Call) -> str | None:
    """Text of ``get_ipython().system("…")`` and of ``%pip …``."""
    if not isinstance(node.func, ast.Attribute) or not is_shell(node.func.value):
        return None
    words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if node.func.attr in _COMMANDS and words:
        return words[0]
    if node.func.attr == "run_line_magic" and words:
        if words[0] in _INSTALLERS:
            return " ".join(words)
        text = words[1].strip() if len(words) > 1 else ""
        if words[0] in _SHELLS or (words[0] in _TIMERS and text.startswith("!")):
            return text.lstrip("!")
    return None


_DOWNLOAD = re.compile(r"\s*(?:\S*python[\d.]*|\{sys\.executable\})\s+-m\s+(spacy\s+download)\b")


def _describe_download(command: str, line: int) -> list[str]:
    """Say what ``python -m spacy download`` needs: it starts pip."""
    return [f"Line {line} runs spacy download, which needs pip. Add --with pip."] if _DOWNLOAD.match(command) else []


def _packages_of_process(node: ast.Call) -> frozenset[str] | None:
    """Return what ``subprocess.run([…, "-m", "pip", "install", …])`` or ``os.system("pip install …")`` installs.

    None for every other call.
    """
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in {"run", "call", "check_call", "check_output", "Popen", "system", "popen"} or not node.args:
        return None
    first = node.args[0]
    if isinstance(first, (ast.List, ast.Tuple)):
        words = [str(item.value) for item in first.elts if isinstance(item, ast.Constant)]
        is_install = "pip" in words and "install" in words
        return frozenset(words[words.index("install") + 1 :]) if is_install else None
    text = _command_text(first)
    if text and re.match(r"\s*(?:\S*python[\d.]*\s+-m\s+)?pip[\d.]*\s+install\b", text):
        return frozenset(text.partition("install")[2].split())
    return None


def _command_text(node: ast.expr) -> str:
    """Return the command that a text is, or that is split from one; empty for anything else.

    What an f-string puts in stands as an option, which names no package.
    """
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "split":
        # "pip install rich".split(), shlex.split("pip install rich")
        texts = [getattr(node.func, "value", node.func), *node.args]
        return next((text for text in map(_command_text, texts) if " " in text), "")
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_command_text, node.values))
    if isinstance(node, ast.FormattedValue):
        return "python" if ast.unparse(node.value) == "sys.executable" else "-"
    return text_of(node)
