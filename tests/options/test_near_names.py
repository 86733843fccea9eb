"""What is proposed in the place of a name: a slip of the fingers, and nothing far-fetched."""

from __future__ import annotations

import builtins

import pytest

from hfjobs_magic.options.near_names import find_near
from hfjobs_magic.options.table import OPTIONS

FLAGS = [flag for option in OPTIONS for flag in option.flags if flag.startswith("--")]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("--flavour", ["--flavor"]),
        ("--tiemout", ["--timeout"]),
        ("--dryrun", ["--dry-run"]),
        ("--secret", ["--secrets", "--secrets-file"]),
        ("--metrics", ["--metric"]),
        ("--parallel", ["--max-parallel"]),
        *((f"--{word}", []) for word in ("ram", "queue", "verbose", "path", "mount", "async", "steps", "epochs")),
        *((f"--{word}", []) for word in ("best", "user", "shared", "sweep", "json", "file", "at", "x")),
    ],
)
def test_options(name: str, near: list[str]):
    assert find_near(name, FLAGS) == near


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("trian", ["train", "brain", "trail"], ["train"]),
        ("Model", ["model", "models"], ["model"]),
        ("model_2", ["model"], ["model"]),
        ("train_lodaer", ["train_loader", "test_loader"], ["train_loader"]),
        ("df", ["dt", "pdf", "dfs_of_all"], []),
        ("x", ["y", "z"], []),
        ("X", ["x"], ["x"]),
        ("acc", ["accuracy"], []),
        ("nothere", ["cohere", "another"], []),
        ("pritn", dir(builtins), ["print"]),
        ("Print", dir(builtins), ["print"]),
        *((name, dir(builtins), []) for name in ("args", "text", "rows", "file", "ax", "data", "tmp", "zzz")),
    ],
)
def test_names(name: str, known: list[str], near: list[str]):
    assert find_near(name, known) == near
