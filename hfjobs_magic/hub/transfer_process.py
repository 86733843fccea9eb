"""One transfer, in a process of its own; see `hfjobs_magic.hub.transfer`.

Standard input: ``{"do": "upload" | "download", "endpoint", "token", "bucket", "files": [[FROM, TO], …]}``.
Standard output: ``{"hashes": {PATH: SHA256}}`` of what was downloaded, or what went wrong as ``{"kind": CLASS, "text":
SENTENCE}``. Standard error: huggingface_hub's own bars.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from hfjobs_magic.errors import HfJobsError
from hfjobs_magic.hub.error_translation import translate_errors
from hfjobs_magic.hub.growing_files import hash_growing
from hfjobs_magic.hub.steady_api import SteadyApi


def main() -> None:
    """Do what standard input asks for."""
    answer, work = sys.stdout, json.load(sys.stdin)
    with redirect_stdout(sys.stderr):
        said = transfer(work)
    json.dump(said, answer)
    answer.flush()
    sys.stderr.flush()
    # All is written and closed; that Python and hf_xet tidy up behind themselves takes a tenth of a second.
    os._exit(0)


def transfer(work: dict[str, Any]) -> dict[str, Any]:
    """Do it, and return the hashes, or what went wrong."""
    api = SteadyApi(endpoint=work["endpoint"], token=work["token"])
    hashes: dict[str, str] = {}
    try:
        with translate_errors(work["endpoint"]):
            if work["do"] == "upload":
                api.batch_bucket_files(work["bucket"], add=[(Path(here), there) for here, there in work["files"]])
            else:
                with hash_growing([here for _, here in work["files"]]) as hashes:
                    api.download_bucket_files(work["bucket"], [(there, Path(here)) for there, here in work["files"]])
    except HfJobsError as error:
        return {"kind": type(error).__name__, "text": str(error)}
    except Exception as error:  # noqa: BLE001 - of hf_xet, whose errors are of any class
        said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        return {"kind": "HubError", "text": f"The transfer failed with a {type(error).__name__}{said}. Try again."}
    return {"hashes": hashes}


if __name__ == "__main__":
    main()
