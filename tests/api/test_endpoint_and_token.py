"""`endpoint=` and `token=` of the Python functions, with the local service in the place of another Hub."""

from __future__ import annotations

import pickle
import traceback
from typing import TYPE_CHECKING

import pytest

import hfjobs_magic
from hfjobs_magic.errors import HfJobsError, HubUnreachableError, NotLoggedInError, OptionError
from hfjobs_magic.widgets.card import JobCard
from hfjobs_magic.widgets.scheduled import ScheduledCard

if TYPE_CHECKING:
    from collections.abc import Callable

    from hfjobs_magic.local.daemon import Service


@pytest.fixture
def there(service: Service) -> dict[str, str]:
    """Where, as keywords; `--local` would not find this service here."""
    return {"endpoint": service.endpoint, "token": service.token, "namespace": service.namespace}


@pytest.mark.lowest
def test_a_job_is_run_listed_attached_and_rerun_at_another_endpoint(service: Service, there: dict[str, str]):
    job = hfjobs_magic.run("import sys; print(sys.argv[1:])", name="elsewhere", script_args=["a"], **there)
    assert list(job.wait(timeout=120).logs()) == ["['a']"]
    assert job.client.local is False
    assert job.client.endpoint == service.endpoint
    assert hfjobs_magic.attach("elsewhere", **there).id == job.id
    assert job.id in [found.id for found in hfjobs_magic.jobs(status="COMPLETED", **there)]
    for again in (job.rerun(), job.rerun(script_args=["b"]), hfjobs_magic.attach(job.id, **there).rerun()):
        assert again.wait(timeout=120).client.endpoint == service.endpoint


def test_the_token_is_in_nothing_that_is_kept_or_shown(service: Service, there: dict[str, str], monkeypatch):
    job = hfjobs_magic.run("print(1)", name="tokens", **there).wait(timeout=120)
    scheduled = hfjobs_magic.schedule("print(1)", "@yearly", **there)
    job_card, scheduled_card = JobCard(job), ScheduledCard(scheduled)
    for card in (job_card, scheduled_card):
        assert service.token not in repr(card._repr_mimebundle_())
        assert service.token not in repr({name: value for name, value in card.get_state().items() if name != "_esm"})
    for one in (job, scheduled, job.client, job.options, job.status, scheduled.status):
        assert service.token not in repr(one)
        assert service.token not in repr(vars(one)) or one is job.client._api
    data = pickle.dumps([job, scheduled])
    assert service.token.encode() not in data
    with pytest.raises(NotLoggedInError):
        pickle.loads(data)  # noqa: S301 - our own; the token comes from the environment, where there is none
    monkeypatch.setenv("HF_TOKEN", service.token)
    again, scheduled_again = pickle.loads(data)  # noqa: S301 - our own
    assert (again.id, again.client.endpoint) == (job.id, service.endpoint)
    assert scheduled_again.schedule == "@yearly"
    assert scheduled_again.client.endpoint == service.endpoint
    scheduled.delete()
    job_card.close()
    scheduled_card.close()


CALLS: dict[str, Callable[..., object]] = {
    "run": lambda **where: hfjobs_magic.run("print(1)", **where),
    "schedule": lambda **where: hfjobs_magic.schedule("print(1)", "@daily", **where),
    "jobs": hfjobs_magic.jobs,
    "attach": hfjobs_magic.attach,
    "scheduled_jobs": hfjobs_magic.scheduled_jobs,
}


@pytest.mark.parametrize("call", CALLS)
def test_what_does_not_go_together_is_said(call: str, local: Service):
    secret = "hf_notatoken0123456789"
    for where, message in (
        ({"endpoint": "https://hub.test"}, r"an endpoint and a token of its own\. Leave endpoint= or local= out\."),
        ({"token": secret}, r"an endpoint and a token of its own\. Leave token= or local= out\."),
    ):
        with pytest.raises(OptionError, match=message):
            CALLS[call](local=True, **where)
    for wrong in (secret, "hub.test", "file:///etc", "https://"):
        with pytest.raises(OptionError, match="endpoint= is not an address") as caught:
            CALLS[call](endpoint=wrong, token=secret)
        assert secret not in "".join(traceback.format_exception(caught.value)).replace(repr(secret), "")


@pytest.mark.parametrize("call", CALLS)
def test_a_token_that_is_not_accepted_is_in_no_error(call: str, service: Service):
    secret = "hf_notatoken0123456789"
    with pytest.raises(HfJobsError) as caught:
        CALLS[call](endpoint=service.endpoint, token=secret, namespace="local")
    assert secret not in str(caught.value)


def test_nor_is_it_where_nothing_answers():
    secret = "hf_notatoken0123456789"
    with pytest.raises(HubUnreachableError, match=r"Nothing answers at http://127\.0\.0\.1:9 ") as caught:
        hfjobs_magic.scheduled_jobs(endpoint="http://127.0.0.1:9", token=secret, namespace="local")
    assert secret not in str(caught.value)
    assert "`%hfjobs ls --local` starts it again" in str(caught.value)
    with pytest.raises(HubUnreachableError, match="Check the network and HF_ENDPOINT, or add --local"):
        hfjobs_magic.scheduled_jobs(endpoint="http://hub.invalid", token=secret, namespace="local")
