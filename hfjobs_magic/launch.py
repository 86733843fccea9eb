"""From source to a submitted job: check, connect, send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfjobs_magic import environment
from hfjobs_magic.errors import HubError, OptionError
from hfjobs_magic.job import Job
from hfjobs_magic.options import RunOptions, did_you_mean, from_keywords
from hfjobs_magic.script import Script, from_source
from hfjobs_magic.session import remember

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hfjobs_magic.hub import Hardware, JobsClient


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
    chosen = from_keywords(options)
    if chosen.dry_run:
        raise OptionError("dry_run makes no Job to return; use %%hfjob --dry-run to see the plan.")
    job = submit(_read(code_or_path, chosen), chosen)
    return job.wait() if chosen.wait else job.follow()


def submit(script: Script, options: RunOptions) -> Job:
    """Check and send a job; nothing is followed yet."""
    client = connect(local=options.local, namespace=options.namespace)
    env, secrets = environment.variables(options), environment.secrets(options)
    hardware = chosen_hardware(options.flavor, client.hardware())
    name = job_name(script, options)
    facts = client.submit(script, options, name=name, env=env, secrets=secrets)
    remember(facts, options)
    return Job(client, facts, script=script, options=options, hardware=hardware)


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
    return options.name or f"cell-{script.digest}"


def _read(code_or_path: str | Path, options: RunOptions) -> Script:
    is_path = isinstance(code_or_path, Path) or ("\n" not in code_or_path and code_or_path.endswith(".py"))
    if not is_path:
        return from_source(str(code_or_path), dependencies=options.dependencies)
    file = Path(code_or_path).expanduser()
    if not file.is_file():
        raise OptionError(f"There is no file {code_or_path}. Paths are relative to the kernel's folder.")
    return from_source(file.read_text(encoding="utf-8"), dependencies=options.dependencies)
