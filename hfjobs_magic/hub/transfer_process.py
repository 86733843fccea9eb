"""One transfer, in a process of its own; see `hfjobs_magic.hub.transfer`.

Standard input: ``{"do": "upload" | "download", "endpoint", "token", "bucket", "files": [[FROM, TO], …]}``.
Standard output: ``{}``, or what went wrong as ``{"kind": CLASS, "text": SENTENCE}``. Standard error: huggingface_hub's
own bars.
"""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.hub.error_translation import translate_errors


def main() -> None:
    """Do what standard input asks for."""
    answer, work = sys.stdout, json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        said = transfer(work)
    json.dump(said, answer)


def transfer(work: dict[str, Any]) -> dict[str, str]:
    """Do it, and return what went wrong; nothing where all went well."""
    api = HfApi(endpoint=work["endpoint"], token=work["token"])
    try:
        with translate_errors(work["endpoint"]):
            if work["do"] == "upload":
                api.batch_bucket_files(work["bucket"], add=[(Path(here), there) for here, there in work["files"]])
            else:
                api.download_bucket_files(work["bucket"], [(there, Path(here)) for there, here in work["files"]])
    except HfJobsError as error:
        return {"kind": type(error).__name__, "text": str(error)}
    except Exception as error:  # noqa: BLE001 - of hf_xet, whose errors are of any class
        said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        return {"kind": "HubError", "text": f"The transfer failed with a {type(error).__name__}{said}. Try again."}
    return {}


if __name__ == "__main__":
    main()
