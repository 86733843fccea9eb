"""How jobs end, in words; what is guessed is said to be."""

from __future__ import annotations

import pytest

from hfjobs_magic.exchange.ending import Ending, read_end

GB = 1_000_000_000
ERROR = {"type": "ValueError", "message": "boom\nmore", "line": 4}
SCRIPT = [
    "Traceback (most recent call last):",
    '  File "/data/other.py", line 1, in <module>',
    "ValueError: first",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "/data/train.py", line 7, in <module>',
    "    raise OddError('no such thing')",
    '  File "/usr/lib/python3/thing.py", line 90, in f',
    "    g()",
    "package.errors.OddError: no such thing",
    "Exception ignored in: <function f at 0x7f>",
    "KeyError: 'noise'",
]
OOM = {"type": "OutOfMemoryError", "message": "CUDA out of memory. Tried", "line": 2}


@pytest.mark.parametrize(
    ("report", "lines", "message", "said"),
    [
        ({"error": ERROR, "code": 1}, [], "exit code: 1", "ValueError: boom (line 4)"),
        (
            {"error": OOM, "gpu": [{"peak_bytes": 15.7 * GB, "total_bytes": 16 * GB}]},
            [],
            "",
            "OutOfMemoryError: CUDA out of memory. Tried (line 2): out of GPU memory, 15.7 of 16.0 GB used; "
            "`%hfjobs hardware` shows flavors with more",
        ),
        *(
            (
                {"error": {"type": "RuntimeError", "message": message}},
                [],
                "",
                f"RuntimeError: {message}: {guess}out of GPU memory; `%hfjobs hardware` shows flavors with more",
            )
            for message, guess in (
                ("CUDA error: out of memory", ""),
                ("HIP out of memory. Tried to allocate 2.00 GiB", ""),
                ("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes.", ""),
                ("OOM when allocating tensor with shape[9] and type float on /job:localhost/device:GPU:0", ""),
                ("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", "most likely "),
            )
        ),
        *(
            (
                {"error": {"type": kind, "message": message, "bases": bases}},
                [],
                "",
                f"{kind}: {message}: {guess}out of memory; take a --flavor with more memory",
            )
            for kind, message, bases, guess in (
                ("_ArrayMemoryError", "Unable to allocate 7.28 TiB", ["MemoryError", "Exception"], ""),
                ("RuntimeError", "[x.cpp:9] DefaultCPUAllocator: can't allocate memory: you tried", [], ""),
                ("OSError", "[Errno 12] Cannot allocate memory", ["OSError"], ""),
                ("RuntimeError", "DataLoader worker (pid 7) is killed by signal: Killed.", [], "most likely "),
            )
        ),
        *(
            (
                {"error": {"type": kind, "message": message}},
                [],
                "",
                f"{kind}: {message}: the job's disk is full; keep fewer files, or take a --flavor with more storage "
                "(`hf jobs hardware`)",
            )
            for kind, message in (
                ("OSError", "[Errno 28] No space left on device: '/root/.cache/huggingface/hub'"),
                ("OSError", "[Errno 122] Disk quota exceeded"),
                (
                    "SafetensorError",
                    'Error while serializing: IoError(Os { code: 28, message: "No space left on device" })',
                ),
                ("RuntimeError", "Data processing error: I/O error: No space left on device (os error 28)"),
                ("OperationalError", "database or disk is full"),
            )
        ),
        *(
            (
                {"error": {"type": "RuntimeError", "message": message}},
                [],
                "",
                f"RuntimeError: {message}: out of shared memory; use fewer or no workers (num_workers=0), "
                "or smaller batches",
            )
            for message in (
                "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that dataloader's workers "
                "are out of shared memory. Please try to raise your shared memory limit.",
                "unable to write to file </torch_41_1>: No space left on device (28)",
                "unable to mmap 64 bytes from file </torch_41_1>: Cannot allocate memory (12)",
                "Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).",
            )
        ),
        (
            {"error": {**OOM, "message": "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total of " * 9}},
            [],
            "",
            "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB (line 2): out of GPU memory; "
            "`%hfjobs hardware` shows flavors with more",
        ),
        (
            {"signal": "SIGKILL", "memory": {"peak_bytes": 15.7 * GB, "limit_bytes": 16 * GB, "oom_kills": 0}},
            [],
            "",
            "it was killed, most likely because memory ran out: 15.7 of 16.0 GB; take a --flavor with more memory",
        ),
        (
            {"signal": "SIGKILL", "memory": {"peak_bytes": 16 * GB, "limit_bytes": 16 * GB, "oom_kills": 1}},
            [],
            "",
            "it was killed because memory ran out: 16.0 of 16.0 GB; take a --flavor with more memory",
        ),
        (None, [], "exit code: 137", "it was killed, perhaps because memory ran out; take a --flavor with more memory"),
        ({"signal": "SIGTERM"}, [], "Job timeout", "it reached its timeout; run it again with a longer --timeout"),
        (
            None,
            ["  × No solution found when resolving dependencies:", "  ╰─▶ Because nope was not found"],
            "exit code: 1",
            "uv could not install its packages: Because nope was not found; "
            "change what is asked for, then run it again",
        ),
        (
            {"signal": "SIGTERM", "rest": ["the thread loader", "start it with daemon=True"]},
            [],
            "Job timeout",
            "it reached its timeout after its cell had ended, since the job waited for the thread loader: "
            "start it with daemon=True",
        ),
        (
            None,
            ["[tasks] The cell has ended, and the job waits for the task a: cancel() it.", "more"],
            "Job timeout",
            "it reached its timeout after its cell had ended, since the job waited for the task a: cancel() it",
        ),
        (
            {"signal": "SIGTERM"},
            ["[tasks] The cell has ended, and the job waits for the task a: cancel() it."],
            "Job timeout",
            "it reached its timeout; run it again with a longer --timeout",
        ),
        (
            {"error": ERROR, "rest": ["the thread loader", "start it with daemon=True"]},
            [],
            "Job timeout",
            "ValueError: boom (line 4); then the job waited until its timeout for the thread loader: "
            "start it with daemon=True",
        ),
        (
            {"signal": "SIGSEGV", "line": 3, "stack": True},
            [],
            "exit code: 139",
            "it was ended by SIGSEGV at line 3: compiled code of a package crashed; the log has the stack; "
            "try another version of the package that it was in (--with)",
        ),
        (
            None,
            ["Fatal Python error: Segmentation fault"],
            "exit code: 139",
            "it was ended by SIGSEGV: compiled code of a package crashed; the log has the stack; "
            "try another version of the package that it was in (--with)",
        ),
        (
            {"signal": "SIGABRT", "line": 2, "stack": True},
            [],
            "exit code: 134",
            "it was ended by SIGABRT at line 2: a library ended it, and the lines before that in the log say why; "
            "mend what they name",
        ),
        (
            {"signal": "SIGILL", "line": None, "stack": False},
            [],
            "exit code: 132",
            "it was ended by SIGILL: a package uses instructions that this machine's processor lacks; "
            "try another version of the package (--with), or other hardware",
        ),
        (
            {"signal": "SIGTERM"},
            [],
            "exit code: 143",
            "it was ended by SIGTERM: something asked it to end, the cell itself or the machine; "
            "if the cell did not, run it again",
        ),
        (
            {"signal": "SIGUSR1"},
            [],
            "exit code: 138",
            "it was ended by SIGUSR1; the last lines of the log say what it did",
        ),
        ({"code": 3}, [], "", "the cell ended with exit code 3"),
        (
            {"code": 1, "cell": "unstarted", "exit": "ImportError: no x"},
            [],
            "exit code: 1",
            "IPython could not start in the job, so the cell did not run: ImportError: no x",
        ),
        (None, ["Exception ignored in: <x>"], "exit code: 1", "exit code: 1"),
        (None, SCRIPT, "Job failed with exit code: 1.", "OddError: no such thing (line 7)"),
        (None, SCRIPT, "Job failed with exit code: 3.", "Job failed with exit code: 3."),
        (
            {"error": {"type": "MemoryError", "message": "", "line": 2}},
            [],
            "",
            "MemoryError (line 2): out of memory; take a --flavor with more memory",
        ),
    ],
)
def test_an_end_has_a_reason(report, lines, message, said):
    assert read_end(report, None, lines, message).words == said


