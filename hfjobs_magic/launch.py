"""From source to a submitted job: check, connect, send."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic import environment, installed
from hfjobs_magic.caps import within_cap
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.history import remember
from hfjobs_magic.job import Job
from hfjobs_magic.kept import kept_job
from hfjobs_magic.options import RunOptions, did_you_mean
from hfjobs_magic.pricing import most_usd
from hfjobs_magic.reuse import LABEL, job_hash, newest_reusable
from hfjobs_magic.script import Script, from_source
from hfjobs_magic.session import SESSION
from hfjobs_magic.settings import Layer, resolve
from hfjobs_magic.values import SCRIPT_MOUNT, parse_labels, parse_mount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hfjobs_magic.hub import Hardware, JobsClient
    from hfjobs_magic.local.daemon import Service


def run(code_or_path: str | Path, **options: Any) -> Job:
    """Run Python code, or a file of it, as a job; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        Source text, or the path of a ``.py`` file.
    **options
        ``flavor="a10g-small"``, ``dependencies=["torch"]``, ``timeout="30m"``, ``env={...}``,
        ``secrets=["HF_TOKEN"]``, ``local=True``, … ``wait=True`` blocks until the end.

    Raises
    ------
    OptionError, CellError, HubError
        Before anything is submitted, when it can be known to fail.

    Examples
    --------
    >>> job = run("print('hello')", local=True)  # doctest: +SKIP
    """
    layers = [Layer("keyword", options), *SESSION.layers()]
    chosen = resolve(layers)
    if chosen.dry_run:
        raise OptionError("dry_run makes no Job to return; use %%hfjob --dry-run to see the plan.")
    script = _read(code_or_path, chosen)
    job = submit(script, with_header(layers, script))
    return job.wait() if chosen.wait else job.follow()


def with_header(layers: Sequence[Layer], script: Script) -> RunOptions:
    """Resolve `layers` again, with the ``[tool.hf-jobs]`` of the script after the first of them."""
    return resolve([layers[0], Layer("[tool.hf-jobs]", script.jobs), *layers[1:]])


def submit(script: Script, options: RunOptions, *, ask: Callable[[str], bool] | None = None) -> Job:
    """Check and send a job, or find the one to reuse; nothing is followed yet.

    Parameters
    ----------
    script, options
        What to run, and how.
    ask
        Puts a question to the reader, for the session's budget; None where nobody can answer.
    """
    check_mounts(options)
    env, secrets = environment.variables(options), environment.secrets(options)
    client, hardware = _connected(options)
    options, told = within_cap(options, hardware.usd_per_minute)
    digest = job_hash(script, options, env)
    if options.reuse and (same := newest_reusable(client.jobs(labels={LABEL: digest}), digest)):
        job = Job(client, same, script=script, options=options, hardware=hardware)
        job.follower.tell(f"Reused from {same.name}, which is {same.stage}: the very same script and configuration.")
        return job
    most = _most(options, hardware, ask)
    facts = client.submit(
        script,
        replace(options, labels=(*options.labels, f"{LABEL}={digest}")),
        name=job_name(script, options),
        env=env,
        secrets=secrets,
    )
    told = " ".join([*script.notes, told]).strip()
    return _kept(Job(client, facts, script=script, options=options, hardware=hardware), most, told)


def submit_image(
    image: str, command: Sequence[str], options: RunOptions, *, ask: Callable[[str], bool] | None = None
) -> Job:
    """Check and send a command for a Docker image; see `submit`."""
    env, secrets = environment.variables(options), environment.secrets(options)
    client, hardware = _connected(options)
    options, told = within_cap(options, hardware.usd_per_minute)
    most = _most(options, hardware, ask)
    facts = client.submit_image(image, command, options, env=env, secrets=secrets)
    return _kept(Job(client, facts, options=options, hardware=hardware), most, told)


def _connected(options: RunOptions) -> tuple[JobsClient, Hardware]:
    client = connect(local=options.local, namespace=options.namespace)
    return client, chosen_hardware(options.flavor, client.hardware())


def _most(options: RunOptions, hardware: Hardware, ask: Callable[[str], bool] | None) -> float | None:
    """Ask for the budget; the most the job can cost, None where that is not known."""
    attempts = options.attempts or 1
    most = 0.0 if options.local else most_usd(hardware.usd_per_minute, options.timeout_s, attempts)
    SESSION.check_budget(most, ask)
    return most


def _kept(job: Job, most: float | None, told: str) -> Job:
    if most:
        SESSION.jobs.append((job, most))
    if told:
        job.follower.tell(told)
    if job.options:
        remember(job.follower.state.facts, job.options)
    if job.script:
        kept_job(job.id).keep_script(job.script.text)
    return job


def script_settings(options: RunOptions) -> dict[str, Any]:
    """Collect what the making of a script needs of the options and of this kernel, as keywords of `from_cell`."""
    return {
        "dependencies": options.dependencies,
        "python": options.python,
        "deps": options.deps,
        "kernel": installed.kernel,
        "mounts": [SCRIPT_MOUNT, *(parse_mount(volume).path for volume in options.volumes)],
    }


def check_mounts(options: RunOptions) -> None:
    """Refuse a volume where the Hub mounts the script itself."""
    for volume in options.volumes:
        if parse_mount(volume).path.rstrip("/") == SCRIPT_MOUNT:
            raise OptionError(
                f"--volume {volume}: {SCRIPT_MOUNT} is where the script itself is mounted. Choose another path."
            )


def connect(*, local: bool = False, namespace: str | None = None) -> JobsClient:
    """Client of the Hub, or of the local service, which is started when it does not run.

    Raises
    ------
    NotLoggedInError
        When there is no token.
    HubError
        When the local service cannot be started.
    """
    from hfjobs_magic.hub import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    if not local:
        return JobsClient(namespace=namespace)
    from hfjobs_magic.local import daemon  # noqa: PLC0415 - only where it is asked for

    try:
        service = daemon.ensure()
    except daemon.LocalServiceError as error:
        raise HubError(str(error)) from error
    return of_service(service, namespace)


def of_service(service: Service, namespace: str | None = None) -> JobsClient:
    """Client of a local service that runs."""
    from hfjobs_magic.hub import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    return JobsClient(
        endpoint=service.endpoint, token=service.token, namespace=namespace or service.namespace, local=True
    )


def chosen_hardware(flavor: str, offered: Sequence[Hardware]) -> Hardware:
    """Find a flavor among those offered.

    Raises
    ------
    OptionError
        With the nearest names, when there is no such flavor.
    """
    flavors = {item.flavor: item for item in offered}
    if flavor not in flavors:
        hint = did_you_mean(flavor, list(flavors)) or f" There are {', '.join(flavors)}."
        raise OptionError(f"There is no flavor {flavor!r}.{hint} `%hfjobs hardware` shows all with prices.")
    return flavors[flavor]


def job_name(script: Script, options: RunOptions) -> str:
    """Name of the job: the one given, or one that the same script always gets."""
    return options.name or parse_labels(options.labels).get("name") or f"cell-{script.digest}"


def _read(code_or_path: str | Path, options: RunOptions) -> Script:
    is_path = isinstance(code_or_path, Path) or ("\n" not in code_or_path and code_or_path.endswith(".py"))
    if not is_path:
        return from_source(str(code_or_path), **script_settings(options))
    file = Path(code_or_path).expanduser()
    if not file.is_file():
        raise OptionError(f"There is no file {code_or_path}. Paths are relative to the kernel's folder.")
    settings = script_settings(options)
    # A file is somebody's finished script: what it imports is its own business, unless asked.
    return from_source(file.read_text(encoding="utf-8"), **{**settings, "deps": options.deps or "none"})
