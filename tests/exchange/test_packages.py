"""What uv prints when it cannot install packages, in one clause."""

from __future__ import annotations

import pytest

from hfjobs_magic.exchange.packages import read_packages


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (
            "error: Failed to fetch: http://127.0.0.1:9/simple/six/\n  cause: error sending request for url (http://x)\n"
            "  cause: Connection refused (os error 111)",
            "uv could not reach the package index (Connection refused (os error 111)); "
            "check the network and the index, then run it again",
        ),
        (
            "error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://x/simple/six/`\n"
            "  Caused by: dns error\nnoise",
            "uv could not reach the package index (dns error); check the network and the index, then run it again",
        ),
        (
            "  × Failed to download `six==1.17.0`\n  ╰─▶ operation timed out",
            "uv could not reach the package index (operation timed out); check the network and the index, "
            "then run it again",
        ),
        (
            "error: No solution found when resolving `--with` dependencies\n  cause: Because x was not found in the "
            "cache and you require x, we can conclude that your requirements are unsatisfiable.\n\n"
            "hint: Packages were unavailable because the network was disabled. When",
            "uv may not use the network, and its cache lacks some packages; allow it, or run it once with a network",
        ),
        (
            "noise\nerror: No solution found when resolving `--with` dependencies\n"
            "  cause: Because there is no version of six==99 and you require six==99, "
            "we can conclude that your requirements are unsatisfiable.\nmore",
            "uv could not install its packages: Because there is no version of six==99 and you require six==99, "
            "we can conclude that your requirements are unsatisfiable",
        ),
        (
            "error: Failed to build `x==1`\n  cause: no compiler",
            "uv could not install its packages: Failed to build `x==1`; "
            "a version with a wheel for the job's Python needs no build",
        ),
        (
            # What a compiler prints is longer than the end of a log that is read.
            "         gcc: fatal error: no input files\n         [stderr]\n\n"
            "hint: Build failures usually indicate a problem with the package or the build environment",
            "uv could not build one of its packages, which the log names; "
            "a version with a wheel for the job's Python needs no build",
        ),
        (
            "error: Request failed after 3 retries in 8.9s\n  cause: Failed to download `https://github.com/astral-sh/"
            "python-build-standalone/releases/download/1/cpython-3.9.25.tar.gz`\n  cause: error resolving DNS",
            "Python 3.9 is not where the job ran, and uv could not download it (error resolving DNS); "
            "name one that is there by its path with -p, or leave -p out",
        ),
        (
            "error: Failed to download https://mirror.example/1/cpython-3.12.16-x86_64.tar.gz\n  cause: timed out",
            "Python 3.12 is not where the job ran, and uv could not download it (timed out); "
            "name one that is there by its path with -p, or leave -p out",
        ),
        (
            "error: Failed to download `jedi==0.20.1`\n  cause: Failed to extract archive: jedi.whl\n"
            "  cause: failed to write to file `/x/y.pyi`: No space left on device (os error 28)\n\nhint: `jedi` was",
            "uv has no room for its packages: the disk where the job ran is full; free some space, then run it again",
        ),
        (
            "error: No solution found when resolving",
            "uv could not install its packages: No solution found when resolving",
        ),
        ("OSError: Failed to fetch: data\nFailed to fetch", None),
        ("", None),
    ],
)
def test_the_reason_is_one_clause(printed: str, said: str | None):
    assert read_packages(printed.splitlines()) == said
