"""The Hub's Jobs API, through huggingface_hub and its public interface only.

The local service speaks the same API, so a client of it is the same client with another endpoint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from huggingface_hub import constants, get_token

from hfjobs_magic.errors import NotLoggedInError
from hfjobs_magic.hub.bucket_privacy import check_private
from hfjobs_magic.hub.error_translation import NOT_LOGGED_IN, translate_errors
from hfjobs_magic.hub.hardware import HardwareCache
from hfjobs_magic.hub.input_folders import InputFolders
from hfjobs_magic.hub.job_info import as_json, facts_of
from hfjobs_magic.hub.log_stream import read_log
from hfjobs_magic.hub.plain_request import get, post
from hfjobs_magic.hub.request import ImageCommand, Rerun, Trigger
from hfjobs_magic.hub.request_log import leave_out_own_requests
from hfjobs_magic.hub.retry_words import set_retry_words
from hfjobs_magic.hub.run_arguments import command_of, script_arguments, settings
from hfjobs_magic.hub.run_folder import RunFolder
from hfjobs_magic.hub.run_folders import RunFolders
from hfjobs_magic.hub.run_spec import read_spec, repeat_arguments
from hfjobs_magic.hub.scheduled import ScheduledClient
from hfjobs_magic.hub.script_files import read_script_texts
from hfjobs_magic.hub.sent_secrets import SENT
from hfjobs_magic.hub.silence import silence
from hfjobs_magic.hub.steady_api import SteadyApi
from hfjobs_magic.hub.sweep_files import SweepFiles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from huggingface_hub import JobInfo

    from hfjobs_magic.facts import Hardware, JobFacts
    from hfjobs_magic.hub.request import Request
    from hfjobs_magic.hub.run_spec import RunSpec
    from hfjobs_magic.log.batch import LogBatch


class JobsClient:
    """Jobs of one namespace at one endpoint.

    Parameters
    ----------
    endpoint, token
        None takes what huggingface_hub takes: ``HF_ENDPOINT``, ``HF_TOKEN``, ``hf auth login``.
    namespace
        User or organisation; None asks the Hub whose token it is, once.
    local
        Whether a local service answers at the endpoint.
    hardware
        Flavors of each endpoint, for clients that share them; None keeps its own.
    """

    def __init__(
        self,
        *,
        endpoint: str | None = None,
        token: str | None = None,
        namespace: str | None = None,
        local: bool = False,
        hardware: HardwareCache | None = None,
    ) -> None:
        self.local = local
        self.endpoint = endpoint or constants.ENDPOINT
        if token is None and get_token() is None:
            raise NotLoggedInError(NOT_LOGGED_IN)
        set_retry_words()
        leave_out_own_requests()
        self._api = SteadyApi(endpoint=endpoint, token=token)
        self._namespace = namespace
        self._user: str | None = None
        """Who the token belongs to, once it was asked for."""
        self._hardware = hardware or HardwareCache()
        self._first: JobInfo | None = None
        """The sweep's first job, of the sweep that was last submitted to."""

    @property
    def whereabouts(self) -> tuple[bool, str, str | None]:
        """Whether it is the local service, the namespace, and the endpoint unless it is local: enough to come back."""
        return self.local, self.namespace, None if self.local else self.endpoint

    @property
    def account(self) -> tuple[str, str | bool | None]:
        """Endpoint and token: clients with the same may share what they ask for. Not to be shown."""
        return self.endpoint, self._api.token

    @property
    def namespace(self) -> str:
        """User or organisation the jobs belong to."""
        if self._namespace is None:
            with translate_errors(self.endpoint):
                self._namespace = str(self._api.whoami()["name"])
        return self._namespace

    def has_started(self, facts: JobFacts) -> bool:
        """Whether this account started a job, as far as the Hub says so; on this machine nobody else does."""
        if self.local:
            return True
        if self._user is None:
            with translate_errors(self.endpoint):
                self._user = str(self._api.whoami()["name"])
        # A schedule starts its jobs itself.
        return self._user == (facts.namespace if facts.scheduled_by else facts.owner or facts.namespace)

    def submit(self, request: Request, *, env: Mapping[str, str], secrets: Mapping[str, str]) -> JobFacts:
        """Start a job.

        Parameters
        ----------
        request
            What to run, and how.
        env, secrets
            Values by name.

        Raises
        ------
        HubError
            When the Hub refuses or does not answer.
        """
        SENT.add(secrets.values())
        facts = self._send(request, env=env, secrets=secrets)
        if request.options.no_mask:
            SENT.show(facts.id)
        return facts

    def _send(self, request: Request, *, env: Mapping[str, str], secrets: Mapping[str, str]) -> JobFacts:
        work = request.work
        if isinstance(work, Rerun):
            return self._repeat(work, secrets)
        if isinstance(work, Trigger):
            return self.inspect(self.scheduled.trigger(work.scheduled.id))
        with translate_errors(self.endpoint), silence():
            first = self._inspect_first(request.run.first) if request.run and request.run.first else None
            if first is None and not isinstance(work, ImageCommand):
                check_private(self._api, self.namespace)
            made = settings(self._api, self.namespace, request, env=env, secrets=secrets, first=first)
            if first is not None:
                return facts_of(self._api.run_job(**command_of(first), **made))
            if isinstance(work, ImageCommand):
                return facts_of(self._api.run_job(image=work.image, command=list(work.command), **made))
            with script_arguments(work, request) as own:
                return facts_of(self._api.run_uv_job(**own, **made))

    def _inspect_first(self, job_id: str) -> JobInfo:
        """Ask what the other runs of a sweep share, once: what a job runs never changes."""
        if self._first is None or self._first.id != job_id:
            self._first = self._api.inspect_job(job_id=job_id, namespace=self.namespace)
        return self._first

    def _repeat(self, work: Rerun, secrets: Mapping[str, str]) -> JobFacts:
        if work.spec is None:
            return self.rerun(work.job.id)
        made = repeat_arguments(
            work.spec,
            flavor=work.job.flavor,
            timeout_s=work.timeout_s,
            labels=work.job.labels,
            packages=work.packages,
            secrets=secrets,
        )
        with translate_errors(self.endpoint, work.job.id):
            return facts_of(self._api.run_job(**made, namespace=self.namespace))

    def inspect(self, job_id: str) -> JobFacts:
        """Ask how a job is."""
        with translate_errors(self.endpoint, job_id):
            return facts_of(self._api.inspect_job(job_id=job_id, namespace=self.namespace))

    def spec(self, job_id: str) -> RunSpec:
        """Ask how a job was to run, and how many of its attempts failed: huggingface_hub leaves out some of it."""
        return read_spec(self._get(job_id), self.endpoint)

    def _get(self, job_id: str, more: str = "") -> Any:
        with translate_errors(self.endpoint, job_id):
            return get(f"{self.endpoint}/api/jobs/{self.namespace}/{job_id}{more}", self._api.token)

    def details(self, job_id: str) -> dict[str, Any]:
        """Everything the Hub says of a job, as JSON; of secrets it says names only."""
        with translate_errors(self.endpoint, job_id):
            return as_json(self._api.inspect_job(job_id=job_id, namespace=self.namespace))

    def jobs(
        self, *, status: Collection[str] | None = None, labels: Mapping[str, str] | None = None
    ) -> Iterator[JobFacts]:
        """Jobs of the namespace, newest first; all of them, or those in some stages and with some labels."""
        with translate_errors(self.endpoint):
            found = self._api.list_jobs(
                namespace=self.namespace, status=sorted(status) if status else None, labels=dict(labels or {}) or None
            )
            for info in found:
                yield facts_of(info)

    def set_labels(self, job_id: str, labels: Mapping[str, str]) -> JobFacts:
        """Replace all labels of a job."""
        with translate_errors(self.endpoint, job_id):
            return facts_of(self._api.update_job_labels(job_id=job_id, labels=dict(labels), namespace=self.namespace))

    def expose(self, job_id: str, ports: Sequence[int], public: Sequence[int]) -> dict[str, list[Any]]:
        """Replace the exposed ports of a running job; ``ports``, the ``public_ports`` of them, and their ``urls``."""
        with translate_errors(self.endpoint, job_id):
            info = self._api.update_job_expose(
                job_id=job_id, expose=list(ports), expose_public=list(public), namespace=self.namespace
            )
        return {
            "ports": list(info.expose or []),
            "public_ports": list(info.expose_public or []),
            "urls": list(info.status.expose_urls or []),
        }

    def ssh_url(self, job_id: str) -> str | None:
        """``ssh://…`` of a job started with SSH; None for others."""
        with translate_errors(self.endpoint, job_id):
            return self._api.inspect_job(job_id=job_id, namespace=self.namespace).status.ssh_url

    @property
    def scheduled(self) -> ScheduledClient:
        """Scheduled jobs of the same namespace."""
        return ScheduledClient(self._api, self.namespace)

    def cancel(self, job_id: str) -> None:
        """Ask a job to end."""
        with translate_errors(self.endpoint, job_id):
            self._api.cancel_job(job_id=job_id, namespace=self.namespace)

    def rerun(self, job_id: str) -> JobFacts:
        """Submit the same job again."""
        with translate_errors(self.endpoint, job_id):
            return facts_of(self._api.rerun_job(job_id=job_id, namespace=self.namespace))

    def logs(self, job_id: str, *, follow: bool = False, tail: int | None = None) -> Iterator[str]:
        """Log lines from the first, as the job printed them; with `follow` as they come, until the job ends."""
        with translate_errors(self.endpoint, job_id):
            yield from self._api.fetch_job_logs(job_id=job_id, namespace=self.namespace, follow=follow, tail=tail)

    def read_log(self, job_id: str, *, follow: bool = False) -> Iterator[LogBatch]:
        """Read one connection to its log, from the first line and with times; with `follow` until the stream ends."""
        with translate_errors(self.endpoint, job_id):
            url = f"{self.endpoint}/api/jobs/{self.namespace}/{job_id}/logs"
            yield from read_log(url, self._api.token, follow=follow)

    def metrics(self, job_id: str, *, follow: bool = True) -> Iterator[dict[str, Any]]:
        """Read samples of what the job uses, one a second, until it ends; or just the one of now."""
        with translate_errors(self.endpoint, job_id):
            yield from self._api.fetch_job_metrics(job_id=job_id, namespace=self.namespace, follow=follow)

    def past_metrics(self, job_id: str) -> list[dict[str, Any]]:
        """Give the samples of a job of the local service from its start; the Hub has no such thing."""
        return list(self._get(job_id, "/metrics/history"))

    def page_link(self, job_id: str) -> str:
        """Ask the local service for a link that opens a job's page in any browser of this user: once, in a minute."""
        with translate_errors(self.endpoint, job_id):
            answer = post(f"{self.endpoint}/api/jobs/{self.namespace}/{job_id}/page-link", self._api.token)
            return str(answer["url"])

    def script_texts(self, job_id: str) -> tuple[str, str] | None:
        """Script of a job that was submitted as a file, and what came along from the notebook, from their bucket."""
        with translate_errors(self.endpoint, job_id), silence():
            info = self._api.inspect_job(job_id=job_id, namespace=self.namespace)
            return read_script_texts(self._api, info)

    def run_folder(self, facts: JobFacts) -> RunFolder | None:
        """Open the folder of a cell's job, with what it has shown and how it ended; None for every other job."""
        return RunFolder(self._api, facts.folder, facts.attempts, bool(facts.out_dir)) if facts.folder else None

    @property
    def run_folders(self) -> RunFolders:
        """All such folders of the namespace."""
        return RunFolders(self._api, self.namespace)

    @property
    def input_folders(self) -> InputFolders:
        """Values that were sent along with its jobs."""
        return InputFolders(self._api, self.namespace)

    @property
    def sweep_files(self) -> SweepFiles:
        """What sweeps of the namespace are, so that another kernel can go on with them."""
        return SweepFiles(self._api, self.namespace)

    def hardware(self) -> tuple[Hardware, ...]:
        """Flavors and prices."""
        return self._hardware.of(self._api)

    def last_hardware(self) -> tuple[Hardware, ...]:
        """Flavors and prices as they were when somebody asked last; asks nobody."""
        return self._hardware.last_of(self._api)
