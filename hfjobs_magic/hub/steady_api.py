"""huggingface_hub's client, as one that asks once more when its connection was closed under it.

huggingface_hub has one HTTP client for all threads, and closes it for all of them where a request of any thread finds
nobody to connect to (``close_session`` in its ``http_backoff``). What another thread waits for at that moment never
comes, though its own server is well: so a question is asked again, once. What starts or changes something is sent again
only where it certainly was not sent.

It also waits for an answer without end. After a laptop has slept, or where a network drops what it is sent, none ever
comes: a question is given up after `QUESTION_S`.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, cast

from huggingface_hub import HfApi, get_session
from huggingface_hub.errors import HfHubHTTPError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

QUESTION_S = 30.0
"""Silence after which a question is given up, in seconds: the Hub answers in less than one."""

_is_question: ContextVar[bool] = ContextVar("hfjobs_question", default=False)

_NO_MORE = object()

Method = TypeVar("Method", bound="Callable[..., Any]")


def ask_again(call: Method) -> Method:
    """Make a call that only asks happen once more where the client was closed under it."""

    @functools.wraps(call)
    def ask(*args: Any, **options: Any) -> Any:
        with _asking() as client:
            try:
                return call(*args, **options)
            except Exception as error:
                if not (client.is_closed and _is_cut(error)):
                    raise
        with _asking():
            return call(*args, **options)

    return cast("Method", ask)


def list_again(call: Method) -> Method:
    """Make a call that gives one thing after the other happen once more, where it had given none."""

    @functools.wraps(call)
    def ask(*args: Any, **options: Any) -> Iterator[Any]:
        items, begun = iter(call(*args, **options)), False
        while True:
            with _asking() as client:
                try:
                    item = next(items, _NO_MORE)
                except Exception as error:
                    if begun or not (client.is_closed and _is_cut(error)):
                        raise
                    items, begun = iter(call(*args, **options)), True
                    continue
            begun = True
            if item is _NO_MORE:
                return
            yield item

    return cast("Method", ask)


def send_again(call: Method) -> Method:
    """Make a call that changes something happen once more where its last request was not sent."""

    @functools.wraps(call)
    def ask(*args: Any, **options: Any) -> Any:
        client = get_session()
        try:
            return call(*args, **options)
        except RuntimeError:
            # "Cannot send a request, as the client has been closed": the client says so before it sends anything.
            if not client.is_closed:
                raise
        return call(*args, **options)

    return cast("Method", ask)


@contextmanager
def _asking() -> Iterator[Any]:
    """Limit how long the requests of the block wait; the client that sends them."""
    client = get_session()
    hooks = client.event_hooks
    if _limit not in hooks["request"]:
        client.event_hooks = {**hooks, "request": [*hooks["request"], _limit]}
    token = _is_question.set(True)
    try:
        yield client
    finally:
        _is_question.reset(token)


def _limit(request: Any) -> None:
    """Give a request of ours a time in which it is to be answered, where it has none; no other request."""
    waits = request.extensions.get("timeout") or {}
    if _is_question.get() and waits.get("read") is None:
        request.extensions = {**request.extensions, "timeout": {**waits, "connect": QUESTION_S, "read": QUESTION_S}}


def _is_cut(error: Exception) -> bool:
    """Whether it can come of a client that was closed: an answer cannot, nor that nobody was there to connect to.

    The class is told by its name: its module is another one with each version of huggingface_hub.
    """
    return not isinstance(error, HfHubHTTPError) and type(error).__name__ not in {"ConnectError", "ConnectTimeout"}


class SteadyApi(HfApi):
    """The Hub's API as far as it is used here."""

    bucket_info = ask_again(HfApi.bucket_info)
    download_bucket_files = ask_again(HfApi.download_bucket_files)
    inspect_job = ask_again(HfApi.inspect_job)
    inspect_scheduled_job = ask_again(HfApi.inspect_scheduled_job)
    list_jobs_hardware = ask_again(HfApi.list_jobs_hardware)
    list_scheduled_jobs = ask_again(HfApi.list_scheduled_jobs)
    whoami = ask_again(HfApi.whoami)

    # A second one ends as the first, or finds what the first has done.
    cancel_job = ask_again(HfApi.cancel_job)
    update_job_expose = ask_again(HfApi.update_job_expose)
    update_job_labels = ask_again(HfApi.update_job_labels)

    get_bucket_paths_info = list_again(HfApi.get_bucket_paths_info)
    list_bucket_tree = list_again(HfApi.list_bucket_tree)
    list_jobs = list_again(HfApi.list_jobs)

    batch_bucket_files = send_again(HfApi.batch_bucket_files)
    create_bucket = send_again(HfApi.create_bucket)
    create_scheduled_job = send_again(HfApi.create_scheduled_job)
    create_scheduled_uv_job = send_again(HfApi.create_scheduled_uv_job)
    rerun_job = send_again(HfApi.rerun_job)
    run_job = send_again(HfApi.run_job)
    run_uv_job = send_again(HfApi.run_uv_job)
    trigger_scheduled_job = send_again(HfApi.trigger_scheduled_job)
