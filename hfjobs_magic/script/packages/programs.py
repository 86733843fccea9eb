"""Programs that a script starts: ``!accelerate launch``, ``subprocess.run(["hf", …])``."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.command_names import is_shell
from hfjobs_magic.script.syntax.lines import split_lines
from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = {
    **{name: name for name in ("accelerate", "axolotl", "deepspeed", "dvc", "gdown", "kaggle", "mlflow", "pytest")},
    **{name: name for name in ("ray", "spacy", "streamlit", "tensorboard", "trl", "vllm", "wandb", "yt-dlp")},
    **dict.fromkeys(("hf", "huggingface-cli"), "huggingface_hub"),
    "torchrun": "torch",
    "autotrain": "autotrain-advanced",
    "litgpt": "litgpt",
    "llamafactory-cli": "llamafactory",
    "lm_eval": "lm-eval",
    "optimum-cli": "optimum",
    "tune": "torchtune",
    "yolo": "ultralytics",
}
"""Programs, and the packages that bring them (``console_scripts`` of their wheels)."""

_MODULES = {"torch.distributed": "torch", "accelerate.commands": "accelerate", "spacy": "spacy", "nltk": "nltk"}
"""What ``python -m`` runs, and its package."""

_STARTERS = frozenset({"run", "Popen", "call", "check_call", "check_output"})
_SETTING = re.compile(r"\w+=\S*")
_SEPARATORS = re.compile(r"&&|\|\||[;|\n]")


@dataclass(frozen=True)
class Program:
    """A program that is started."""

    name: str
    """As it is written."""
    line: int
    """Line of the script."""
    words: tuple[str, ...] = ()
    """What follows it."""

    @property
    def command(self) -> str:
        """Its name, with the module that ``python -m`` runs."""
        return " ".join((self.name, *self.words[:2])) if self.words[:1] == ("-m",) else self.name

    @property
    def package(self) -> str:
        """The package that brings it; empty where that is not known."""
        if re.fullmatch(r"python[\d.]*", self.name) and self.words[:1] == ("-m",) and len(self.words) > 1:
            module = self.words[1]
            return next((package for start, package in _MODULES.items() if f"{module}.".startswith(f"{start}.")), "")
        return PACKAGES.get(self.name, "")


def find_programs(tree: ast.AST) -> tuple[Program, ...]:
    """Return them in order of lines."""
    found = [program for node in ast.walk(tree) if isinstance(node, ast.Call) for program in _find_started(node)]
    return tuple(sorted(found, key=lambda item: item.line))


def find_shell_programs(text: str) -> tuple[Program, ...]:
    """Return those of a cell of ``%%bash``; none of any other."""
    lines = split_lines(text)
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    if first == len(lines) or not re.match(r"%%(?:bash|sh)\b", lines[first]):
        return ()
    return tuple(found for at, line in enumerate(lines[first + 1 :], first + 2) for found in _read(line, at))


def _find_started(call: ast.Call) -> Iterator[Program]:
    if not isinstance(call.func, ast.Attribute):
        return
    name = call.func.attr
    if is_shell(call.func.value):
        texts = [text_of(item) for item in call.args]
        if name in {"system", "getoutput"} and texts:
            yield from _read(texts[0], call.lineno)
    elif (name in _STARTERS and name_of(call.func.value) == "subprocess") or name_of(call.func.value) == "os":
        first = call.args[0] if call.args else None
        if isinstance(first, (ast.List, ast.Tuple)) and first.elts:
            words = [text_of(item) for item in first.elts]
            yield Program(words[0], call.lineno, tuple(words[1:]))
        elif text_of(first) and (name == "system" or any(word.arg == "shell" for word in call.keywords)):
            yield from _read(text_of(first), call.lineno)


def _read(text: str, line: int) -> Iterator[Program]:
    for command in _SEPARATORS.split(text):
        words = command.split()
        while words and (_SETTING.fullmatch(words[0]) or words[0] in {"sudo", "nohup", "time", "exec"}):
            words = words[1:]
        if words and not words[0].startswith("#"):
            yield Program(words[0], line, tuple(words[1:]))
