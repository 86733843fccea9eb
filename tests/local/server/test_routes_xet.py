"""Contents over HTTP: through hf_xet itself, and by hand where it would never go."""

from __future__ import annotations

import array
import http.client
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from hfjobs_magic.local.server.security import MAX_UPLOAD
from hfjobs_magic.local.storage.content import STORE_LIFE
from hfjobs_magic.local.storage.xet import CHUNK, FRAME, PART, Xorb, frame_chunk
from hfjobs_magic.local.storage.xet_hash import FileHash
from tests.local.storage.making import make_shard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.local.serving import Server


@pytest.fixture
def bucket(server: Server, request: Any) -> str:
    return server.make_bucket(f"xet-{abs(hash(request.node.name))}")


def store(server: Server, bucket: str) -> str:
    """The path of a store to upload to."""
    address = server.http("GET", f"/api/buckets/{bucket}/xet-write-token").json()["casUrl"]
    return address.removeprefix(server.endpoint)


@cache
def make_contents() -> dict[str, bytes]:
    """Make files of every kind, once: 60 MB that whoever only collects tests does without."""
    numbers = array.array("f", [number * 0.5 for number in range(3_000_000)]).tobytes()
    return {
        "text": b"".join(b"line %d of a long text\n" % number for number in range(300_000)),
        "numbers": numbers,
        "noise": os.urandom(PART * CHUNK + 17),
        "whole parts": os.urandom(PART * CHUNK),
        "one chunk": os.urandom(CHUNK),
        "byte": b"x",
        "empty": b"",
        "repeated": numbers[:1_000_000] * 5,
    }


def test_contents_of_every_kind_come_back_the_same(server: Server, bucket: str, tmp_path: Path):
    contents = make_contents()
    server.api.batch_bucket_files(bucket, add=[(data, name) for name, data in contents.items()])
    server.api.download_bucket_files(bucket, [(name, tmp_path / name) for name in contents])
    assert {name: (tmp_path / name).read_bytes() == data for name, data in contents.items()} == dict.fromkeys(
        contents, True
    )


@pytest.mark.parametrize("size", [1, 5000, 131_072])
def test_a_client_may_cut_a_file_where_it_likes(server: Server, bucket: str, size: int, tmp_path: Path):
    # @huggingface/hub, the JavaScript client, cuts at the ends of what it happens to read, too.
    data = os.urandom(min(2_000_000, 2000 * size))
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    computed = FileHash()
    for chunk in chunks:
        computed.add(chunk)
    path, xorb = store(server, bucket), "cd" * 32
    server.http("POST", f"{path}/v1/xorbs/default/{xorb}", content=b"".join(map(frame_chunk, chunks)))
    shard = make_shard((computed.read(), [(xorb, 0, len(chunks))]))
    assert server.http("POST", f"{path}/v1/shards", content=shard).status_code == 200
    line = f'{{"type": "addFile", "path": "a", "xetHash": "{computed.read()}"}}'
    assert server.http("POST", f"/api/buckets/{bucket}/batch", content=line).json()["succeeded"] == 1
    server.api.download_bucket_files(bucket, [("a", tmp_path / "a")])
    assert (tmp_path / "a").read_bytes() == data


def test_many_small_files_and_the_same_again(server: Server, bucket: str, tmp_path: Path):
    files = {f"{number}": b"%d" % number * 50 for number in range(300)}
    for _ in range(2):
        server.api.batch_bucket_files(bucket, add=[(data, name) for name, data in files.items()])
    more = {f"more/{name}": data + b"!" for name, data in files.items()}
    server.api.batch_bucket_files(bucket, add=[(data, name) for name, data in more.items()])
    files |= more
    server.api.download_bucket_files(bucket, [(name, tmp_path / name) for name in files])
    assert {name: (tmp_path / name).read_bytes() for name in files} == files


def test_a_client_needs_no_access_to_the_services_files(server: Server, bucket: str):
    for kind in ("read", "write"):
        token = server.http("GET", f"/api/buckets/{bucket}/xet-{kind}-token").json()
        assert token["casUrl"].startswith(f"{server.endpoint}/xet/")
        assert str(server.data_dir) not in str(token)


def test_only_signed_addresses_are_served_without_the_token(server: Server, bucket: str):
    server.api.batch_bucket_files(bucket, add=[(b"content", "file")])
    xet_hash = next(iter(server.api.list_bucket_tree(bucket))).xet_hash
    route = f"/xet/read/v1/reconstructions/{xet_hash}"
    assert httpx2.get(server.endpoint + route).status_code == 401
    places = server.http("GET", route).json()["fetch_info"]
    url = next(iter(places.values()))[0]["url"]
    assert httpx2.get(url).content[FRAME.size :] == b"content"
    assert httpx2.head(url).status_code == 206
    other = xet_hash[::-1]
    for wrong in (url[:-1], url.partition("?")[0], url.replace(xet_hash, other), url + "\u00e9"):
        assert httpx2.get(wrong).status_code == 403, wrong
    assert httpx2.get(url.replace("/0?", "/1?")).status_code == 404
    for method, path in (("POST", f"{store(server, bucket)}/v1/shards"), ("POST", f"/xet/parts/{xet_hash}/0")):
        assert httpx2.request(method, server.endpoint + path).status_code in {401, 405}


