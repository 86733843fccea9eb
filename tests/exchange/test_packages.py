"""What uv prints when it cannot install packages, in one clause."""

from __future__ import annotations

import pytest

from hfjobs_magic.exchange.ending import read_end
from hfjobs_magic.exchange.packages import read_packages
from hfjobs_magic.follow.output_reader import LAST_LINES


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        (
            "error: Failed to fetch: http://127.0.0.1:9/simple/six/\n  cause: error sending request for url (http://x)\n"
            "  cause: Connection refused (os error 111)",
            "uv could not reach the package index for six (Connection refused (os error 111)); "
            "check the network and the index, then run it again",
        ),
        (
            "error: Request failed after 3 retries\n  Caused by: Failed to fetch: `https://x/simple/six/`\n"
            "  Caused by: dns error\nnoise",
            "uv could not reach the package index for six (dns error); "
            "check the network and the index, then run it again",
        ),
        (
            "  × Failed to download `six==1.17.0`\n  ╰─▶ operation timed out",
            "uv could not reach the package index for six==1.17.0 (operation timed out); "
            "check the network and the index, then run it again",
        ),
        (
            "error: No solution found when resolving `--with` dependencies\n  cause: Because x was not found in the "
            "cache and you require x, we can conclude that your requirements are unsatisfiable.\n\n"
            "hint: Packages were unavailable because the network was disabled. When",
            "uv may not use the network, and its cache lacks x; allow it, or run it once with a network",
        ),
        (
            "noise\nerror: No solution found when resolving `--with` dependencies\n"
            "  cause: Because there is no version of six==99 and you require six==99, "
            "we can conclude that your requirements are unsatisfiable.\nmore",
            "uv could not install its packages: Because there is no version of six==99 and you require six==99, "
            "we can conclude that your requirements are unsatisfiable; change what is asked for, then run it again",
        ),
        (
            "error: Failed to build `x==1`\n  cause: no compiler",
            "uv could not install its packages: Failed to build `x==1` (no compiler); "
            "a version with a wheel for the job's Python needs no build",
        ),
        (
            # What a compiler prints is longer than the end of a log that is read.
            "         gcc: fatal error: no input files\n         [stderr]\n\n"
            "hint: Build failures usually indicate a problem with the package or the build environment",
            "uv could not install its packages: Failed to build one, which the log names "
            "(gcc: fatal error: no input files); a version with a wheel for the job's Python needs no build",
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
            "uv could not install its packages: No solution found when resolving; "
            "change what is asked for, then run it again",
        ),
        (
            # uv 0.13 of an address without a name; the login is none of a log's business.
            "error: Failed to resolve `--with` requirement\n  cause: Git operation failed\n"
            "  cause: failed to clone into: /x/uv/git-v2/db/1\n  cause: process didn't exit successfully: "
            "`/usr/bin/git fetch --force 'https://me:key@git.example/x/y.git' '+HEAD:refs/remotes/origin/HEAD'` "
            "(exit status: 128)\n         --- stderr\n"
            "         fatal: unable to access 'https://me:key@git.example/x/y.git/': "
            "Could not resolve host: git.example",
            "uv could not fetch https://git.example/x/y.git (unable to access 'https://git.example/x/y.git/': "
            "Could not resolve host: git.example); "
            "check its address, its branch, and that the job may reach and read it",
        ),
        (
            # The same of a name, as uv 0.5 to 0.12 draw it.
            "  × Failed to download and build `x @ git+https://git.example/x/y.git@nobranch`\n"
            "  ├─▶ Git operation failed\n"
            "  ├─▶ failed to fetch branch or tag `nobranch`\n  ╰─▶ process didn't exit successfully: `git fetch` "
            "(exit status: 128)\n      --- stderr\n      fatal: couldn't find remote ref refs/tags/nobranch\n",
            "uv could not fetch git+https://git.example/x/y.git@nobranch "
            "(couldn't find remote ref refs/tags/nobranch); "
            "check its address, its branch, and that the job may reach and read it",
        ),
        (
            "error: Failed to resolve `--with` requirement\n"
            "  cause: Failed to download `x @ https://a.example/x-1.whl`\n"
            "  cause: Failed to fetch: https://a.example/x-1.whl\n  cause: dns error",
            "uv could not download https://a.example/x-1.whl (dns error); "
            "check the address and the network, then run it again",
        ),
        (
            "error: Failed to resolve script requirement\n  cause: Distribution not found at: file:///x-1.whl",
            "uv could not install its packages: Distribution not found at: file:///x-1.whl; "
            "change what is asked for, then run it again",
        ),
        (
            "error: Failed to build `mysqlclient==2`\n  cause: The build backend returned an error\n\n"
            "         [stderr]\n         Exception: Can not find valid pkg-config name.\n\n"
            "hint: Build failures usually indicate a problem",
            "uv could not install its packages: Failed to build `mysqlclient==2` "
            "(Exception: Can not find valid pkg-config name.); "
            "a version with a wheel for the job's Python needs no build",
        ),
        (
            "         more = than(a, log)\n         error: command 'nvcc' failed\n\n"
            "hint: `flash-attn` (v2.8.3) was included because `trainer` (v1.0) depends on `flash-attn`\n\n"
            "hint: Build failures usually indicate a problem with the package or the build environment",
            "uv could not install its packages: Failed to build `flash-attn==2.8.3` (error: command 'nvcc' failed); "
            "a version with a wheel for the job's Python needs no build",
        ),
        (
            "error: No solution found when resolving `--with` dependencies\n  cause: Because six was not found in the "
            "package registry and you require six, we can conclude that your requirements are unsatisfiable.\n\n"
            "hint: An index URL (https://me:key@pypi.example/simple) could not be queried due to a lack of valid "
            "authentication credentials (401 Unauthorized)",
            "uv could not install six: the index https://pypi.example/simple refuses to be read (401 Unauthorized); "
            "check its address and login (--secrets UV_INDEX passes an address with a login), "
            "then run it again",
        ),
        (
            "  × No solution found when resolving `--with` dependencies:\n"
            "  ╰─▶ Because six was not found in the package\n"
            "      registry and you require six>=1, we can conclude that your requirements are unsatisfiable.\n\n"
            "      hint: An index (https://pypi.example/simple) returned a 403 Forbidden\n      error. Check that",
            "uv could not install six: the index https://pypi.example/simple refuses to be read (403 Forbidden); "
            "check its address and login (--secrets UV_INDEX passes an address with a login), "
            "then run it again",
        ),
        (
            "error: Failed to fetch: `https://pypi.example/simple/six/`\n  Caused by: HTTP status client error "
            "(403 Forbidden) for url (https://pypi.example/simple/six/)",
            "uv could not install six: the index https://pypi.example/simple refuses to be read (403 Forbidden); "
            "check its address and login (--secrets UV_INDEX passes an address with a login), "
            "then run it again",
        ),
        (
            "error: Failed to fetch: http://pypi.example/simple/six/\n"
            "  cause: HTTP status server error (503 Service Unavailable) for url (http://pypi.example/simple/six/)",
            "uv could not install its packages: the index answered 503 Service Unavailable for six; "
            "run it again in a while",
        ),
        (
            "error: Failed to resolve `--with` requirement\n"
            "  cause: Failed to download `x @ https://a.example/x-1.whl`\n"
            "  cause: Failed to fetch: https://a.example/x-1.whl\n"
            "  cause: HTTP status client error (401 Unauthorized) for url (https://a.example/x-1.whl)",
            "uv could not download https://a.example/x-1.whl (401 Unauthorized); "
            "check the address and that the job may read it, then run it again",
        ),
        (
            "error: No interpreter found for Python 3.14 in virtual environments, managed installations, or search "
            "path\n\nhint: A managed Python download is available for Python 3.14, but uv is set to offline mode",
            "Python 3.14 is not where the job ran, and uv may not use the network; "
            "name one that is there by its path with -p, or leave -p out",
        ),
        (
            "error: No interpreter found at path `/no/python`",
            "/no/python is not where the job ran; name one that is there by its path with -p, or leave -p out",
        ),
        ("error: Failed to resolve the host\nerror: Failed to prepare data", None),
        ("OSError: Failed to fetch: data\nFailed to fetch", None),
        ("", None),
    ],
)
def test_the_reason_is_one_clause(printed: str, said: str | None):
    found = read_packages(printed.splitlines())
    assert (found and found[1]) == said
    assert found is None or found[0] == ("python" if "is not where the job ran" in found[1] else "packages")


def test_a_package_is_named_that_needs_a_long_build():
    head = "error: Failed to build `long==1`\n  cause: The build backend returned an error\n\n         [stdout]\n"
    lines = [*head.splitlines(), *(f"         warning {n}" for n in range(LAST_LINES - 20)), "         [stderr]"]
    lines += ["         RuntimeError: no nvcc", "", "hint: Build failures usually indicate a problem with the package"]
    ending = read_end(None, None, lines[-LAST_LINES:], "exit code: 1")
    assert ending.headline == "Packages could not be installed"
    assert "Failed to build `long==1` (RuntimeError: no nvcc); " in ending.words


def test_a_python_that_is_missing_is_the_headline():
    ending = read_end(None, None, ["error: No interpreter found for PyPy 3.9 in managed installations"], "exit code: 2")
    assert ending.headline == "Python could not be installed"
    assert ending.words.startswith("PyPy 3.9 is not where the job ran, and uv knows none to download; ")
