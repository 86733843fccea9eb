"""Packages that well-known calls need at run time, though nothing imports them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hfjobs_magic.script.imports import Import


@dataclass(frozen=True)
class Need:
    """A call, and the distribution that it fails without."""

    line: int
    """Line of the script."""
    call: str
    """As a reader knows it."""
    distribution: str
    """What has to be installed."""


_CALLS = {
    "transformers": {
        **dict.fromkeys(
            ("Trainer", "TrainingArguments", "Seq2SeqTrainer", "Seq2SeqTrainingArguments"), ("accelerate",)
        ),
        "BitsAndBytesConfig": ("bitsandbytes",),
        "pipeline": ("torch",),
        **dict.fromkeys(
            ("T5Tokenizer", "LlamaTokenizer", "XLMRobertaTokenizer", "AlbertTokenizer"), ("sentencepiece",)
        ),
        "MarianTokenizer": ("sentencepiece",),
    },
    "pandas": {
        **dict.fromkeys(("read_parquet", "to_parquet", "read_feather", "to_feather", "read_orc"), ("pyarrow",)),
        **dict.fromkeys(("read_excel", "to_excel"), ("openpyxl",)),
        **dict.fromkeys(("read_html", "read_xml"), ("lxml",)),
        **dict.fromkeys(("read_hdf", "to_hdf"), ("tables",)),
        "to_markdown": ("tabulate",),
        "read_spss": ("pyreadstat",),
    },
    "plotly": {"write_image": ("kaleido",)},
    "diffusers": {"enable_model_cpu_offload": ("accelerate",), "enable_sequential_cpu_offload": ("accelerate",)},
}
"""By the package that a script imports and the name of a call; from their documentation: transformers "Trainer",
"Quantization", "Pipelines"; pandas "Installation: Optional dependencies"; plotly "Static image export"."""

_KEYWORDS = {
    "device_map": ("transformers", "accelerate"),
    "load_in_8bit": ("transformers", "bitsandbytes"),
    "load_in_4bit": ("transformers", "bitsandbytes"),
}
"""By keyword argument: the package whose it is, and what it needs (transformers, "Loading big models")."""

_VALUES = {
    ("report_to", "wandb"): "wandb",
    ("report_to", "tensorboard"): "tensorboard",
    ("report_to", "mlflow"): "mlflow",
    ("report_to", "trackio"): "trackio",
    ("attn_implementation", "flash_attention_2"): "flash-attn",
    ("optim", "adamw_bnb_8bit"): "bitsandbytes",
    ("optim", "paged_adamw_8bit"): "bitsandbytes",
    ("optim", "paged_adamw_32bit"): "bitsandbytes",
}
"""By keyword argument and its value, where transformers is imported (its documentation of ``TrainingArguments``)."""

_METRICS = {
    "rouge": "rouge_score",
    "sacrebleu": "sacrebleu",
    "chrf": "sacrebleu",
    "ter": "sacrebleu",
    "wer": "jiwer",
    "cer": "jiwer",
    "seqeval": "seqeval",
    "bertscore": "bert_score",
    "meteor": "nltk",
    **dict.fromkeys(("accuracy", "f1", "precision", "recall", "roc_auc", "matthews_correlation"), "scikit-learn"),
}
"""By the name that ``evaluate.load`` is given (the cards of huggingface.co/evaluate-metric)."""

_MODULES = {"torch.utils.tensorboard": "tensorboard", "plotly.express": "pandas"}
"""By module (PyTorch's documentation of ``torch.utils.tensorboard``; ``plotly.express`` makes a frame of lists and
arrays, with pandas where no other library of frames gave them)."""


def find_needs(tree: ast.AST, imports: Sequence[Import]) -> tuple[Need, ...]:
    """Return what well-known calls of a script need, each distribution once, in order of lines.

    Parameters
    ----------
    tree
        The parsed script.
    imports
        What it imports: a name such as ``to_parquet`` is pandas' only where pandas is.
    """
    tops = {item.top for item in imports}
    found = [Need(item.line, item.module, _MODULES[item.module]) for item in imports if item.module in _MODULES]
    found += _of_keras(tree, imports)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found += _of_call(node, tops)
    first: dict[str, Need] = {}
    for need in sorted(found, key=lambda need: need.line):
        first.setdefault(need.distribution, need)
    return tuple(first.values())


def _of_keras(tree: ast.AST, imports: Sequence[Import]) -> Iterator[Need]:
    """Yield the backend of Keras 3 that no import brings (keras.io, "Configuring your backend")."""
    keras = next((item for item in imports if item.top == "keras" and not item.optional), None)
    texts = [_text(node) for node in ast.walk(tree) if isinstance(node, ast.expr)]
    backend = (
        next((text for text in texts if text in {"jax", "torch"}), "tensorflow") if "KERAS_BACKEND" in texts else ""
    )
    if keras and (backend or "tensorflow") not in {item.top for item in imports}:
        yield Need(keras.line, "keras", backend or "tensorflow")


def _of_call(call: ast.Call, tops: set[str]) -> Iterator[Need]:
    name = str(getattr(call.func, "id", getattr(call.func, "attr", "")))
    for package, calls in _CALLS.items():
        # polars has read_parquet, too, and needs nothing for it.
        if package in tops and name in calls and not (package == "pandas" and "polars" in tops):
            yield from (Need(call.lineno, name, distribution) for distribution in calls[name])
    for word in call.keywords:
        package, distribution = _KEYWORDS.get(word.arg or "", ("", ""))
        if package in tops:
            yield Need(call.lineno, f"{word.arg}=", distribution)
        pair = word.arg or "", _text(word.value)
        if "transformers" in tops and pair in _VALUES:
            yield Need(call.lineno, f'{pair[0]}="{pair[1]}"', _VALUES[pair])
    metric = _text(call.args[0]) if "evaluate" in tops and name == "load" and call.args else ""
    if metric in _METRICS:
        yield Need(call.lineno, f'load("{metric}")', _METRICS[metric])


def _text(node: ast.expr) -> str:
    """Return the value of a string; empty for anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
