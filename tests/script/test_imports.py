"""Imports to requirements: what counts, under which name, and from where the name is."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.imports import InferredRequirement, Kernel, find_imports, infer

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
    table={"sklearn": "scikit-learn", "PIL": "Pillow", "google": "protobuf", "yaml": "PyYAML"},
)


def names(source: str) -> list[str]:
    return [item.module for item in find_imports(ast.parse(source))]


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
        ("try:\n    import ujson as json\nexcept ImportError:\n    import json", ["ujson"]),
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
        ("try:\n    import a\n    a.go()\nexcept Exception as e:\n    print(e)\nfinally:\n    import c", ["a", "c"]),
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
    ],
)
def test_names_come_from_the_kernel_then_the_table_then_the_import(source: str, expected: list[str]):
    assert requirements(source) == expected


def test_each_says_where_it_comes_from():
    found = infer(find_imports(ast.parse("import torch\n\nimport yaml\nimport polars.io")), kernel=KNOWN)
    assert found == (
        InferredRequirement("torch", "torch", 1, "kernel"),
        InferredRequirement("PyYAML", "yaml", 3, "table"),
        InferredRequirement("polars", "polars", 4, "import name"),
    )
    assert [str(item) for item in found] == [
        "torch (line 1: import torch, by the kernel's packages)",
        "PyYAML (line 3: import yaml, by the published table of names)",
        "polars (line 4: import polars)",
    ]


def test_pins_are_versions_that_an_index_has():
    source = "import torch, cv2, polars\nimport google.protobuf"
    assert requirements(source, pin=True) == ["opencv-python==4.10", "polars", "torch==2.4.0", "protobuf"]


def test_what_is_declared_is_not_inferred_again():
    assert requirements("import cv2, torch", without=["OpenCV_Python"]) == ["torch"]


def test_a_thousand_terms_are_no_reason_to_stop():
    assert names("x = " + " + ".join(["1"] * 500) + "\nimport a") == ["a"]
