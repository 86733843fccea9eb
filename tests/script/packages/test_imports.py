"""Imports to requirements: what counts, under which name, and from where the name is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.script.packages.imports import find_imports, is_standard
from hfjobs_magic.script.packages.requirements import InferredRequirement, Kernel, infer, is_unknown, names_of

if TYPE_CHECKING:
    from collections.abc import Collection

KNOWN = Kernel(
    distributions={
        "cv2": ["opencv-python", "opencv-python-headless"],
        "torch": ["torch"],
        "google.cloud.storage": ["google-cloud-storage"],
        "google": ["google-cloud-storage", "protobuf"],
        "mpl_toolkits": ["basemap", "matplotlib"],
    },
    versions={"torch": "2.4.0+cu121", "opencv-python": "4.10", "protobuf": "5.0.dev1"},
    local=frozenset({"helpers"}),
    table={"sklearn": "scikit-learn", "PIL": "Pillow", "google.protobuf": "protobuf", "yaml": "PyYAML"}
    | {"old.part": "old<2", "box": "?python-box|box"},
)


def names(source: str, available: Collection[str] = ()) -> list[str]:
    """What a script needs beyond the standard library."""
    found = find_imports(ast.parse(source), lambda module: module in available)
    return [item.module for item in found if not item.optional and not is_standard(item.module)]


def requirements(source: str, **options: object) -> list[str]:
    return [item.requirement for item in infer(find_imports(ast.parse(source)), kernel=KNOWN, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os, sys, json.tool\nfrom pathlib import Path\nfrom __future__ import annotations", []),
        ("from . import a\nfrom .b import c\nfrom .. import d", []),
        ("import numpy as np, torch.nn.functional as F", ["numpy", "torch.nn.functional"]),
        (
            "def f():\n    import torch\nclass A:\n    async def g(self):\n        from rich import print",
            ["torch", "rich"],
        ),
        ("with x:\n    for i in y:\n        while z:\n            import a\n", ["a"]),
        ("match x:\n    case 1:\n        import a\n    case _:\n        import b\n", ["a", "b"]),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", ["b"]),
        ("import typing as t\nif t.TYPE_CHECKING:\n    import a\n    from os import path", []),
        ("try:\n    import ujson as json\nexcept ImportError:\n    import json", []),
        ("try:\n    import tomllib\nexcept ModuleNotFoundError:\n    import tomli as tomllib", []),
        (
            "try:\n    import a\nexcept (ImportError, OSError):\n    try:\n        import b\n"
            "    except ImportError:\n        b = 1",
            ["a"],
        ),
        ("try:\n    import wandb\nexcept ImportError:\n    wandb = None", []),
        ("try:\n    import wandb\nexcept ImportError:\n    wandb = None\nimport wandb", ["wandb"]),
        ("try:\n    import a\nexcept ImportError as e:\n    raise SystemExit('pip install a') from e", ["a"]),
        ("try:\n    import a\nexcept:\n    import b", ["a"]),
        ("try:\n    import a\n    a.go()\nexcept Exception as e:\n    print(e)\nfinally:\n    import c", ["c"]),
        ("import tomllib, annotationlib, compression.zstd", []),
    ],
)
def test_what_counts(source: str, expected: list[str]):
    assert names(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import cv2", ["opencv-python"]),
        ("from sklearn.svm import SVC\nfrom PIL import Image", ["scikit-learn", "Pillow"]),
        ("import polars", ["polars"]),
        ("import google.cloud.storage as s", ["google-cloud-storage"]),
        ("from google.cloud import bigquery, storage", ["google-cloud-bigquery", "google-cloud-storage"]),
        ("from google import genai", ["google-genai"]),
        ("from google.protobuf import message", ["protobuf"]),
        (
            "from azure.storage.blob import BlobClient\nfrom azure.identity import X",
            ["azure-storage-blob", "azure-identity"],
        ),
        ("import torch\nfrom torch import nn\nimport torch.utils.data", ["torch"]),
        ("import helpers, helpers.more", []),
        ("import box", ["python-box"]),
        ("import old.part", ["old<2"]),
        ("import old.other, old.part, old", ["old<2"]),
    ],
)
def test_names_come_from_the_kernel_then_the_table_then_the_import(source: str, expected: list[str]):
    assert requirements(source) == expected


def test_each_says_where_it_comes_from():
    found = infer(find_imports(ast.parse("import torch\n\nimport yaml\nimport polars.io")), kernel=KNOWN)
    assert found == (
        InferredRequirement("torch", "torch", 1, "kernel"),
        InferredRequirement("PyYAML", "yaml", 3, "table"),
        InferredRequirement("polars", "polars", 4, "guess"),
    )
    assert [str(item) for item in found] == [
        "torch (line 1: import torch, by the kernel's packages)",
        "PyYAML (line 3: import yaml, by the table of names)",
        "polars (line 4: import polars, a guess from its name)",
    ]


def test_a_statement_is_repeated_as_it_was_written():
    many = ", ".join(f"name_{n}" for n in range(20))
    code = f"from torch.nn import Linear as L\nfrom yaml import {many}\nimport polars as pl"
    assert [str(item) for item in infer(find_imports(ast.parse(code)), kernel=KNOWN)] == [
        "torch (line 1: from torch.nn import Linear as L, by the kernel's packages)",
        "PyYAML (line 2: from yaml import name_0, …, by the table of names)",
        "polars (line 3: import polars, a guess from its name)",
    ]


def test_pins_are_versions_that_an_index_has():
    source = "import torch, cv2, polars\nimport google.protobuf"
    assert requirements(source, pin=True) == ["opencv-python==4.10", "polars", "torch==2.4.0", "protobuf"]


def test_what_is_declared_is_not_inferred_again():
    assert requirements("import cv2, torch", without=["OpenCV_Python"]) == ["torch"]
    assert requirements("import old.part, box", without=["old", "box"]) == []


def test_a_thousand_terms_are_no_reason_to_stop():
    assert names("x = " + " + ".join(["1"] * 500) + "\nimport a") == ["a"]


def optional(source: str, available: Collection[str] = ()) -> list[str]:
    found = find_imports(ast.parse(source), lambda module: module in available)
    return [item.module for item in found if item.optional]


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    import google.colab\n    IN_COLAB = True\nexcept:\n    IN_COLAB = False",
        "try:\n    import google.colab\nexcept Exception:\n    pass",
        "try:\n    import google.colab\nexcept BaseException as e:\n    print(e)",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import google.colab",
        "with suppress(Exception):\n    import google.colab",
        "if importlib.util.find_spec('google.cloud'):\n    import google.cloud",
        "HAS = find_spec('google.colab') is not None\nif HAS:\n    import google.colab",
        "if 'google' in sys.modules:\n    import google.colab",
        "HAS = 'google.colab' in sys.modules\nif HAS:\n    import google.colab",
        "if sys.platform == 'win32':\n    import google.colab",
        "if os.name == 'nt':\n    import google.colab\nelse:\n    x = 1",
        "if platform.system() == 'Darwin':\n    import google.colab",
        "if is_colab_available():\n    import google.colab",
        "def f():\n    try:\n        from google.colab import drive\n        drive.mount('/d')\n"
        "    except ModuleNotFoundError:\n        return",
        "try:\n    import google.colab\nexcept (ImportError, KeyError):\n    google = None\nelse:\n    x = 1",
    ],
)
def test_what_is_guarded_is_optional(source: str):
    assert names(source) == []
    assert [module.partition(".")[0] for module in optional(source)] == ["google"]


@pytest.mark.parametrize(
    ("source", "available", "expected"),
    [
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np", ["numpy"], ["numpy"]),
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np", ["cupy"], ["cupy"]),
        ("try:\n    import cupy as np\nexcept Exception:\n    import numpy as np", ["numpy"], ["numpy"]),
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np", ["cupy", "numpy"], ["cupy"]),
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np", [], ["cupy"]),
        (
            "try:\n    import a\nexcept ImportError:\n"
            "    try:\n        import b\n    except ImportError:\n        import c",
            ["c"],
            ["c"],
        ),
        ("try:\n    import simplejson as json\nexcept ImportError:\n    import json", [], []),
        ("try:\n    import wandb\nexcept ImportError:\n    wandb = None", ["wandb"], []),
        ("try:\n    import torch\n    torch.train()\nexcept Exception as e:\n    print(e)", ["torch"], ["torch"]),
        ("if importlib.util.find_spec('a'):\n    import a\nimport a", [], ["a"]),
        ("try:\n    import a\nexcept ImportError:\n    sys.exit('pip install a')", [], ["a"]),
        ("try:\n    import a\nexcept KeyError:\n    pass", [], ["a"]),
    ],
)
def test_of_two_alternatives_the_kernels_is_taken(source: str, available: list[str], expected: list[str]):
    assert names(source, available) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if False:\n    import a\nelse:\n    import b", ["b"]),
        ("x = importlib.import_module('a.b')\n__import__('c')\nimport_module(name)", ["a.b", "c"]),
        ("if sys.version_info < (3, 11):\n    import tomli", ["tomli"]),
    ],
)
def test_dead_branches_do_not_count_and_imports_by_call_do(source: str, expected: list[str]):
    assert names(source) == expected


def test_a_name_too_general_to_tell_a_package_is_not_guessed():
    kernel = Kernel(table={"models": "-", "google.colab": "-"})
    modules = find_imports(ast.parse("import models.net\nfrom google.colab import drive\nimport os"))
    assert infer(modules, kernel=kernel) == ()
    assert [item.module for item in modules if is_unknown(item, kernel)] == ["models.net", "google.colab"]


@pytest.mark.parametrize(
    ("declared", "source"),
    [
        ("opencv-contrib-python", "import cv2"),
        ("tensorflow-cpu", "import tensorflow"),
        ("onnxruntime_gpu", "import onnxruntime"),
        ("faiss-gpu-cu12", "import faiss"),
        ("polars-lts-cpu", "import polars"),
        ("git+https://github.com/huggingface/transformers.git@main", "import transformers"),
        ("https://example.com/torch-2.4.0-cp312-linux.whl", "import torch"),
        ("git+https://x.y/a#egg=rich", "import rich"),
        ("Scikit_Learn[x]>=1", "import sklearn"),
    ],
)
def test_another_build_and_an_address_count_as_declared(declared: str, source: str):
    table = {
        "cv2": "opencv-python|opencv-contrib-python",
        "faiss": "faiss-cpu|faiss-gpu",
        "sklearn": "scikit-learn",
    }
    assert infer(find_imports(ast.parse(source)), kernel=Kernel(table=table), without=names_of([declared])) == ()


def test_a_package_with_a_name_that_only_begins_alike_does_not():
    found = infer(find_imports(ast.parse("import torch")), kernel=Kernel(), without=["torch-geometric"])
    assert [item.requirement for item in found] == ["torch"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from google.cloud import speech_v1, pubsub_v1p1", ["google-cloud-pubsub", "google-cloud-speech"]),
        ("from opentelemetry.instrumentation.requests import X", ["opentelemetry-instrumentation-requests"]),
        ("from llama_index.llms.ollama import Ollama", ["llama-index-llms-ollama"]),
        ("from pyannote.audio import Pipeline", ["pyannote-audio"]),
        ("from azure.cognitiveservices.speech import X", ["azure-cognitiveservices-speech"]),
    ],
)
def test_projects_with_a_rule_for_their_names_are_named_by_it(source: str, expected: list[str]):
    assert requirements(source) == expected
