"""Build hook: bundle the front end into the wheel when the bundle is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
BUNDLE = ROOT / "hfjobs_magic" / "static" / "index.js"


class BundleHook(BuildHookInterface[Any]):
    """Run ``npm ci && npm run build`` in ``js/`` unless the bundle exists.

    ``HFJOBS_SKIP_JS=1`` leaves it out, for tools that only need the Python code.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make sure the bundle is there before files are collected."""
        del version, build_data
        if BUNDLE.exists() or os.environ.get("HFJOBS_SKIP_JS") == "1":
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "npm was not found: install Node.js to build the job card, or set HFJOBS_SKIP_JS=1 to build without it"
            )
        subprocess.run([npm, "ci"], cwd=ROOT / "js", check=True)
        subprocess.run([npm, "run", "build"], cwd=ROOT / "js", check=True)