@pytest.mark.parametrize(
    ("ending", "headline"),
    [
        (read_end({"error": ERROR}, None, [], ""), "ValueError at line 4"),
        (read_end({"error": OOM}, None, [], ""), "Out of GPU memory"),
        (read_end(None, None, SCRIPT, "exit code: 1"), "OddError at line 7"),
        (read_end(None, None, [], "exit code: 137"), "Killed"),
        (read_end({"code": 3}, None, [], "exit code: 3"), "The cell ended with exit code 3"),
        (read_end(None, None, [], "Job timeout"), "Timed out"),
        (read_end(None, None, [], "No node was free"), "No node was free"),
        (Ending("error", "KeyError"), "KeyError"),
    ],
)
def test_a_headline_is_a_few_words(ending: Ending, headline: str):
    assert ending.headline == headline
    assert ending.as_trait()["headline"] == headline


def test_a_job_of_this_machine_is_told_of_no_flavor_alone():
    gpu = {"error": OOM, "gpu": [{"peak_bytes": 15.7 * GB, "total_bytes": 16 * GB}]}
    for report, message in ((None, "exit code: 137"), ({"error": {"type": "MemoryError"}}, ""), (gpu, "")):
        words = read_end(report, None, [], message, local=True).words
        assert words.endswith("work on less at a time, or leave out --local and take a --flavor with more memory")
    full = {"error": {"type": "OSError", "message": "[Errno 28] No space left on device"}}
    assert read_end(full, None, [], "", local=True).words.endswith(
        "a disk of this machine is full; free some space, then run it again"
    )


