"""What a script needs around it: variables of the environment, programs, a keyboard, a GPU."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.environment_variables import Variable, find_variables, is_given
from hfjobs_magic.script.gpu_uses import find_gpu_uses
from hfjobs_magic.script.hub_calls import find_hub_calls
from hfjobs_magic.script.packages.imports import find_imports
from hfjobs_magic.script.packages.programs import find_programs, find_shell_programs
from hfjobs_magic.script.prompts import find_prompts
from hfjobs_magic.script.syntax.ipython_cell import to_python


def variables(source: str) -> list[tuple[str, str]]:
    tree = ast.parse(to_python(source, 1))
    return [(item.name, item.use) for item in find_variables(tree, find_imports(tree))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nos.environ['DATA']", ["DATA"]),
        ("from os import environ\nf(environ['DATA'])", ["DATA"]),
        ("import os\ndef f():\n    return int(os.environ['RANK'])", ["RANK"]),
        ("import os\nos.environ['A'] + os.environ['A'] + os.environ['B']", ["A", "B"]),
        ("import os\ntry:\n    os.environ['A']\nexcept ValueError:\n    pass", ["A"]),
        ("import os\nos.environ.get('A'), os.getenv('B')", []),
        ("import os\nos.environ['A'] = '1'\nos.environ['A']", []),
        ("import os\nos.environ.setdefault('A', '1')\nos.environ['A']", []),
        ("import os\nos.environ.update(A='1')\nos.environ['A']", []),
        ("import os\nif 'A' in os.environ:\n    os.environ['A']", []),
        ("import os\ntry:\n    os.environ['A']\nexcept KeyError:\n    pass", []),
        ("import os, contextlib\nwith contextlib.suppress(KeyError):\n    os.environ['A']", []),
        ("import os, dotenv\ndotenv.load_dotenv()\nos.environ['A']", []),
        ("import os\n%env A=1\nos.environ['A']", []),
        ("import os\nos.environ.get('RANK', -1) != -1 and os.environ['LOCAL_RANK']", []),
        ("import os\nif 'WORLD_SIZE' in os.environ:\n    f(os.environ['RANK'])", []),
        ("import os\nos.getenv('DATA')\nf(os.environ['RANK'])", ["RANK"]),
        ("import os\n%set_env A 1\nos.environ['A']", []),
        ("import os\nos.environ['HOME'], os.environ['JOB_ID'], os.environ[name]", []),
    ],
)
def test_a_variable_that_is_read_has_to_be_there(source: str, expected: list[str]):
    assert variables(source) == [(name, "") for name in expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import wandb\nwandb.init(project='x')", [("WANDB_API_KEY", "wandb.init()")]),
        ("import wandb\nwandb.login()", [("WANDB_API_KEY", "wandb.login()")]),
        ("from transformers import T\nT(report_to='wandb')", [("WANDB_API_KEY", 'report_to="wandb"')]),
        ("import trl\ntrl.S(report_to=['comet_ml'])", [("COMET_API_KEY", 'report_to="comet_ml"')]),
        ("from openai import OpenAI\nOpenAI()", [("OPENAI_API_KEY", "OpenAI()")]),
        ("import anthropic\nanthropic.Anthropic()", [("ANTHROPIC_API_KEY", "anthropic.Anthropic()")]),
        ("from lightning.pytorch.loggers import WandbLogger\nWandbLogger()", [("WANDB_API_KEY", "WandbLogger()")]),
        ("import wandb\nwandb.init(mode='offline')", []),
        ("import wandb\nwandb.login(key=x)\nwandb.init(settings=s)", []),
        ("import wandb, os\nos.environ['WANDB_MODE'] = 'disabled'\nwandb.init()", []),
        ("import wandb\n%env WANDB_MODE=offline\nwandb.init()", []),
        ("from openai import OpenAI\nOpenAI(base_url='http://localhost:8000')", []),
        (
            "import os, wandb\nwandb.init(project=os.environ['TEAM'])",
            [("TEAM", ""), ("WANDB_API_KEY", "wandb.init()")],
        ),
        (
            "import os, wandb\nwandb.login(key=os.environ['WANDB_API_KEY'])\nwandb.init()",
            [("WANDB_API_KEY", "")],
        ),
        ("import wandb, pygame\npygame.init()", []),
        ("import transformers\nf(report_to='none')", []),
    ],
)
def test_a_service_wants_its_key(source: str, expected: list[tuple[str, str]]):
    assert variables(source) == expected


def test_a_key_that_is_given_in_one_call_holds_for_the_others():
    """``wandb.login(key=…)`` is for all that comes after it, and so is a positional key."""
    assert variables("import wandb\nwandb.login(key=x)\nwandb.init()") == []
    assert variables("import wandb\nwandb.login(x)\nwandb.init()") == []
    assert variables("import openai\nopenai.api_key = x\nopenai.OpenAI()") == []


def test_a_variable_has_its_first_line():
    tree = ast.parse("import os\n\nos.environ['A']\nos.environ['A']\n")
    assert find_variables(tree, find_imports(tree)) == (Variable("A", 3),)


@pytest.mark.parametrize(
    ("name", "given", "use", "expected"),
    [
        ("A", {"A"}, "", True),
        ("A_B", {"A_C"}, "", False),
        ("WANDB_API_KEY", {"WANDB_MODE"}, "wandb.init()", True),
        ("WANDB_API_KEY", {"HF_TOKEN"}, "wandb.init()", False),
    ],
)
def test_what_the_line_gives_is_there(name: str, given: set[str], use: str, expected: bool):
    assert is_given(name, given, use) is expected


def programs(source: str) -> list[tuple[str, str]]:
    return [(item.command, item.package) for item in find_programs(ast.parse(to_python(source, 1)))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("!accelerate launch train.py", [("accelerate", "accelerate")]),
        ("!CUDA_VISIBLE_DEVICES=0 torchrun train.py", [("torchrun", "torch")]),
        ("out = !hf version", [("hf", "huggingface_hub")]),
        ("!cd x && huggingface-cli login | tee log", [("cd", ""), ("huggingface-cli", "huggingface_hub"), ("tee", "")]),
        ("!python -m torch.distributed.run x.py", [("python -m torch.distributed.run", "torch")]),
        ("!python -m venv x", [("python -m venv", "")]),
        ("import subprocess\nsubprocess.run(['accelerate', 'launch'])", [("accelerate", "accelerate")]),
        ("import subprocess\nsubprocess.check_call('trl sft', shell=True)", [("trl", "trl")]),
        ("import os\nos.system('vllm serve x')", [("vllm", "vllm")]),
        ("import subprocess\nsubprocess.run(command)", []),
        ("loop.run(['accelerate'])", []),
        ("!# accelerate launch", []),
    ],
)
def test_programs_that_packages_bring(source: str, expected: list[tuple[str, str]]):
    assert programs(source) == expected


def test_programs_of_a_shell_cell_have_their_lines():
    text = "# %%hfjob\n%%bash\nset -e\nhf upload me/x out\n"
    assert [(item.name, item.line) for item in find_shell_programs(text)] == [("set", 3), ("hf", 4)]
    assert find_shell_programs("# %%hfjob\nhf = 1\n") == ()
    assert find_shell_programs("") == ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = input('name? ')", ["input()"]),
        ("from getpass import getpass\ngetpass()", ["getpass.getpass()"]),
        ("import getpass\nk = getpass.getpass('key')", ["getpass.getpass()"]),
        ("import pdb; pdb.set_trace()", ["pdb.set_trace()"]),
        ("def f():\n    breakpoint()", ["breakpoint()"]),
        ("model.input()", []),
        ("def input(): ...\ninput()", []),
        ("try:\n    input()\nexcept EOFError:\n    pass", []),
        ("if interactive:\n    input()", []),
    ],
)
def test_calls_that_ask_a_person(source: str, expected: list[str]):
    found = find_prompts(ast.parse(source))
    assert [item.name for item in found] == expected
    assert all(item.way.endswith(".") for item in found)


@pytest.mark.parametrize(
    "source",
    [
        "x = input('name? ')",
        "import torch\nmodel.eval()\ntrain()\nn = int(input()) + 1",
        "from getpass import getpass\ntoken = getpass()",
        "import getpass\nlogin(getpass.getpass('key'))",
        "f'{input()}' if 1 else 2\nprint(input())",
        "input() and go()",
        "def f():\n    return input()\ninput()",
    ],
)
def test_a_call_that_surely_asks_a_person(source: str):
    assert any(item.is_certain for item in find_prompts(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    input()\nf()",
        "if x:\n    input()",
        "for x in y:\n    input()",
        "with patched():\n    input()",
        "try:\n    input()\nfinally:\n    end()",
        "try:\n    input()\nexcept EOFError:\n    pass",
        "ask = lambda: input()",
        "[input() for x in y]",
        "x = y and input()",
        "x = input() if y else 2",
        "1 < y < int(input())",
        "from console import input\ninput()",
        "from rich.prompt import ask as input\ninput()",
        "from stdiomask import getpass\ngetpass()",
        "from console import *\ninput()",
        "input = str\ninput()",
        "class input: ...\ninput()",
        "import sys\nsys.exit()\ninput()",
        "if done:\n    raise SystemExit\ninput()",
        "import sys, io\nsys.stdin = io.StringIO('1')\ninput()",
        "import builtins\nbuiltins.input = str\ninput()",
        "exec('input = str')\ninput()",
        "breakpoint()",
        "import pdb\npdb.set_trace()",
        "model.input()",
    ],
)
def test_a_call_that_may_ask_nobody(source: str):
    assert not any(item.is_certain for item in find_prompts(ast.parse(source)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("model.cuda()", [".cuda()"]),
        ("model.to('cuda')", ['to("cuda")']),
        ("torch.device('cuda:1')", ['device("cuda:1")']),
        ("pipeline('x', device='cuda')", ['device="cuda"']),
        ("M.from_pretrained('x', device_map='auto')", []),
        ("model.to('cpu')", []),
        ("if torch.cuda.is_available():\n    model.cuda()", []),
        ("try:\n    model.cuda()\nexcept RuntimeError:\n    pass", []),
    ],
)
def test_calls_that_need_a_gpu(source: str, expected: list[str]):
    assert [item.name for item in find_gpu_uses(ast.parse(source))] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from huggingface_sb3 import package_to_hub\npackage_to_hub(model=m)", ["package_to_hub()"]),
        ("!mlagents-push-to-hf --run-id=Huggy --repo-id=me/ppo-Huggy", ["mlagents-push-to-hf"]),
        ("!autotrain llm --train --push_to_hub --repo_id me/m", ["autotrain --push_to_hub"]),
        ("!python run_glue.py --push_to_hub True", ["python --push_to_hub"]),
        ("!accelerate launch train.py --push-to-hub", ["accelerate --push-to-hub"]),
        ("!hf download meta-llama/Llama-3.1-8B", ["hf … meta-llama/Llama-3.1-8B, which is gated"]),
        (
            "!git clone https://huggingface.co/meta-llama/Llama-3.1-8B",
            ["git … meta-llama/Llama-3.1-8B, which is gated"],
        ),
        ("!vllm serve google/gemma-3-4b-it", ["vllm … google/gemma-3-4b-it, which is gated"]),
        ("!autotrain llm --model=meta-llama/Llama-3.1-8B", ["autotrain … meta-llama/Llama-3.1-8B, which is gated"]),
        ("!python train.py --push_to_hub=False", []),
        ("!python train.py --push_to_hub --hub_token abc", []),
        ("!git clone https://github.com/meta-llama/llama-cookbook", []),
        ("!hf download Qwen/Qwen3-4B", []),
    ],
)
def test_what_a_command_line_writes_to_the_hub_or_reads_of_it_wants_a_token(source: str, expected: list[str]):
    tree = ast.parse(to_python(source, 1))
    assert [call.name for call in find_hub_calls(tree, find_programs(tree))] == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch\nprint(torch.cuda.get_device_name())", ["torch.cuda.get_device_name()"]),
        ("import torch\ntorch.cuda.set_device(0)", ["torch.cuda.set_device()"]),
        ("import torch\nif torch.cuda.is_available():\n    print(torch.cuda.get_device_name())", []),
        ("thing.get_device_name()", []),
    ],
)
def test_what_asks_for_a_gpus_name_needs_one(source: str, expected: list[str]):
    assert [item.name for item in find_gpu_uses(ast.parse(source))] == expected
