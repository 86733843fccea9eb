"""What the Hub has besides buckets: models, datasets and Spaces. There are none here, and each request says so.

The error code is the Hub's, so that clients raise RepositoryNotFoundError, and `repo_exists` is False.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from hfjobs_magic.local.errors import ApiError, NotFoundError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KINDS = ("models", "datasets", "spaces")
"""As paths name them."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


async def refuse_repository(request: Request) -> Response:
    """Answer every request for a repository, a part of it or a file in it: 404."""
    name = request.path_params["repository"]
    raise NotFoundError(
        f"There is no repository {name!r} here: the local service has buckets only. "
        "To read it from the Hub, unset HF_ENDPOINT.",
        "RepoNotFound",
    )


async def refuse_creation(_: Request) -> Response:
    """Answer `POST /api/repos/create`: 403, since nothing would serve the repository."""
    raise ApiError(403, "The local service has buckets only, no models, datasets or Spaces. Create a bucket instead.")


async def refuse_deletion(_: Request) -> Response:
    """Answer `DELETE /api/repos/delete`: 404, since there is none."""
    raise NotFoundError("Repository not found: the local service has buckets only.", "RepoNotFound")


ROUTES = [
    *(Route(f"/api/{kind}/{{repository:path}}", refuse_repository, methods=_METHODS) for kind in KINDS),
    Route("/api/repos/create", refuse_creation, methods=["POST"]),
    Route("/api/repos/delete", refuse_deletion, methods=["DELETE"]),
    # Files of models have no prefix, those of datasets and Spaces begin with their kind.
    Route("/{repository:path}/resolve/{rest:path}", refuse_repository, methods=["GET", "HEAD"]),
]