@pytest.mark.parametrize(
    ("raised", "kind", "headline"),
    [
        ("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", "gpu-memory", "Out of GPU memory"),
        ("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 7.28 TiB", "memory", "Out of memory"),
        ("MemoryError", "memory", "Out of memory"),
        ("OSError: [Errno 28] No space left on device", "disk", "Disk full"),
        (
            "RuntimeError: unable to open shared memory object </torch_1_2> in read mode: No space left on device",
            "shared-memory",
            "Out of shared memory",
        ),
    ],
)
def test_what_a_script_lacks_is_read_from_its_traceback(raised: str, kind: str, headline: str):
    lines = ["Traceback (most recent call last):", '  File "/data/train.py", line 7, in <module>', "    f()", raised]
    ending = read_end(None, None, lines, "Job failed with exit code: 1")
    assert (ending.kind, ending.headline, ending.line) == (kind, headline, 7)


def test_an_error_output_is_the_reason_where_no_report_could_be_written():
    assert read_end(None, ERROR, [], "Job failed with exit code: 1").words == "ValueError: boom (line 4)"
    # The cell caught it, and the report says how it ended.
    assert read_end({"code": 3}, ERROR, [], "").kind == "exit"


@pytest.mark.parametrize(
    ("timeout_s", "given", "longer"), [(1800, "30m", "1h"), (90, "90s", "3m"), (7200, "2h", "4h"), (45, "45s", "90s")]
)
def test_a_timeout_says_what_to_try_next(timeout_s: int, given: str, longer: str):
    ending = read_end(None, None, [], "Job timeout").with_timeout(timeout_s)
    assert ending.words == f"it reached its timeout of {given}; run it again with --timeout {longer}"
    assert ending.change == {"timeout": longer}
    assert read_end({"code": 3}, None, [], "").with_timeout(timeout_s).change == {}


def test_more_time_is_not_advised_where_the_cell_had_ended():
    ending = read_end({"rest": ["the thread loader", "join() it"]}, None, [], "Job timeout").with_timeout(1800)
    assert ending.words == (
        "it reached its timeout of 30m after its cell had ended, since the job waited for the thread loader: join() it"
    )
    assert ending.change == {}
