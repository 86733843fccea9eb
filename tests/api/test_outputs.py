"""What a cell's job has shown and how it failed, read back from its folder, by real jobs on the local service."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from typing import Any

import nbformat
import pytest

import hfjobs_magic
from hfjobs_magic.errors import JobFailedError, RemoteError


def run(code: str, **options) -> hfjobs_magic.Job:
    return hfjobs_magic.run(code, local=True, **options)


def failure(code: str) -> JobFailedError:
    with pytest.raises(JobFailedError) as raised:
        run(code).wait(timeout=120)
    return raised.value


def test_outputs_come_back_in_order_as_they_are_last(local):
    code = (
        "handle = display({'text/plain': 'old', 'text/html': '<i>old</i>'}, raw=True, display_id='one')\n"
        "handle = display('two')\n"
        "from IPython.display import update_display\n"
        "update_display({'text/plain': 'new', 'text/html': '<b>new</b>'}, raw=True, display_id='one')\n"
        "6 * 7\n"
    )
    job = run(code).wait(timeout=120)
    assert [item.kind for item in job.outputs] == ["display_data", "display_data", "execute_result"]
    assert [item.data["text/plain"] for item in job.outputs] == ["new", "'two'", "42"]
    assert job.outputs[0].data["text/html"] == "<b>new</b>"
    assert repr(job.outputs) == "new\n'two'\n42"
    again = hfjobs_magic.attach(job.id, local=True)
    assert [item.data for item in again.outputs] == [item.data for item in job.outputs]


def test_outputs_of_a_job_that_still_runs(local, tmp_path):
    go = tmp_path / "go"
    code = f"import os, time\ndisplay('first')\nwhile not os.path.exists({str(go)!r}): time.sleep(0.02)\n"
    job = run(code)
    for line in job.logs(follow=True):
        if line.startswith("[output 1]"):
            break
    assert [item.data["text/plain"] for item in job.outputs] == ["'first'"]
    go.touch()
    job.wait(timeout=120)


def test_ten_thousand_outputs_and_those_of_forked_processes_come_through_the_follower(local):
    code = (
        "import os\nif os.fork() == 0:\n    display('of a child')\n    os._exit(0)\nos.wait()\n"
        "for number in range(10_000): display(number)\n'an ending'\n"
    )
    job = run(code).wait(timeout=120)
    follower = job.open_follower(job)
    assert [item.data["text/plain"] for item in follower.shown.outputs] == [str(number) for number in range(200)]
    assert [item.number for item in job.outputs] == list(range(1, 201))
    lines = follower.log.lines(0, 20_000)
    assert "'of a child'" in lines
    assert "[outputs] 200 outputs are shown at most; the others follow as text." in lines
    # Those that have no file are text, in their order.
    assert lines[-9_801:] == [*map(str, range(200, 10_000)), "'an ending'"]
    assert sorted(follower.shown.lines) == list(range(1, 201))
    assert [lines[at] for at in list(follower.shown.lines.values())[:3]] == [
        f"[output {at}] {at - 1}" for at in (1, 2, 3)
    ]


def test_the_outputs_of_a_job_are_those_of_its_last_attempt(local):
    code = (
        "import os, pathlib\ntried = pathlib.Path(__file__).parent / 'tried'\ndisplay('always')\n"
        "if not tried.exists():\n    tried.touch()\n    raise ValueError('first')\n'second'"
    )
    job = run(code, attempts=2).wait(timeout=120)
    assert [(item.kind, item.data["text/plain"]) for item in job.outputs] == [
        ("display_data", "'always'"),
        ("execute_result", "'second'"),
    ]
    follower = job.open_follower(job)
    assert [item.data["text/plain"] for item in follower.shown.outputs] == ["'always'", "'second'"]
    assert sum(line.startswith("[outputs] this is a new attempt") for line in follower.log.lines(0, 1_000)) == 1


def test_a_job_may_be_named_after_what_its_cell_imports(local):
    job = run("import textwrap\ntextwrap.dedent('  a')", name="textwrap").wait(timeout=120)
    assert [item.data["text/plain"] for item in job.outputs] == ["'a'"]
    assert job.name == "textwrap"


def test_what_somebody_elses_job_has_shown_is_displayed_without_its_scripts(local):
    job = run("from IPython.display import HTML\nHTML('<script>1</script>')").wait(timeout=120)
    assert job.outputs[0]._repr_mimebundle_()[0]["text/html"] == "<script>1</script>"
    attached = hfjobs_magic.attach(job.id, local=True)
    assert attached.outputs[0].trusted
    # As a client of the Hub would have it, and the account another one.
    attached.client.local, attached.client._user = False, "somebody"
    assert "<iframe sandbox" in attached.outputs[0]._repr_mimebundle_()[0]["text/html"]
    assert attached.outputs[0].data["text/html"] == "<script>1</script>"
    attached.client._user = attached.facts.owner or attached.facts.namespace
    assert attached.outputs[0].trusted


def test_an_error_is_the_builtin_that_it_was(local):
    error = failure("x = 1\ndef f():\n    raise ValueError('boom')\nf()\n")
    assert isinstance(error, RemoteError)
    assert isinstance(error, ValueError)
    assert ": ValueError: boom (line 3). `%hfjobs logs " in str(error)
    assert error.remote_type == "builtins.ValueError"
    assert [(frame["file"], frame["line"]) for frame in error.frames] == [("The cell", 4), ("The cell", 3)]
    assert "Traceback (most recent call last)" in error.traceback
    assert "ValueError" in error._render_traceback_()[-1]
    assert error.job.outputs[-1].kind == "error"
    told = error.job.outputs[-1].as_nbformat()
    assert (told["output_type"], told["ename"], told["evalue"]) == ("error", "ValueError", "boom")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[told])])
    nbformat.validate(made)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="groups came with Python 3.11")
def test_a_group_is_caught_by_the_classes_of_its_errors(local):
    code = (
        "raise ExceptionGroup('many', [ValueError('a'), OSError(2, 'gone', 'x.csv'),\n"
        "    ExceptionGroup('inner', [ValueError('b'), SyntaxError('c')])])\n"
    )
    error = failure(code)
    assert isinstance(error, RemoteError)
    assert ": ExceptionGroup: many (3 sub-exceptions) (line 1). `%hfjobs logs " in str(error)
    assert error.remote_type == "builtins.ExceptionGroup"
    assert "ValueError: b" in "\n".join(error._render_traceback_())
    caught: dict[str, list[str]] = {}
    exec(  # noqa: S102 - `except*` is no syntax of Python 3.10
        textwrap.dedent("""
        try:
            try:
                raise error
            except* ValueError as group:
                caught["ValueError"] = [str(one) for one in leaves(group)]
                assert group.job is error.job and isinstance(group, RemoteError)
            except* FileNotFoundError as group:
                caught["FileNotFoundError"] = [one.filename for one in leaves(group)]
        except* RemoteError as group:
            caught["rest"] = [one.remote_type for one in leaves(group)]
        """),
        {"error": error, "caught": caught, "RemoteError": RemoteError, "leaves": leaves},
    )
    assert caught == {
        "ValueError": ["ValueError: a", "ValueError: b"],
        "FileNotFoundError": ["x.csv"],
        "rest": ["builtins.SyntaxError"],
    }


def leaves(group: Any) -> list[Any]:
    return [leaf for one in group.exceptions for leaf in (leaves(one) if hasattr(one, "exceptions") else [one])]


def test_an_error_of_a_class_that_is_not_here(local):
    error = failure("class Odd(KeyError): pass\nraise Odd('key')\n")
    assert isinstance(error, RemoteError)
    assert isinstance(error, KeyError)
    assert error.remote_type == "__main__.Odd"


def test_an_error_has_what_its_class_says_besides_the_text(local):
    error = failure("open('/no/such/file')\n")
    assert isinstance(error, FileNotFoundError)
    assert (error.errno, error.filename, error.strerror) == (2, "/no/such/file", "No such file or directory")
    assert ": FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file' (line 1). `" in str(error)
    once = failure("raise ImportError('It ends in a period.', name='thing')\n")
    assert once.name == "thing"
    assert ": ImportError: It ends in a period. (line 1). `%hfjobs logs " in str(once)


@pytest.mark.parametrize("kind", [UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError])
def test_an_error_of_a_codec_is_caught_and_has_its_parts(local, kind: type[UnicodeError]):
    parts = (["x"] if kind is not UnicodeTranslateError else []) + ["caf\xe9 \ud800", 3, 4, "no such letter"]
    if kind is UnicodeDecodeError:
        parts[1] = b"caf\xe9\x00"
    error: Any = failure(f"raise {kind.__name__}{tuple(parts)!r}")
    assert isinstance(error, RemoteError)
    assert isinstance(error, kind)
    names = ["encoding", "object", "start", "end", "reason"][-len(parts) :]
    assert [getattr(error, name) for name in names] == parts
    assert f": {kind.__name__}: " in str(error)
    assert "no such letter (line 1). `%hfjobs logs " in str(error)


def test_of_a_syntax_error_the_traceback_is_the_jobs(local):
    error = failure("x = 1\neval('1 +')\n")
    # Of what is one IPython shows no traceback but its own.
    assert not isinstance(error, SyntaxError)
    assert type(error) is RemoteError
    assert error.remote_type.endswith("SyntaxError")
    assert "eval('1 +')" in "\n".join(error._render_traceback_())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys\nsys.exit(3)", "the cell ended with exit code 3"),
        ("import os\nos._exit(4)", "the cell ended with exit code 4"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "it was ended by SIGSEGV"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "it was killed, perhaps because memory ran out"),
    ],
)
def test_ends_that_have_a_name(local, code: str, said: str):
    error = failure(code)
    assert not isinstance(error, RemoteError)
    assert said in str(error)


def test_the_last_line_of_a_program_that_exits_is_told(local):
    error = failure("import argparse\nparser = argparse.ArgumentParser('train')\nparser.error('no --lr')")
    assert "the cell ended with exit code 2. Last line: train: error: no --lr. `%hfjobs" in str(error)


def test_an_error_that_would_end_a_coroutine_reaches_who_awaits(local):
    job = run("next(iter([]))")

    async def wait() -> None:
        await job

    with pytest.raises(RemoteError, match="StopIteration") as raised:
        asyncio.run(wait())
    assert raised.value.remote_type == "builtins.StopIteration"


def test_noise_after_the_traceback_is_not_the_reason(local):
    error = failure(
        "import atexit, sys\natexit.register(lambda: print('Exception ignored in: x', file=sys.stderr))\n1 / 0\n"
    )
    assert "ZeroDivisionError: division by zero (line 3)" in str(error)


def test_a_plain_script_has_no_outputs_and_fails_as_before(local):
    job = run("print(1)\n", script=True).wait(timeout=120)
    assert len(job.outputs) == 0
    assert repr(job.outputs) == "No outputs."
    with pytest.raises(JobFailedError, match=r"ended in ERROR: ValueError: boom \(line 1\)\."):
        run("raise ValueError('boom')\n", script=True).wait(timeout=120)


def test_names_that_are_given(local):
    job = run("print(greeting)\n", names={"greeting": "hello there"}).wait(timeout=120)
    assert "hello there" in list(job.logs())
