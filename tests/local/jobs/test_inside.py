"""Jobs that are given the service's address and token, and use its API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.local.serving import HUB, Server
from tests.local.users import SANDBOXES, USERS, serve_as

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=[f"{user}-{kind}" for user in USERS for kind in SANDBOXES])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    user, kind = request.param.split("-")
    with serve_as(user, HFJOBS_LOCAL_SANDBOX=kind, HFJOBS_LOCAL_SLOTS="2") as made:
        yield made


def give(server: Server, **options: Any) -> dict[str, Any]:
    """What a job is submitted with that is to use the service."""
    variables = {"HF_ENDPOINT": server.endpoint, **options.pop("env", {})}
    return {"env": variables, "secrets": {"HF_TOKEN": server.token}, **options}


def results(server: Server, job: str) -> list[str]:
    """What a job has printed after a mark; huggingface_hub prints progress, too."""
    return [line[2:] for line in server.logs(job) if line.startswith("> ")]


UPLOADS = """
import os
from pathlib import Path
from huggingface_hub import HfApi

api = HfApi()
print('>', api.whoami()['name'])
api.create_bucket('local/made', exist_ok=True)
Path('model').write_bytes(b'weights' * 1_000_000)
Path('run/logs').mkdir(parents=True)
Path('run/logs/log').write_text('line')
api.batch_bucket_files('local/made', add=[('model', 'model'), (b'0.9', 'accuracy')])
api.sync_bucket('run', 'hf://buckets/local/made/run', quiet=True)
tree = api.list_bucket_tree('local/made', recursive=True)
print('>', sorted(entry.path for entry in tree if entry.type == 'file'))
api.download_bucket_files('local/made', [('model', 'back')])
api.download_bucket_files('local/given', [('given', 'given')])
print('>', Path('back').read_bytes() == Path('model').read_bytes(), Path('given').read_text())
"""


def test_a_job_uploads_its_results_and_reads_what_others_have_uploaded(server: Server, tmp_path: Path):
    server.make_bucket("given", {"given": b"from outside"})
    job = server.python(UPLOADS, **give(server))
    assert results(server, job) == ["local", "['accuracy', 'model', 'run/logs/log']", "True from outside"]
    assert server.wait(job).status.stage == "COMPLETED"
    server.api.download_bucket_files("local/made", [("model", tmp_path / "model")])
    assert (tmp_path / "model").read_bytes() == b"weights" * 1_000_000


def test_the_hf_command_works_in_a_job(server: Server):
    server.make_bucket("command")
    place = "hf://buckets/local/command/file"
    script = f"echo '> data' > file && {HUB} buckets cp file {place} && {HUB} buckets cp {place} back && cat back"
    job = server.run("sh", "-c", script, **give(server))
    assert results(server, job) == ["data"]
    assert server.wait(job).status.stage == "COMPLETED"


NESTED = """
import time
from pathlib import Path
from huggingface_hub import HfApi

code = 'import sys\\nprint("> inner", sys.argv[1])\\nopen(sys.argv[2], "w").write("by the inner job")'
Path('inner.py').write_text(code)
api = HfApi()
job = api.run_uv_job('inner.py', script_args=['argument', '/data/out'])
print(*api.fetch_job_logs(job_id=job.id, follow=True), sep='\\n')
volume = api.inspect_job(job_id=job.id).volumes[0]
while api.inspect_job(job_id=job.id).status.stage == 'RUNNING': time.sleep(0.05)
api.download_bucket_files(volume.source, [(f'{volume.path}/out'.lstrip('/'), 'out')])
print('>', Path('out').read_text())
"""


def test_a_job_runs_another_one_with_a_script_of_its_own(server: Server):
    job = server.python(NESTED, **give(server))
    assert results(server, job) == ["inner argument", "by the inner job"]
    assert server.wait(job).status.stage == "COMPLETED"


@pytest.mark.skipif("bwrap" not in SANDBOXES, reason="bubblewrap does not work here")
def test_nothing_of_the_service_is_given_away_for_it(make_server: Callable[..., Server]):
    server = make_server(HFJOBS_LOCAL_SANDBOX="bwrap")
    server.make_bucket("secret", {"file": b"content"})
    job = server.run("sh", "-c", f"find {server.data_dir} -maxdepth 2", **give(server))
    folder = str(server.data_dir)
    # A machine may lack a Python that jobs call, see `install_tools`.
    assert {path for path in server.logs(job) if not path.startswith(f"{folder}/bin/python")} == {
        folder,
        *(f"{folder}/{name}" for name in ("bin", "bin/bare", "bin/uv", "bin/uvx", "jobs", f"jobs/{job}")),
    }


def test_a_proxy_of_the_machine_does_not_come_between_a_job_and_the_service(make_server: Callable[..., Server]):
    server = make_server(HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="example.org")
    server.make_bucket("proxy")
    code = (
        "import os\nfrom huggingface_hub import HfApi\n"
        "HfApi().batch_bucket_files('local/proxy', add=[(b'content', 'file')])\n"
        "print('>', os.environ['NO_PROXY'])"
    )
    job = server.python(code, **give(server))
    assert results(server, job) == ["example.org,127.0.0.1,localhost"]
    assert [entry.path for entry in server.api.list_bucket_tree("local/proxy")] == ["file"]
