"""Packages that well-known calls need at run time, and calls that need a token of the Hub."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.hub_calls import HubCall, find_hub_calls
from hfjobs_magic.script.imports import find_imports
from hfjobs_magic.script.needs import Need, find_needs


def needs(source: str) -> list[tuple[str, str]]:
    tree = ast.parse(source)
    return [(need.call, need.distribution) for need in find_needs(tree, find_imports(tree))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from transformers import Trainer\nTrainer(model)", [("Trainer", "accelerate")]),
        ("import transformers as t\nt.TrainingArguments('x')", [("TrainingArguments", "accelerate")]),
        ("from transformers import A\nA.from_pretrained('x', device_map='auto')", [("device_map=", "accelerate")]),
        (
            "import transformers\nx.f(load_in_4bit=True)",
            [("load_in_4bit=", "bitsandbytes")],
        ),
        ("import transformers\nf(report_to='wandb')", [('report_to="wandb"', "wandb")]),
        ("import pandas as pd\npd.read_parquet('x')", [("read_parquet", "pyarrow")]),
        ("import pandas as pd\ndf.to_excel('x')\npd.read_excel('y')", [("to_excel", "openpyxl")]),
        ("import pandas\ndf.to_markdown()", [("to_markdown", "tabulate")]),
        ("import pandas\npandas.read_html('x')", [("read_html", "lxml")]),
        ("import polars as pl, pandas\npl.read_parquet('x')", []),
        ("import polars as pl\npl.read_parquet('x')", []),
        ("from torch.utils.tensorboard import SummaryWriter", [("torch.utils.tensorboard", "tensorboard")]),
        ("import evaluate\nevaluate.load('rouge')", [('load("rouge")', "rouge_score")]),
        ("import plotly\nfig.write_image('x.png')", [("write_image", "kaleido")]),
        ("import plotly.express as px", [("plotly.express", "pandas")]),
        ("Trainer(model)\ndf.read_parquet('x')", []),
    ],
)
def test_known_calls_need_more_than_is_imported(source: str, expected: list[tuple[str, str]]):
    assert needs(source) == expected


def test_a_need_has_the_first_line_that_has_it():
    tree = ast.parse("import pandas\n\npandas.read_parquet('a')\npandas.read_parquet('b')\n")
    assert find_needs(tree, find_imports(tree)) == (Need(3, "read_parquet", "pyarrow"),)


def hub_calls(source: str) -> list[str]:
    return [call.name for call in find_hub_calls(ast.parse(source))]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("model.push_to_hub('me/x')", ["push_to_hub()"]),
        ("from huggingface_hub import login\nlogin()", ["login()"]),
        ("import huggingface_hub\nhuggingface_hub.login()", ["login()"]),
        ("from huggingface_hub import notebook_login\nnotebook_login()", ["notebook_login()"]),
        ("HfApi().upload_folder(folder_path='x', repo_id='me/x')", ["upload_folder()"]),
        ("TrainingArguments('out', push_to_hub=True)", ["push_to_hub=True"]),
        ("TrainingArguments('out', push_to_hub=False)", []),
        ("wandb.login()", []),
        ("from huggingface_hub import login\nlogin('hf_x')", []),
        ("from huggingface_hub import login\nlogin(token=x)\nmodel.push_to_hub('y')", []),
        ("model.push_to_hub('x', token=os.environ['T'])", []),
        ("os.environ['HF_TOKEN'] = read()\nmodel.push_to_hub('x')", []),
        ("api = HfApi(token=x)\napi.upload_file()", []),
        ("print('push_to_hub')", []),
    ],
)
def test_calls_that_write_to_the_hub_need_a_token(source: str, expected: list[str]):
    assert hub_calls(source) == expected


def test_a_call_has_its_line():
    assert find_hub_calls(ast.parse("x = 1\nmodel.push_to_hub('x')\n")) == (HubCall("push_to_hub()", 2),)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("import keras", ["tensorflow"]),
        ("import keras, tensorflow", []),
        ("import os\nos.environ['KERAS_BACKEND'] = 'jax'\nimport keras", ["jax"]),
        ("%env KERAS_BACKEND=torch\nimport torch", []),
        ("import os\nos.environ['KERAS_BACKEND'] = 'torch'\nimport torch\nfrom keras import layers", []),
        ("import tensorflow.keras as keras", []),
    ],
)
def test_keras_needs_the_backend_that_it_is_told(text: str, needed: list[str]):
    tree = ast.parse(text.replace("%env", "# %env"))
    assert [need.distribution for need in find_needs(tree, find_imports(tree))] == needed
