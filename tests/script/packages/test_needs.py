"""Packages that well-known calls need at run time, and calls that need a token of the Hub."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.hub_calls import HubCall, find_hub_calls
from hfjobs_magic.script.packages.imports import find_imports
from hfjobs_magic.script.packages.needs import Need, find_needs

XFORMERS = "enable_xformers_memory_efficient_attention"
WANDB = ('report_to="wandb"', "wandb")


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
        ("import diffusers\nif x:\n    p.enable_xformers_memory_efficient_attention()", [(XFORMERS, "xformers")]),
        ("import diffusers\nif a and is_xformers_available():\n    p.enable_xformers_memory_efficient_attention()", []),
        (
            "from langchain_community.vectorstores import FAISS\nFAISS.from_documents(d, e)",
            [("FAISS", "faiss-cpu")],
        ),
        ("import langchain_community as l\nl.r.BM25Retriever.from_texts(d)", [("BM25Retriever", "rank-bm25")]),
        ("import langchain_community as l\nl.Chroma.delete(d)", []),
        ("import transformers\nif find_spec('wandb') is not None:\n    f(report_to='wandb')", []),
        ("import transformers\nif is_wandb_available():\n    pass\nelse:\n    f(report_to='wandb')", [WANDB]),
        ("import pandas as pd\ndf.to_excel('x')\npd.read_excel('y')", [("to_excel", "openpyxl")]),
        ("import pandas\ndf.to_markdown()", [("to_markdown", "tabulate")]),
        ("import pandas\npandas.read_html('x')", [("read_html", "lxml")]),
        ("import polars as pl, pandas\npl.read_parquet('x')", []),
        ("import polars as pl\npl.read_parquet('x')", []),
        ("from torch.utils.tensorboard import SummaryWriter", [("torch.utils.tensorboard", "tensorboard")]),
        ("import evaluate\nevaluate.load('rouge')", [('load("rouge")', "rouge_score")]),
        ("import plotly\nfig.write_image('x.png')", [("write_image", "kaleido")]),
        ("import plotly.express as px", [("plotly.express", "pandas")]),
        ("import plotly.express as px, polars", []),
        ("get_ipython().run_line_magic('matplotlib', 'inline')", [("%matplotlib", "matplotlib")]),
        ("get_ipython().run_line_magic('time', 'matplotlib')", []),
        ("import tensorflow\nfrom transformers import pipeline\npipeline('ner')", []),
        ("Trainer(model)\ndf.read_parquet('x')", []),
        ("import transformers\nf(report_to=['wandb', 'none'])", [('report_to="wandb"', "wandb")]),
        ("import transformers\nf(load_in_8bit=False, device_map=None)", []),
        ("import transformers\nf(optim='paged_adamw')", [('optim="paged_adamw"', "bitsandbytes")]),
        ("from transformers import DetrForObjectDetection as D\nD()", []),
        (
            "from transformers import pipeline\npipeline(task='object-detection')",
            [
                ("pipeline", "torch"),
                ('pipeline("object-detection")', "pillow"),
                ('pipeline("object-detection")', "timm"),
            ],
        ),
        (
            "import diffusers\ndiffusers.FluxPipeline.from_pretrained('x').load_lora_weights('y')",
            [("load_lora_weights", "peft"), ("diffusers.FluxPipeline.from_pretrained", "transformers")],
        ),
        ("from datasets import Audio\nd.cast_column('a', Audio(sampling_rate=16_000))", [("Audio", "torchcodec")]),
        ("from IPython.display import Audio\nAudio(x, rate=16_000)", []),
        ("import pandas as pd\npd.read_excel('a.xls')", [("read_excel", "xlrd")]),
        ("import pandas as pd\npd.read_excel('a.xlsx', engine='calamine')", [("read_excel", "python-calamine")]),
        ("import pandas as pd\npd.read_csv('a.csv', engine='python')", []),
        ("import pandas as pd\npd.read_csv('s3://b/a.csv')", [('read_csv("s3://b/a.csv")', "s3fs")]),
        ("import pandas as pd\ndf.plot.bar()\ndf['a'].hist()", [("plot", "matplotlib")]),
        ("import pandas as pd\ndf.head().style.format('x')", [("style", "jinja2")]),
        ("import pandas, matplotlib.pyplot as plt\nplt.style.use('ggplot')", []),
        ("import polars as pl\npl.read_excel('x')", [("read_excel", "fastexcel")]),
        ("import xarray as xr\nxr.open_dataset('x', engine='zarr')", [("open_dataset", "zarr")]),
        ("import torch\ntorch.onnx.export(m, x)", [("torch.onnx.export", "onnx"), ("torch.onnx.export", "onnxscript")]),
        ("import torchaudio\ntorchaudio.load('a.wav')\ntorch.load('b')", [("torchaudio.load", "torchcodec")]),
        ("import bs4\nbs4.BeautifulSoup(page, 'lxml')", [('BeautifulSoup(…, "lxml")', "lxml")]),
        ("import gymnasium as gym\ngym.make('LunarLander-v3')", [('make("LunarLander-v3")', "box2d")]),
        ("import gymnasium as gym\ngym.make('CartPole-v1')", []),
        (
            "import sqlalchemy as s\ns.create_engine('postgresql://h/d')",
            [('create_engine("postgresql://h/d")', "psycopg2-binary")],
        ),
        ("import dask.dataframe as dd", [("dask.dataframe", "pandas"), ("dask.dataframe", "pyarrow")]),
        ("from trl import GRPOConfig\nGRPOConfig(use_vllm=True)", [("use_vllm=", "vllm")]),
    ],
)
def test_known_calls_need_more_than_is_imported(source: str, expected: list[tuple[str, str]]):
    assert needs(source) == expected


def test_a_need_has_the_first_line_that_has_it():
    tree = ast.parse("import pandas\n\npandas.read_parquet('a')\npandas.read_parquet('b')\n")
    assert find_needs(tree, find_imports(tree)) == (Need(3, "read_parquet", "pyarrow"),)


def test_a_value_that_is_sent_counts_as_an_import():
    tree = ast.parse("df.plot()")
    assert [need.distribution for need in find_needs(tree, (), ["pandas"])] == ["matplotlib"]
    assert find_needs(tree, ()) == ()


@pytest.mark.parametrize(
    ("distribution", "is_certain"),
    [("accelerate", True), ("pyarrow", True), ("matplotlib", True), ("flash-attn", False), ("tensorflow", False)],
)
def test_what_is_difficult_to_install_is_only_told(distribution: str, is_certain: bool):
    assert Need(1, "f", distribution).is_certain is is_certain


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
        ("M.from_pretrained('gpt2')", []),
        ("M.from_pretrained('meta-llama/L')", ['from_pretrained("meta-llama/L"), which is gated']),
        ("pipeline('x', model='google/gemma-3-4b-it')", ['pipeline("google/gemma-3-4b-it"), which is gated']),
        ("name = 'meta-llama/L'\nM.from_pretrained(name)", ['from_pretrained("meta-llama/L"), which is gated']),
        ("M.from_pretrained('meta-llama/L', token=t)", []),
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
