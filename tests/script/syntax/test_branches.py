"""Branches of an ``if`` that no job takes, or that every job takes."""

from __future__ import annotations

import ast

import pytest

from hfjobs_magic.script.draft import Draft
from hfjobs_magic.script.packages.imports import find_imports, is_standard
from hfjobs_magic.script.packages.requirements import Kernel, infer
from hfjobs_magic.script.syntax.branches import decide, find_host


def decision(test: str) -> bool | None:
    return decide(ast.parse(test, mode="eval").body)


@pytest.mark.parametrize(
    "test",
    [
        *("False", "0", "''", "None", "TYPE_CHECKING", "typing.TYPE_CHECKING", "not True", "six.PY2"),
        *("sys.version_info < (3, 8)", "sys.version_info[0] == 2", "sys.version_info.major < 3", "version_info < (3,)"),
        *("sys.version_info[:2] <= (3, 7)", "(3, 6) >= sys.version_info"),
        *("'google.colab' in sys.modules", "'google.colab' in str(get_ipython())", "IN_COLAB", "is_kaggle", "iskaggle"),
        *("in_colab()", "utils.is_colab()", "os.environ.get('COLAB_TPU_ADDR')", "os.path.exists('/kaggle/input')"),
        *("'KAGGLE_KERNEL_RUN_TYPE' in os.environ", "os.getenv('KAGGLE_URL_BASE') is not None", "_ON_KAGGLE"),
        *("'COLAB_GPU' in os.environ or 'COLAB_RELEASE_TAG' in os.environ", "IN_COLAB and x", "not not COLAB"),
        "importlib.util.find_spec('google.colab') is not None",
    ],
)
def test_what_no_job_takes(test: str):
    assert decision(test) is False
    assert decision(f"not ({test})") is True


@pytest.mark.parametrize(
    "test",
    [
        *("True", "not TYPE_CHECKING", "sys.version_info >= (3, 6)", "sys.version_info[0] >= 3", "not IN_COLAB"),
        *("'google.colab' not in sys.modules", "os.environ.get('KAGGLE_URL_BASE') is None", "not in_colab() or x"),
        '"COLAB_" not in "".join(os.environ.keys())',
    ],
)
def test_what_every_job_takes(test: str):
    assert decision(test) is True


@pytest.mark.parametrize(
    "test",
    [
        *("x", "x == 1", "DEBUG", "sys.version_info >= (3, 11)", "sys.version_info < (3, 12)", "x and not IN_COLAB"),
        *("sys.version_info >= minimum", "sys.version_info > 'x'", "torch.cuda.is_available()", "len(sys.argv) > 1"),
        *("'kaggle' in x", "os.path.exists('kaggle.json')", "colab_url", "USE_WANDB", "f(sys.version_info) > 2"),
        *("sys.platform == 'linux'", "__name__ == '__main__'"),
    ],
)
def test_what_only_the_job_knows(test: str):
    assert decision(test) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("if IN_COLAB:\n    import a\nelse:\n    import b", ["b"]),
        ("if not IN_COLAB:\n    import a\nelif x:\n    import b", ["a"]),
        ("if sys.version_info[0] == 2:\n    import urllib2\nelse:\n    import httpx", ["httpx"]),
        ("if platform.machine() == 'arm64':\n    import mlx_lm", []),
        ("if torch.backends.mps.is_available():\n    import mlx", []),
        ("if torch.cuda.is_available():\n    import apex", ["apex"]),
        ("def f():\n    return __import__('a').b", ["a"]),
        ("x = g(importlib.import_module('a'), key=import_module('b'))", ["a", "b"]),
        ("with import_module('a').b() as c:\n    pass", ["a"]),
        (
            "m = import_module('.b', package='a')\nn = import_module('.d', 'c')\no = import_module('..e', 'f')",
            ["a.b", "c.d"],
        ),
        ("x = __import__('a') if find_spec('a') else None", []),
        ("def has(n):\n    return find_spec(n)\nif has('a'):\n    import a", []),
        ("if module_available('a'):\n    import a\nif _is_installed('b'):\n    import b", []),
        ("if backend == 'a':\n    import a", ["a"]),
    ],
)
def test_imports_of_branches_and_calls(source: str, expected: list[str]):
    found = find_imports(ast.parse(source))
    assert [item.module for item in found if not item.optional and not is_standard(item.module)] == expected


def test_a_module_of_one_service_is_never_asked_for_and_said():
    assert [find_host(name) for name in ("google.colab.drive", "kaggle_secrets", "google.colabx", "kaggle")] == [
        *("Colab", "Kaggle", None, None)
    ]
    kernel = Kernel({"google.colab": ["google-colab"]})
    draft = Draft("from google.colab import drive, userdata\nimport kaggle_secrets\n", None, awaiting=True)
    assert draft.infer((), None, lambda: kernel) == ()
    assert infer(draft.imports, kernel=kernel) == ()
    assert draft.notes() == [
        "Line 1 imports google.colab, which only Colab has, and the job stops there. "
        "Delete it; secrets go with --secrets, and files with --volume.",
        "Line 2 imports kaggle_secrets, which only Kaggle has, and the job stops there. "
        "Delete it; secrets go with --secrets, and files with --volume.",
    ]
