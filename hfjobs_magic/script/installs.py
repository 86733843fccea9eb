"""Lines of a cell that install packages: they are installed before the job begins, or are answered."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from hfjobs_magic.errors import CellError
from hfjobs_magic.script.command_names import is_shell
from hfjobs_magic.script.ipython_syntax import packages_of
from hfjobs_magic.script.requirements import InferredRequirement

_PIP = re.compile(
    r"\s*(?:sudo\s+)?(?:(?:\S*python[\d.]*|\{sys\.executable\}|\$sys\.executable)\s+-m\s+)?"
    r"(?P<tool>uv\s+pip|pip[\d.]*|uv|conda|mamba|micromamba)\s+(?P<options>(?:-\S+\s+)*)"
    r"(?P<verb>install|add|uninstall|remove)\b(?P<rest>.*)",
    re.DOTALL,
)

_COMMANDS = frozenset({"system", "getoutput", "system_piped", "system_raw"})


@dataclass(frozen=True)
class Installs:
    """What the lines of a cell install."""

    requirements: tuple[InferredRequirement, ...] = ()
    """What ``pip install`` lines name; their source is "pip"."""
    notes: tuple[str, ...] = ()
    """Sentences on lines that will not do what they say."""


def find_installs(tree: ast.Module) -> Installs:
    """Find them in a cell that `to_python` has translated.

    Raises
    ------
    CellError
        For a line that would do nothing or fail in the job, with the way to do it.
    """
    found: list[InferredRequirement] = []
    notes: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            command = _command(node)
            if command is not None:
                found += _read_install(command, node.lineno)
            elif _runs_pip(node):
                notes.append(
                    f"Line {node.lineno} runs pip, which the job's environment does not have; "
                    "name the packages with --with."
                )
    return Installs(tuple(sorted(found, key=lambda item: item.line)), tuple(notes))


def _command(node: ast.Call) -> str | None:
    """Text of ``get_ipython().system("…")`` and of ``%pip …``."""
    if not isinstance(node.func, ast.Attribute) or not is_shell(node.func.value):
        return None
    words = [item.value for item in node.args if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if node.func.attr in _COMMANDS and words:
        return words[0]
    if node.func.attr == "run_line_magic" and words and words[0] in {"pip", "conda", "mamba", "micromamba", "uv"}:
        return " ".join(words)
    return None


def _read_install(command: str, line: int) -> list[InferredRequirement]:
    found = _PIP.match(command)
    if found is None:
        return []
    tool = found["tool"].split()[-1]
    if found["verb"] in {"uninstall", "remove"}:
        raise CellError(
            f"Line {line}: the job's environment is made anew, so there is nothing to {found['verb']}. "
            "Delete the line. Nothing was submitted."
        )
    if tool in {"conda", "mamba", "micromamba"}:
        raise CellError(
            f"Line {line}: the job has no {tool}. Delete the line and name the package, as PyPI calls it, with --with. "
            "Nothing was submitted."
        )
    packages = packages_of(f"{found['options']} {found['rest']}", line)
    return [InferredRequirement(item, command.strip(), line, "pip") for item in packages]


def _runs_pip(node: ast.Call) -> bool:
    """Whether it is ``subprocess.run([…, "-m", "pip", "install", …])`` or ``os.system("pip install …")``."""
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name not in {"run", "call", "check_call", "check_output", "Popen", "system", "popen"} or not node.args:
        return False
    first = node.args[0]
    if isinstance(first, (ast.List, ast.Tuple)):
        words = [item.value for item in first.elts if isinstance(item, ast.Constant)]
        return "pip" in words and "install" in words
    text = first.value if isinstance(first, ast.Constant) else None
    return isinstance(text, str) and bool(re.match(r"\s*(?:\S*python[\d.]*\s+-m\s+)?pip[\d.]*\s+install\b", text))
