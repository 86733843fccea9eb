"""How much of a GPU a script wants, as far as its text says it: how many, how much memory, how new."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfjobs_magic.script.packages.programs import Program

_COUNTS = {
    "torchrun": ("--nproc_per_node", "--nproc-per-node"),
    "accelerate": ("--num_processes", "--num-processes"),
    "deepspeed": ("--num_gpus",),
    "vllm": ("--tensor-parallel-size", "-tp"),
}
"""Options of programs that say how many GPUs of a machine they use."""

_BYTES = 2
"""Of a weight, in bfloat16 or float16, in which models are published; loaded in float32 they take twice that."""

_SHARED = 0.8
"""Of a mixture of experts, 8x22B: what its experts do not share (Mixtral 8x22B has 141 billion, 8x7B 47)."""

_SIZE = re.compile(r"(?<![A-Za-z0-9.])(?:(\d+)x)?(\d+(?:\.\d+)?)b(?![A-Za-z0-9])", re.IGNORECASE)
_SMALLER = re.compile(
    r"awq|gptq|gguf|ggml|exl\d|[2348]-?bit|int[48]|w[48]a|fp[48]|nf4|mxfp|bnb|quant|gpt-oss|lora|adapter", re.IGNORECASE
)
"""In the name of a model whose weights take less than two bytes each, or that is a part of another."""

_SMALLER_WORDS = frozenset({"load_in_4bit", "load_in_8bit", "quantization_config", "quantization", "gguf_file"})
_OWNERS = re.compile(r"Auto(?:Model\w*)|\w+For\w+|\w+Pipeline|\w+Model")
_OTHER_OWNERS = re.compile(r"Peft\w*|AutoPeft\w*|Fast\w*Model|\w*(?:Tokenizer|Processor|Config)\w*")
"""Adapters are named after their model, and unsloth's loaders take four bits a weight by themselves."""


@dataclass(frozen=True)
class GpuWant:
    """What one line asks for."""

    said: str
    """As a reader knows it: an argument, or the name of a model."""
    line: int
    """Line of the script."""
    gpus: int = 0
    """GPUs; 0 where it does not say."""
    weights_gb: float = 0.0
    """Memory that the weights of a model take at least, in GB, by its name; 0 where it loads none."""
    ampere: bool = False
    """Whether it needs a GPU of NVIDIA's Ampere generation, or a newer one."""


def find_gpu_wants(tree: ast.AST, programs: Sequence[Program] = ()) -> tuple[GpuWant, ...]:
    """Return them in order of lines.

    Parameters
    ----------
    programs
        That it starts.
    """
    found = [want for item in programs for want in _find_processes(item)]
    nodes = list(ast.walk(tree))
    texts = {
        target.id: text_of(node.value)
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call):
            found += _find_arguments(node)
            found += _find_model(node, texts)
    return tuple(sorted(found, key=lambda want: want.line))


def _find_processes(program: Program) -> Iterator[GpuWant]:
    options = _COUNTS.get(program.name, ())
    if "--cpu" in program.words:
        return
    for word, after in pairwise((*program.words, "")):
        option, equals, value = word.partition("=")
        number = value if equals else after
        if option in options and number.isdecimal():
            yield GpuWant(f"{option} {number}", program.line, gpus=int(number))


def _find_arguments(call: ast.Call) -> Iterator[GpuWant]:
    words = {word.arg: word.value for word in call.keywords}
    count = getattr(words.get("tensor_parallel_size"), "value", 0)
    if isinstance(count, int) and count > 1:
        yield GpuWant(f"tensor_parallel_size={count}", call.lineno, gpus=count)
    devices = getattr(words.get("devices"), "value", 0)
    if isinstance(devices, int) and devices > 1 and text_of(words.get("accelerator")) in {"gpu", "cuda"}:
        yield GpuWant(f"devices={devices}", call.lineno, gpus=devices)
    if text_of(words.get("attn_implementation")) == "flash_attention_2":
        yield GpuWant('attn_implementation="flash_attention_2"', call.lineno, ampere=True)


def _find_model(call: ast.Call, texts: dict[str, str]) -> Iterator[GpuWant]:
    name, owner = name_of(call.func), name_of(getattr(call.func, "value", None))
    loads = name in {"LLM", "pipeline"} or (
        name == "from_pretrained" and _OWNERS.fullmatch(owner) and not _OTHER_OWNERS.fullmatch(owner)
    )
    words = {word.arg: word.value for word in call.keywords}
    if not loads or _SMALLER_WORDS & words.keys():
        return
    named = [*call.args, *(words[key] for key in ("model", "pretrained_model_name_or_path") if key in words)]
    for item in named:
        model = text_of(item) or (texts.get(item.id, "") if isinstance(item, ast.Name) else "")
        size = _SIZE.search(model.rpartition("/")[2])
        if size and re.match(r"[\w-]+/", model) and not _SMALLER.search(model):
            billions = float(size[2]) * (int(size[1]) * _SHARED if size[1] else 1)
            yield GpuWant(model, call.lineno, weights_gb=billions * _BYTES)
            return
