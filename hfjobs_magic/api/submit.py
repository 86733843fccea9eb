"""From source to a submitted job: check, connect, send."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hfjobs_magic.api.job import Job
from hfjobs_magic.api.reuse import LABEL, job_hash, newest_reusable
from hfjobs_magic.api.session import SESSION
from hfjobs_magic.api.source import named_after, read_source
from hfjobs_magic.cost import most_usd, within_cap
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.hub.secrets import read_env, read_secrets
from hfjobs_magic.options.help import did_you_mean
from hfjobs_magic.options.layers import Layer, resolve
from hfjobs_magic.options.values import SCRIPT_MOUNT, parse_labels, parse_mount
from hfjobs_magic.records.followed import kept_job
from hfjobs_magic.records.session import remember
from hfjobs_magic.script.kernel_packages import read_kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hfjobs_magic.facts import Hardware
    from hfjobs_magic.hub.client import JobsClient
    from hfjobs_magic.local.daemon import Service
    from hfjobs_magic.options.run_options import RunOptions
    from hfjobs_magic.script.script import Script


def run(code_or_path: str | Path, *, endpoint: str | None = None, token: str | None = None, **options: Any) -> Job:
    """Run Python code, or a file of it, as a job; keyword arguments are those of ``%%hfjob``.

    Parameters
    ----------
    code_or_path
        Source text, or the path or the ``https://`` address of a ``.py`` file.
    endpoint, token
        Another Hub than ``HF_ENDPOINT``, another token than ``HF_TOKEN`` or that of ``hf auth login``.
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
    script = read_source(code_or_path, script_settings(chosen))
    chosen = named_after(code_or_path, script, with_header(layers, script))
    job = submit(script, chosen, client=own_client(chosen, endpoint=endpoint, token=token))
    return job.wait() if chosen.wait else job.follow()


def with_header(layers: Sequence[Layer], script: Script) -> RunOptions:
    """Resolve `layers` again, with the ``[tool.hf-jobs]`` of the script after the first of them."""
    return resolve([layers[0], Layer("[tool.hf-jobs]", script.jobs), *layers[1:]])


def submit(
    script: Script,
    options: RunOptions,
    *,
    ask: Callable[[str], bool] | None = None,
    client: JobsClient | None = None,
) -> Job:
    """Check and send a job, or find the one to reuse; nothing is followed yet.

    Parameters
    ----------
    script, options
        What to run, and how.
    ask
        Puts a question to the reader, for the session's budget; None where nobody can answer.
    client
        Where to; None is what the options say.
    """
    starts_now(options)
    check_mounts(options)
    env, secrets = read_env(options), read_secrets(options)
    client, hardware = connected(options, client)
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
    starts_now(options)
    env, secrets = read_env(options), read_secrets(options)
    client, hardware = connected(options)
    options, told = within_cap(options, hardware.usd_per_minute)
    most = _most(options, hardware, ask)
    facts = client.submit_image(image, command, options, env=env, secrets=secrets)
    return _kept(Job(client, facts, options=options, hardware=hardware), most, told)


def connected(options: RunOptions, client: JobsClient | None = None) -> tuple[JobsClient, Hardware]:
    """Client for a job, `client` where there is one, and the hardware that the job asks for."""
    client = client or connect(local=options.local, namespace=options.namespace)
    return client, chosen_hardware(options.flavor, client.hardware())


def own_client(options: RunOptions, *, endpoint: str | None, token: str | None) -> JobsClient | None:
    """Make the client of a call that names an endpoint or a token; None for all others."""
    if endpoint is None and token is None:
        return None
    return connect(local=options.local, namespace=options.namespace, endpoint=endpoint, token=token)


def starts_now(options: RunOptions) -> None:
    """Refuse options of a schedule where one job is started."""
    if options.schedule is not None:
        raise OptionError("run() starts one job now. Use schedule(code, cron) for jobs that start by themselves.")


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
        "kernel": read_kernel,
        "mounts": [SCRIPT_MOUNT, *(parse_mount(volume).path for volume in options.volumes)],
    }


def check_mounts(options: RunOptions) -> None:
    """Refuse a volume where the Hub mounts the script itself."""
    for volume in options.volumes:
        if parse_mount(volume).path.rstrip("/") == SCRIPT_MOUNT:
            raise OptionError(
                f"--volume {volume}: {SCRIPT_MOUNT} is where the script itself is mounted. Choose another path."
            )


def connect(
    *, local: bool = False, namespace: str | None = None, endpoint: str | None = None, token: str | None = None
) -> JobsClient:
    """Client of the Hub, or of the local service, which is started when it does not run.

    Raises
    ------
    OptionError
        When an endpoint or a token is given for the local service, or the endpoint is no address.
    NotLoggedInError
        When there is no token.
    HubError
        When the local service cannot be started.
    """
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    if not local:
        return JobsClient(namespace=namespace, endpoint=_address(endpoint), token=token)
    if endpoint is not None or token is not None:
        given = "endpoint=" if endpoint is not None else "token="
        raise OptionError(f"The local service has an endpoint and a token of its own. Leave {given} or local= out.")
    from hfjobs_magic.local import daemon  # noqa: PLC0415 - only where it is asked for

    try:
        service = daemon.ensure()
    except daemon.LocalServiceError as error:
        raise HubError(str(error)) from error
    return of_service(service, namespace)


def of_service(service: Service, namespace: str | None = None) -> JobsClient:
    """Client of a local service that runs."""
    from hfjobs_magic.hub.client import JobsClient  # noqa: PLC0415 - huggingface_hub is slow to import

    return JobsClient(
        endpoint=service.endpoint, token=service.token, namespace=namespace or service.namespace, local=True
    )


def _address(endpoint: str | None) -> str | None:
    """Refuse an endpoint that is no address: huggingface_hub would say so only deep inside a request."""
    if endpoint is not None and not re.fullmatch(r"https?://[^\s/@]+(?:/[^\s?#]*)?", endpoint):
        # What was written is not repeated: it may be a token in the wrong place, or hold a password.
        raise OptionError('endpoint= is no address. Write it as in endpoint="https://huggingface.co".')
    return endpoint.rstrip("/") if endpoint else None


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
