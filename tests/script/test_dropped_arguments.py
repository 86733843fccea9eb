"""Arguments of older versions, as they stand in notebooks; each was somebody's TypeError on a GPU that was paid for.

Of public reports: transformers issue 7974, course issues 974 and 987, llm-book 56, HandsOnLLM 32, NVIDIA's
workbench-example-llama3-finetune 1, lm-evaluation-harness 3171, llm_engineering 652.
"""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.dropped_arguments import find_dropped_arguments

TRANSFORMERS = "from transformers import Seq2SeqTrainingArguments, Trainer, TrainingArguments as Args\n"
TRL = "from trl import DPOTrainer, GRPOConfig, SFTConfig, SFTTrainer\n"


def found(source: str) -> list[tuple[str, str, str]]:
    return [(item.call, item.package, item.instead) for item in find_dropped_arguments(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            TRANSFORMERS + "Args('out', evaluation_strategy='epoch')",
            ("TrainingArguments(evaluation_strategy=…)", "transformers", "eval_strategy"),
        ),
        (
            TRANSFORMERS + "Seq2SeqTrainingArguments('out', warmup_ratio=0.1)",
            ("Seq2SeqTrainingArguments(warmup_ratio=…)", "transformers", "warmup_steps"),
        ),
        (
            TRANSFORMERS + "Args('out', overwrite_output_dir=True)",
            ("TrainingArguments(overwrite_output_dir=…)", "transformers", ""),
        ),
        (
            "import transformers\ntransformers.Trainer(model, tokenizer=tokenizer)",
            ("Trainer(tokenizer=…)", "transformers", "processing_class"),
        ),
        (
            "import transformers as tf\ntf.TrainingArguments(no_cuda=True)",
            ("TrainingArguments(no_cuda=…)", "transformers", "use_cpu"),
        ),
        (
            TRL + "SFTTrainer(model=m, dataset_text_field='text')",
            ("SFTTrainer(dataset_text_field=…)", "trl", "SFTConfig(dataset_text_field=…)"),
        ),
        (
            TRL + "SFTTrainer(model=m, max_seq_length=512)",
            ("SFTTrainer(max_seq_length=…)", "trl", "SFTConfig(max_length=…)"),
        ),
        (TRL + "SFTConfig(max_seq_length=512)", ("SFTConfig(max_seq_length=…)", "trl", "max_length")),
        (
            TRL + "GRPOConfig(evaluation_strategy='steps')",
            ("GRPOConfig(evaluation_strategy=…)", "transformers", "eval_strategy"),
        ),
        (TRL + "DPOTrainer(m, beta=0.1)", ("DPOTrainer(beta=…)", "trl", "DPOConfig(beta=…)")),
        (
            "from datasets import load_dataset\nload_dataset('a/b', trust_remote_code=True)",
            ("load_dataset(trust_remote_code=…)", "datasets", ""),
        ),
    ],
)
def test_an_argument_that_is_no_longer_taken_is_found(source: str, expected: tuple[str, str, str]):
    assert found(source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        TRANSFORMERS + "Args('out', eval_strategy='epoch', warmup_steps=0.1)",
        TRANSFORMERS + "Trainer(model, processing_class=tokenizer)",
        "def TrainingArguments(**given): ...\nTrainingArguments(evaluation_strategy='epoch')",
        "from mine import Trainer\nTrainer(tokenizer=t)",
        "from unsloth import FastLanguageModel\n" + TRL + "SFTTrainer(model=m, tokenizer=t, max_seq_length=512)",
        "from datasets import load_dataset\nload_dataset('a/b', trust_remote_code=False)",
        "from transformers import AutoModel\nAutoModel.from_pretrained('a/b', trust_remote_code=True)",
        TRL + "SFTConfig(dataset_text_field='text', packing=True, max_length=512)",
    ],
)
def test_what_is_taken_or_is_somebody_elses_is_not(source: str):
    assert found(source) == []
