"""What jobs need of the machine: uv, a `python`, and the few variables that are passed on to them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

UV_MISSING = (
    "uv was not found, and it is what runs the scripts. "
    "Install it with: pip install uv (or see https://docs.astral.sh/uv/), then try again."
)
"""Why a script cannot run, and what to do about it."""

NETWORK_VARIABLES = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
    for name in (upper, upper.lower())
)
"""Proxies and certificates: behind a proxy, a job cannot reach the package index without them."""

SERVICE_VARIABLES = NETWORK_VARIABLES | {
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "TMPDIR",
    "TZ",
    "USER",
    "CUDA_VISIBLE_DEVICES",
    "HF_XET_CACHE",
}
"""What the service itself needs: the variables of jobs, and its own."""

SERVICE_PREFIXES = ("LC_", "UV_", "XDG_", "HFJOBS_LOCAL_")
"""Of further variables that the service gets."""


def build_service_environment() -> dict[str, str]:
    """Return the part of our environment that the service gets: no token, no secret of the notebook."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name in SERVICE_VARIABLES or name.startswith(SERVICE_PREFIXES)
    }
    # The package may have been found by a changed sys.path, which a new process does not have.
    home = str(Path(__file__).resolve().parents[2])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH", "")]))
    return environment


def find_uv() -> str | None:
    """Return the path of uv: the one installed beside this Python, or the one on the PATH; None without either."""
    try:
        from uv import find_uv_bin  # noqa: PLC0415 - optional, and the PATH is the other way
    except ImportError:
        return shutil.which("uv")
    try:
        return str(find_uv_bin())
    except FileNotFoundError:
        return shutil.which("uv")


def uv_variables() -> dict[str, str]:
    """Return what uv needs to use the caches of the user's own uv, whatever HOME a job has."""
    home = Path(os.environ.get("HOME") or Path.home())
    found = {name: value for name, value in os.environ.items() if name.startswith("UV_")}
    cache = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local/share")
    configs = (Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml", Path("/etc/uv/uv.toml"))
    found.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    found.setdefault("UV_PYTHON_INSTALL_DIR", str(data / "uv" / "python"))
    found.setdefault("UV_NO_PROGRESS", "1")
    config = next((path for path in configs if path.is_file()), None)
    if config is not None:
        found.setdefault("UV_CONFIG_FILE", str(config))
    return found


def find_directories() -> list[Path]:
    """Return the directories that `uv` and `python` of a job need, wherever they are."""
    variables = uv_variables()
    found = [Path(variables[name]) for name in ("UV_CACHE_DIR", "UV_PYTHON_INSTALL_DIR")]
    if "UV_CONFIG_FILE" in variables:
        found.append(Path(variables["UV_CONFIG_FILE"]).parent)
    if uv := find_uv():
        found.append(Path(uv).resolve().parent)
    return [*found, Path(sys.base_prefix)]


_DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Debian's, for a service that was started without a PATH."""

BARE = "bare"
"""Folder, in that of the tools, of programs that say what a job of the image with uv alone has not."""

_NO_PIP = """\
#!/bin/sh
echo "$(basename "$0"): the job's environment does not have it. Name packages with --with, or add --with pip." >&2
exit 127
"""
"""Exit code of a shell that does not find a program."""


def find_machine_path() -> str:
    """Return the PATH without the environments on it: what a job installs must not go to the kernel's."""
    folders = (os.environ.get("PATH") or _DEFAULT_PATH).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if not _is_in_environment(folder))


def _is_in_environment(folder: str) -> bool:
    above = Path(folder or ".").parent
    return (above / "pyvenv.cfg").is_file() or (above / "conda-meta").is_dir()


def install_tools(folder: Path) -> None:
    """Put uv, and each `python` that the PATH lacks, into `folder`, which comes first on the PATH of jobs."""
    uv = find_uv()
    for name in ("uv", "uvx"):
        link = folder / name
        link.unlink(missing_ok=True)
        source = Path(uv).with_name(name) if uv else None
        if source is not None and source.exists():
            link.symlink_to(source)
    base = getattr(sys, "_base_executable", sys.executable)
    # Images have a `python`; many machines have only `python3`, or the one of an environment that was just left out.
    for name in ("python", f"python{sys.version_info.major}.{sys.version_info.minor}"):
        (folder / name).unlink(missing_ok=True)
        if shutil.which(name, path=find_machine_path()) is None:
            _write_program(folder / name, f'#!/bin/sh\nexec "{base}" "$@"\n')
    (folder / BARE).mkdir(exist_ok=True)
    for name in ("pip", "pip3"):
        _write_program(folder / BARE / name, _NO_PIP)


def _write_program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o700)
