"""What a flavor is too small or too old for, said with the cheapest one that is not."""

from __future__ import annotations

import pytest

from hfjobs_magic.api.gpu_limits import describe_gpu_limits
from hfjobs_magic.facts import Hardware
from hfjobs_magic.script.script import from_cell

CPU = Hardware("cpu-basic", "2 vCPU · 16 GB", 0.0002, memory_gb=16)
T4 = Hardware("t4-small", "4 vCPU · 15 GB · 1x T4 16 GB", 0.007, 16, 15, "gpu", 1)
T4_MEDIUM = Hardware("t4-medium", "8 vCPU · 30 GB · 1x T4 16 GB", 0.01, 16, 30, "gpu", 1)
A10G = Hardware("a10g-small", "4 vCPU · 15 GB · 1x A10G 24 GB", 0.0167, 24, 15, "gpu", 1)
A10G_X4 = Hardware("a10g-largex4", "48 vCPU · 184 GB · 4x A10G 24 GB", 0.0833, 96, 184, "gpu", 4)
H200 = Hardware("h200", "23 vCPU · 256 GB · 1x H200 141 GB", 0.0833, 141, 256, "gpu", 1)
H200_X4 = Hardware("h200x4", "92 vCPU · 1024 GB · 4x H200 141 GB", 0.333, 564, 1024, "gpu", 4)
NEURON = Hardware("inf2x6", "192 vCPU · 768 GB · 12x Inf2 32 GB", 0.2, 384, 768, "neuron", 12)
ALL = (CPU, T4, T4_MEDIUM, A10G, A10G_X4, H200, H200_X4, NEURON)
LOAD = "from transformers import AutoModelForCausalLM\nm = AutoModelForCausalLM.from_pretrained('{}')\n"

TORCHRUN = "import subprocess\nsubprocess.run(['torchrun', '--nproc_per_node={}', 'train.py'])\n"


def said(text: str, flavor: str, offered: tuple[Hardware, ...] = ALL) -> list[str]:
    return describe_gpu_limits(from_cell(text, magic_line="%%hfjob", deps="none"), flavor, offered)


def test_a_model_that_does_not_fit_is_said_with_the_cheapest_flavor_that_has_it():
    assert said(LOAD.format("Qwen/Qwen2.5-72B-Instruct"), "t4-small") == [
        "Line 3 loads Qwen/Qwen2.5-72B-Instruct, by its name about 144 GB of weights, and t4-small has 16 GB of GPU "
        "memory. Add --flavor h200x4, or load it in 4 bits."
    ]
    assert said(LOAD.format("a/b-13b"), "t4-small")[0].endswith("Add --flavor a10g-largex4, or load it in 4 bits.")
    assert said(LOAD.format("a/b-13b"), "cpu-basic")[0].endswith(
        "cpu-basic has 16 GB of memory. Add --flavor a10g-largex4, or load it in 4 bits."
    )
    assert said(LOAD.format("a/b-405b"), "h200")[0].endswith("h200 has 141 GB of GPU memory. Load it in 4 bits.")


@pytest.mark.parametrize(("model", "flavor"), [("a/b-7b", "t4-small"), ("a/b-7b", "cpu-basic"), ("a/b-70b", "h200")])
def test_a_model_that_fits_is_not(model: str, flavor: str):
    assert said(LOAD.format(model), flavor) == []


def test_more_gpus_than_there_are():
    assert said(TORCHRUN.format(4), "t4-small") == [
        "Line 3 has --nproc_per_node 4, and t4-small has 1 GPU. Add --flavor a10g-largex4, or ask for 1."
    ]
    assert said(TORCHRUN.format(8), "a10g-largex4") == [
        "Line 3 has --nproc_per_node 8, and a10g-largex4 has 4 GPUs. Ask for 4."
    ]
    assert said(TORCHRUN.format(4), "a10g-largex4") == []
    assert said(TORCHRUN.format(4), "cpu-basic") == []  # each of them runs on the CPU


def test_flash_attention_on_a_gpu_that_is_too_old():
    text = "m = AutoModel.from_pretrained('a/b', attn_implementation='flash_attention_2')\n"
    assert said(text, "t4-small") == [
        'Line 2 has attn_implementation="flash_attention_2", which needs a newer GPU than the T4 of t4-small. '
        'Add --flavor a10g-small, or write attn_implementation="sdpa".'
    ]
    assert said(text, "a10g-small") == []


def test_nothing_is_said_of_what_is_not_known():
    asks = LOAD.format("a/b-70b") + TORCHRUN.format(4)
    assert said(asks, "t4-small", ()) == []
    assert said(asks, "new-flavor") == []
    assert said(asks, "inf2x6") == []