def test_ranges_of_a_file_and_of_its_parts(server: Server, bucket: str):
    data = make_contents()["noise"]
    server.api.batch_bucket_files(bucket, add=[(data, "file")])
    xet_hash = next(iter(server.api.list_bucket_tree(bucket))).xet_hash
    route = f"/xet/read/v1/reconstructions/{xet_hash}"
    for start, end in ((0, 10), (CHUNK - 1, CHUNK + 1), (PART * CHUNK - 5, len(data)), (len(data) - 1, len(data) + 9)):
        answer = server.http("GET", route, headers={"Range": f"bytes={start}-{end - 1}"}).json()
        read = b""
        for term in answer["terms"]:
            (place,) = answer["fetch_info"][term["hash"]]
            first, last = place["url_range"].values()
            part = httpx2.get(place["url"], headers={"Range": f"bytes={first}-{last}"})
            assert (part.status_code, len(part.content)) == (206, last + 1 - first)
            chunks = list(Xorb(part.content).unpack(0, term["range"]["end"] - term["range"]["start"]))
            assert len(b"".join(chunks)) == term["unpacked_length"]
            read += b"".join(chunks)
        offset = answer["offset_into_first_range"]
        assert read[offset : offset + end - start].startswith(data[start:end])
        assert data[start:end]
    for wrong in (f"bytes={len(data)}-{len(data) + 5}", "bytes=5-2", "bytes=-5", "lines=1-2", "bytes=a-b"):
        assert server.http("GET", route, headers={"Range": wrong}).status_code == 416, wrong
    assert server.http("GET", f"/xet/read/v1/reconstructions/{xet_hash[::-1]}").status_code == 404
    assert server.http("GET", "/xet/read/v1/reconstructions/abc").status_code == 400


def ask_to_upload(server: Server, path: str, size: int) -> int:
    """The answer to the head of a request, before any of its body is sent."""
    connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"), timeout=30)
    connection.putrequest("POST", path)
    connection.putheader("Authorization", f"Bearer {server.token}")
    connection.putheader("Content-Length", str(size))
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_uploads_that_make_no_sense_are_refused_and_leave_nothing(server: Server, bucket: str):
    path, xorb = store(server, bucket), "ab" * 32
    assert server.http("POST", f"{path}/v1/shards", content=b"no shard").status_code == 400
    assert server.http("POST", f"{path}/v1/xorbs/default/../../etc", content=b"x").status_code == 404
    assert server.http("POST", f"{path}/v1/xorbs/default/{'zz' * 32}", content=b"x").status_code == 400
    assert server.http("POST", f"/xet/{'A' * 32}/v1/xorbs/default/{xorb}", content=b"x").status_code == 404
    assert server.http("POST", f"/xet/{'A' * 32}/v1/shards", content=b"x").status_code == 400
    assert ask_to_upload(server, f"{path}/v1/xorbs/default/{xorb}", MAX_UPLOAD + 1) == 413
    # What is named as a file's content without being it never becomes that file.
    assert server.http("POST", f"{path}/v1/xorbs/default/{xorb}", content=b"x" * 100).json() == {"was_inserted": True}
    assert server.http("POST", f"{path}/v1/xorbs/default/{xorb}", content=b"y" * 100).json() == {"was_inserted": False}
    line = f'{{"type": "addFile", "path": "a", "xetHash": "{xorb}"}}'
    answer = server.http("POST", f"/api/buckets/{bucket}/batch", content=line)
    assert (answer.status_code, answer.json()["failed"][0]["error"]) == (422, "its content was not uploaded")


def test_uploads_are_kept_for_as_long_as_a_client_may_refer_to_them(make_server: Callable[..., Server]):
    server = make_server()
    server.api.create_bucket("local/kept")
    (server.data_dir / "cas/all").mkdir()
    old, new = (store(server, "local/kept").rpartition("/")[2] for _ in range(2))
    for name in (old, new):
        server.http("POST", f"/xet/{name}/v1/xorbs/default/{'ab' * 32}", content=b"x")
    then = time.time() - STORE_LIFE - 1
    os.utime(server.data_dir / "cas" / old, (then, then))
    store(server, "local/kept")
    assert {path.name for path in (server.data_dir / "cas").iterdir()} == {new, "all"}
    server.kill()
    server.start()
    assert {path.name for path in (server.data_dir / "cas").iterdir()} == {new}
