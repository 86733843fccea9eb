"""Files with variables: every line counts, or the file is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hfjobs_magic.errors import OptionError
from hfjobs_magic.hub.env_file import read_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"ONE=1\r\nTWO='x y'\r\n", {"ONE": "1", "TWO": "x y"}),
        (b"\xef\xbb\xbfONE=1\n", {"ONE": "1"}),
        (b"# of the model\n\nexport ONE=1 # the first\nTWO=\n", {"ONE": "1", "TWO": ""}),
        (b'LONG="a\nb"\nHOME_OF=${HOME}\n', {"LONG": "a\nb", "HOME_OF": "${HOME}"}),
        (b"", {}),
    ],
)
def test_variables_are_read(tmp_path: Path, content: bytes, found: dict[str, str]):
    file = tmp_path / "vars"
    file.write_bytes(content)
    assert read_file(str(file), "--env-file") == found


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"ONE=1\n\n\nhf_secret is mine\n", r"line 4 is not NAME=VALUE"),
        (b"ONE=1\nTWO='open\nTHREE=3\n", r"line 2 is not NAME=VALUE, or a quote in it is not closed\."),
        (b"name: value\n", r"line 1 is not NAME=VALUE"),
        (b"ONE=\xff\n", r"is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_left_out(tmp_path: Path, content: bytes, said: str):
    file = tmp_path / "vars"
    file.write_bytes(content)
    with pytest.raises(OptionError, match=said) as caught:
        read_file(str(file), "--secrets-file")
    assert "hf_secret" not in str(caught.value)
