"""Names on the index that hold nothing but the advice to install another package: their build fails on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEANT = {
    "sklearn": "scikit-learn",
    "pytorch": "torch",
    "tensorflow-gpu": "tensorflow[and-cuda]",
    "fitz": "PyMuPDF",
    "grpc": "grpcio",
    "beautifulsoup": "beautifulsoup4",
    "nvidia-tensorrt": "tensorrt",
}
"""What each says to install instead (its page on pypi.org)."""


def find_meant(names: Sequence[str]) -> tuple[str, str] | None:
    """Return the first such name, and the package that it means; None where there is none."""
    return next(((name, meant) for name in names if (meant := _MEANT.get(canonicalize_name(name)))), None)


def describe_placeholder(names: Sequence[str]) -> str:
    """Return the sentence for the first such name; empty where there is none."""
    found = find_meant(names)
    return f"{found[0]} is an empty package that refuses to be installed. Write {found[1]}." if found else ""
