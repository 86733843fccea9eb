"""Arguments that the newest version of a library takes no more: a job installs that, and fails once the model is there.

Read from the signatures in the wheels of transformers 5.24, trl 1.16 and datasets 5.2.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfjobs_magic.script.syntax.nodes import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRAINING = {
    "evaluation_strategy": "eval_strategy",
    "group_by_length": "train_sampling_strategy",
    "include_inputs_for_metrics": "include_for_metrics",
    "no_cuda": "use_cpu",
    "per_gpu_eval_batch_size": "per_device_eval_batch_size",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "push_to_hub_model_id": "hub_model_id",
    "push_to_hub_token": "hub_token",
    "warmup_ratio": "warmup_steps",
    **dict.fromkeys(("fp16_backend", "fp16_opt_level", "half_precision_backend", "jit_mode_eval", "logging_dir"), ""),
    **dict.fromkeys(("overwrite_output_dir", "save_safetensors", "use_mps_device"), ""),
}
"""Of ``TrainingArguments``, and what took its place; empty where nothing did."""

_TOKENIZER = {"tokenizer": "processing_class"}

_MOVED = ("dataset_num_proc", "dataset_text_field", "packing")
_OF_SFT = {**{name: f"SFTConfig({name}=…)" for name in _MOVED}, "max_seq_length": "SFTConfig(max_length=…)"}
_OF_DPO = {name: f"DPOConfig({name}=…)" for name in ("beta", "loss_type", "max_length")}

_DROPPED: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    **dict.fromkeys(("TrainingArguments", "Seq2SeqTrainingArguments"), (("transformers", _TRAINING),)),
    **dict.fromkeys(("Trainer", "Seq2SeqTrainer"), (("transformers", _TOKENIZER),)),
    "SFTConfig": (("transformers", _TRAINING), ("trl", {"max_seq_length": "max_length"})),
    **dict.fromkeys(("DPOConfig", "GRPOConfig", "RewardConfig"), (("transformers", _TRAINING),)),
    "SFTTrainer": (("trl", {**_TOKENIZER, **_OF_SFT}),),
    "DPOTrainer": (("trl", {**_TOKENIZER, **_OF_DPO}),),
    **dict.fromkeys(("GRPOTrainer", "RewardTrainer"), (("trl", _TOKENIZER),)),
    "load_dataset": (("datasets", {"trust_remote_code": ""}),),
}
"""Package and arguments by function; those of trl's configurations are transformers' arguments, too."""

_PACKAGES = frozenset({"transformers", "trl", "datasets"})


@dataclass(frozen=True)
class DroppedArgument:
    """An argument that is written and not taken."""

    call: str
    """Function, with the argument: ``TrainingArguments(evaluation_strategy=…)``."""
    package: str
    """Whose newest version does not take it."""
    line: int
    """Line of the script."""
    instead: str = ""
    """What to write; empty where there is nothing for it."""


def find_dropped_arguments(tree: ast.AST) -> tuple[DroppedArgument, ...]:
    """Return them in order of lines; none of trl where unsloth is, which takes them for it."""
    nodes = list(ast.walk(tree))
    functions: dict[str, str] = {}
    modules: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in _PACKAGES:
            functions |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in _PACKAGES}
    has_unsloth = any(
        isinstance(node, (ast.Import, ast.ImportFrom)) and "unsloth" in ast.dump(node).lower() for node in nodes
    )
    found = [
        item
        for node in nodes
        if isinstance(node, ast.Call)
        for item in _find(node, functions, modules)
        if not (has_unsloth and item.package == "trl")
    ]
    return tuple(sorted(found, key=lambda item: item.line))


def _find(call: ast.Call, functions: dict[str, str], modules: set[str]) -> Iterator[DroppedArgument]:
    if isinstance(call.func, ast.Name):
        name = functions.get(call.func.id, "")
    else:
        name = name_of(call.func) if name_of(getattr(call.func, "value", None)) in modules else ""
    for package, arguments in _DROPPED.get(name, ()):
        for word in call.keywords:
            off = isinstance(word.value, ast.Constant) and word.value.value is False and name == "load_dataset"
            if word.arg in arguments and not off:
                yield DroppedArgument(f"{name}({word.arg}=…)", package, word.value.lineno, arguments[word.arg])
