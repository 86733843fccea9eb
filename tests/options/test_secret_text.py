"""What looks like a secret is refused wherever whoever sees the job would see it, and is not repeated."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.secrets import read_env
from hfjobs_magic.options.secret_text import (
    describe_secret,
    has_secret,
    is_secret_in_code,
    is_secret_variable,
    looks_secret,
)
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


def test_what_contains_itself_or_lies_deep_is_looked_at_once():
    around: list[object] = ["a"]
    around.append(around)
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert not looks_secret("around", around)
    assert not looks_secret("deep", deep)
    around.append({"db": {"password": "hunter2"}})
    assert looks_secret("around", around)
    assert looks_secret("cfg", {"Authorization": "Bearer A1b2C3d4E5f6G7h8"})
    assert not looks_secret("cfg", {"title": "bearer of good news in 2024", "level": "basic"})


@pytest.mark.parametrize(
    ("name", "value", "place", "variable"),
    [
        ("hub", TOKEN, "", "HF_TOKEN"),
        ("hub_token", TOKEN.encode(), "", "HUB_TOKEN"),
        ("CFG", {"lr": 1, "db": {"password": "hunter2"}}, '(CFG["db"]["password"])', "DB_PASSWORD"),
        ("CFG", {"hub": ["a", TOKEN]}, '(CFG["hub"][1])', "HF_TOKEN"),
        ("CFG", {"WANDB_API_KEY": "0123456789abcdef0123456789abcdef01234567"}, '["WANDB_API_KEY"]', "WANDB_API_KEY"),
        ("CFG", {3: {TOKEN}}, "(CFG[3])", "CFG"),
        ("CFG", {"all": {TOKEN: 1}}, '(CFG["all"])', "ALL"),
    ],
)
def test_a_secret_is_shown_its_place_and_its_way_and_not_repeated(name: str, value: object, place: str, variable: str):
    said = describe_secret(name, value)
    assert place in said
    assert f'pass --secrets {variable}, and read os.environ["{variable}"]' in said
    assert TOKEN not in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("", TOKEN, True),
        ("password", "hunter2", True),
        ("api_key", "0123456789abcdef0123456789abcdef01234567", True),
        ("password", "password", False),
        ("password", "your-password", False),
        ("secrets", "HF_TOKEN", False),
        ("secret_name", "WANDB_API_KEY", False),
        ("pwd", "/home/ada", False),
        ("password", "", False),
        ("key", "feature_12", False),
        ("sort_key", "created_at_in_2024_or_so", False),
        ("eos_token", "<|end_of_text_0123456789|>", False),
        ("revision", "0123456789abcdef0123456789abcdef01234567", False),
    ],
)
def test_texts_of_code(name: str, value: str, expected: bool):
    assert is_secret_in_code(name, value) is expected


def test_hashes_and_data_are_no_secrets():
    random = Random(0)
    texts = [random.randbytes(20).hex() for _ in range(100)]
    texts += [str(UUID(bytes=random.randbytes(16))) for _ in range(100)]
    texts += [b64encode(random.randbytes(600)).decode() for _ in range(100)]
    texts += [urlsafe_b64encode(random.randbytes(600)).decode() for _ in range(100)]
    for name in ("revision", "commit", "run_id", "data", "cache_key", "tokenizer", "checksum"):
        assert not [text for text in texts if looks_secret(name, text) or is_secret_in_code(name, text)]
