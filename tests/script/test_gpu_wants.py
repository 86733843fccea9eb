"""How much of a GPU a script wants, by its text."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.gpu_wants import find_gpu_wants
from hfjobs_magic.script.packages.programs import find_programs
from hfjobs_magic.script.syntax.ipython_cell import to_python


def wants(source: str) -> list[tuple[str, int, float, bool]]:
    tree = ast.parse(to_python(source, 1))
    found = find_gpu_wants(tree, find_programs(tree))
    return [(one.said, one.gpus, round(one.weights_gb, 1), one.ampere) for one in found]


@pytest.mark.parametrize(
    ("source", "gpus"),
    [
        ("!torchrun --nproc_per_node=4 train.py", 4),
        ("!torchrun --nproc-per-node 8 train.py", 8),
        ("!accelerate launch --num_processes 2 train.py", 2),
        ("!deepspeed --num_gpus=4 train.py", 4),
        ("!vllm serve Qwen/Qwen3-4B -tp 2", 2),
        ("llm = LLM('Qwen/Qwen3-4B-AWQ', tensor_parallel_size=4)", 4),
        ("L.Trainer(accelerator='gpu', devices=2)", 2),
    ],
)
def test_a_number_of_gpus(source: str, gpus: int):
    assert [item[1] for item in wants(source)] == [gpus]


@pytest.mark.parametrize(
    ("source", "gb"),
    [
        ("AutoModelForCausalLM.from_pretrained('meta-llama/Llama-2-70b-hf')", 140),
        ("AutoModel.from_pretrained('Qwen/Qwen2.5-72B-Instruct', device_map='auto')", 144),
        ("Qwen2ForCausalLM.from_pretrained('Qwen/Qwen2.5-0.5B')", 1),
        ("LLM(model='Qwen/Qwen3-30B-A3B')", 60),
        ("pipeline('text-generation', 'mistralai/Mixtral-8x22B-v0.1')", 281.6),
        ("name = 'tiiuae/falcon-40b'\nAutoModelForCausalLM.from_pretrained(name)", 80),
        ("transformers.AutoModelForCausalLM.from_pretrained('a/b-1.5B')", 3),
    ],
)
def test_the_weights_of_a_model_by_its_name(source: str, gb: float):
    assert [item[2] for item in wants(source)] == [gb]


@pytest.mark.parametrize(
    "source",
    [
        "AutoTokenizer.from_pretrained('meta-llama/Llama-2-70b-hf')",
        "AutoConfig.from_pretrained('meta-llama/Llama-2-70b-hf')",
        "AutoModelForCausalLM.from_pretrained('TheBloke/Llama-2-70B-AWQ')",
        "AutoModelForCausalLM.from_pretrained('a/Llama-3.1-70B-bnb-4bit')",
        "AutoModelForCausalLM.from_pretrained('openai/gpt-oss-120b')",
        "AutoModelForCausalLM.from_pretrained('a/b-70b', quantization_config=q)",
        "AutoModelForCausalLM.from_pretrained('a/b-70b', load_in_4bit=True)",
        "FastLanguageModel.from_pretrained('unsloth/Llama-3.3-70B')",
        "PeftModel.from_pretrained(model, 'me/llama-70b')",
        "AutoModelForCausalLM.from_pretrained('./llama-70b')",
        "AutoModelForCausalLM.from_pretrained('facebook/opt-350m')",
        "AutoModelForCausalLM.from_pretrained('bigscience/bloom')",
        "load('a/b-70b')",
        "!torchrun train.py --nproc 4",
        "!accelerate launch --cpu --num_processes 4 train.py",
        "L.Trainer(accelerator='cpu', devices=2)",
        "LLM('Qwen/Qwen3-4B-AWQ', tensor_parallel_size=n)",
    ],
)
def test_what_says_nothing_or_takes_less_is_left_alone(source: str):
    assert wants(source) == []


def test_flash_attention_wants_a_newer_gpu():
    found = wants("AutoModel.from_pretrained('a/b', attn_implementation='flash_attention_2')")
    assert found == [('attn_implementation="flash_attention_2"', 0, 0.0, True)]
