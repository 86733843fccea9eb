"""What looks like a secret is refused wherever whoever sees the job would see it, and is not repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.secrets import read_env
from hfjobs_magic.options.secret_text import has_secret, is_secret_variable
from tests.options.lines import options_of

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "hf_abcdefgh1234567890"


@pytest.mark.parametrize(
    "text",
    [
        *(TOKEN, f"Bearer {TOKEN}", "sk-proj-abcdefgh12345678", "ghp_abcdefgh12345678901", "AKIAABCDEFGHIJKL1234"),
        "postgres://me:hunter2@db.org/x",
    ],
)
def test_tokens(text: str):
    assert has_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "task-classification-large-v2",
            "risk-adjusted-returns-model",
            "sk-learn-classifier-model",
            "hf_xxxxxxxxxxxxxxxxxxxx",
        ),
        *(
            "hf_hub_download",
            "hf://datasets/me/squad2",
            "https://hub.org/a@b",
            "half_abcdefgh1234567890ab",
            "bert-base-2023",
        ),
        "git+https://me:{token}@hub.org/me/x",
    ],
)
def test_no_tokens(text: str):
    assert not has_secret(text)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("WANDB_API_KEY", "0123456789abcdef0123456789abcdef01234567", True),
        ("DB_PASSWORD", "hunter2", True),
        ("HF_TOKEN", TOKEN, True),
        ("ANYTHING", TOKEN, True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("MAX_TOKENS", "100000000000", False),
        ("MODEL_KEY", "bert-base-2023", False),
        ("AUTH_URL", "http://127.0.0.1:8080/a/b/c", False),
        ("PASSWORD", "", False),
        ("NAME", "0123456789abcdef0123456789abcdef01234567", False),
    ],
)
def test_variables(name: str, value: str, expected: bool):
    assert is_secret_variable(name, value) is expected


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"--label key={TOKEN}",
            f"--name {TOKEN}",
            f"--with git+https://me:{TOKEN}@hub.org/me/x",
            f"-- --token {TOKEN}",
        ),
        *(f"-e HF_TOKEN={TOKEN}", f"-v hf://buckets/me/{TOKEN}:/x", f"-s HF_TOKEN {TOKEN}", f"-e HF_TOKEN {TOKEN}"),
        *(f"{TOKEN}", f"-s HF_TOKEN={TOKEN}", f"--label key {TOKEN}", f"--token {TOKEN}", f"--image {TOKEN}"),
        "-e WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567",
    ],
)
def test_a_token_on_the_line_is_refused_and_not_repeated(line: str):
    with pytest.raises(OptionError) as caught:
        options_of(line)
    assert TOKEN not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)
    assert "--secrets" in str(caught.value) or "-s HF_TOKEN" in str(caught.value)


def test_a_token_of_the_kernel_or_of_a_file_is_no_plain_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(OptionError, match=r"^--env HF_TOKEN: its value looks .*Write --secrets HF_TOKEN") as bare:
        read_env(options_of("-e HF_TOKEN"))
    file = tmp_path / ".env"
    file.write_text(f"SIZE=3\nHF_TOKEN={TOKEN}\n", encoding="utf-8")
    with pytest.raises(OptionError, match=r"HF_TOKEN: its value looks like a token.*Write --secrets-file") as of_file:
        read_env(options_of(f"--env-file {file}"))
    assert TOKEN not in f"{bare.value}{of_file.value}"
