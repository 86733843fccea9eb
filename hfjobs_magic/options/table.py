"""One table of options: the magic line, keyword arguments, help, docs, plan and Details tab all come from it.

Names are those of ``hf jobs uv run`` (huggingface_hub 2.4), to the letter; ours come after ``OURS`` and collide with
none of them. A new option is a row here and a field of `hfjobs_magic.options.run_options.RunOptions`.
"""

from __future__ import annotations

from functools import partial

from hfjobs_magic.options.cron import parse_schedule
from hfjobs_magic.options.identifiers import (
    check_group,
    check_job_name,
    check_namespace,
    check_python_name,
    check_resource_group,
)
from hfjobs_magic.options.images import check_image
from hfjobs_magic.options.mounts import parse_mount
from hfjobs_magic.options.option import Option
from hfjobs_magic.options.option_values import (
    check_deps,
    check_env,
    check_label,
    check_names,
    check_port,
    check_python,
    check_secret,
    check_seed,
    parse_metric,
    parse_out_dir,
)
from hfjobs_magic.options.quantities import parse_idle, parse_size, parse_timeout, parse_usd
from hfjobs_magic.options.sweep_values import parse_map
from hfjobs_magic.options.value_names import parse_value

DEFAULT_FLAVOR = "cpu-basic"
"""What the Hub runs a job on that names no hardware (``hf jobs uv run --help``)."""

DEFAULT_TIMEOUT_S = 1800
"""Seconds that the Hub gives a job that names no timeout (hub-docs, ``jobs-configuration.md``)."""

DEFAULT_MAX_INPUT = 100_000_000
"""Bytes of values that go along without a question: a minute or so of most uplinks."""

MAX_ATTEMPTS = 100
"""Attempts of a job. The Hub's document has no bound worth the name; a slip of the finger should cost no fortune."""

HUB = (
    Option(
        ("--flavor",),
        "text",
        f"hardware to run on; {DEFAULT_FLAVOR} by default, %hfjobs hardware lists all",
        "FLAVOR",
        label="Flavor",
    ),
    Option(
        ("--with",), "many", "package to install, as in --with 'torch>=2'", "PACKAGE", "dependencies", label="Packages"
    ),
    Option(
        ("-p", "--python"),
        "text",
        "Python version or interpreter to run the script with",
        "VERSION",
        label="Python",
        check=check_python,
    ),
    Option(("--image",), "text", "Docker image that has uv", "IMAGE", label="Image", check=check_image),
    Option(
        ("-e", "--env"),
        "many",
        "environment variable; NAME alone takes its value from the kernel",
        "NAME=VALUE",
        label="Environment",
        check=check_env,
    ),
    Option(
        ("-s", "--secrets"),
        "many",
        "secret environment variable, by name; its value is read here",
        "NAME",
        label="Secrets",
        check=check_secret,
    ),
    Option(("--env-file",), "text", "file of environment variables", "FILE", label="Environment file"),
    Option(("--secrets-file",), "text", "file of secret environment variables", "FILE", label="Secrets file"),
    Option(
        ("--name",),
        "text",
        "name of the job; a hash of the cell by default",
        "NAME",
        label="Name",
        check=check_job_name,
    ),
    Option(("-l", "--label"), "many", "label for the job", "KEY=VALUE", "labels", label="Labels", check=check_label),
    Option(
        ("-v", "--volume"),
        "many",
        "hf://[TYPE/]SOURCE:/PATH[:ro|:rw] or LOCAL_DIR:/PATH[:ro|:rw]",
        "MOUNT",
        "volumes",
        label="Volumes",
        check=parse_mount,
    ),
    Option(
        ("--timeout",),
        "text",
        "longest it may run: 90, 90s, 10m, 1.5h, 1d; 30m by default",
        "TIME",
        label="Timeout",
        check=parse_timeout,
    ),
    Option(
        ("--attempts",),
        "count",
        "most attempts, including the first run",
        "N",
        label="Attempts",
        most=MAX_ATTEMPTS,
        why_most=", as each may run, and cost, for the whole timeout",
    ),
    Option(
        ("--namespace",), "text", "user or organisation to run as", "NAME", label="Namespace", check=check_namespace
    ),
    Option(
        ("--expose",),
        "many",
        "port to expose through the jobs proxy; needs a token to reach",
        "PORT",
        label="Ports",
        check=partial(check_port, flag="--expose"),
    ),
    Option(
        ("--expose-public",),
        "many",
        "port to expose to anyone",
        "PORT",
        label="Public ports",
        check=partial(check_port, flag="--expose-public"),
    ),
    Option(("--ssh",), "flag", "make the container reachable over SSH", label="SSH"),
    Option(
        ("--network-group",),
        "text",
        "network group to join; its jobs can reach each other",
        "GROUP",
        label="Network group",
        check=partial(check_group, flag="--network-group", longest=46),
    ),
    Option(
        ("--network-alias",),
        "many",
        "name of this job in its network group",
        "ALIAS",
        "network_aliases",
        label="Network aliases",
        check=partial(check_group, flag="--network-alias", longest=34),
    ),
    Option(
        ("--resource-group-id",),
        "text",
        "resource group of the organisation",
        "ID",
        label="Resource group",
        check=check_resource_group,
    ),
    Option(("-d", "--detach"), "flag", "submit and show the job's id, without a card"),
    Option(("--dry-run",), "flag", "show the script and the resolved job; submit nothing"),
)
OURS = (
    Option(("--local",), "flag", "run on this machine through the local service; needs no account", label="Runs on"),
    Option(("--wait",), "flag", "wait until the job ends; raise if it failed"),
    Option(("--as",), "text", "bind the Job to this name in the notebook", "NAME", "as_", check=check_python_name),
    Option(
        ("--deps",),
        "text",
        "infer packages from imports (default), pin them to the kernel's versions, or none",
        "MODE",
        check=check_deps,
    ),
    Option(
        ("--max-cost",),
        "text",
        "most it may cost, in US dollars; shortens the timeout to fit",
        "USD",
        label="Cost cap",
        check=parse_usd,
    ),
    Option(
        ("--cancel-if-idle",),
        "text",
        "cancel it after its GPU (or, without one, its CPU) has been idle this long, e.g. 20m; works only while this "
        "kernel runs; the card warns first",
        "TIME",
        label="Cancelled if idle",
        check=parse_idle,
    ),
    Option(("--reuse",), "flag", "show an identical job that is running or completed, instead of starting one"),
    Option(("--no-log-metrics",), "flag", "draw no charts from the log"),
    Option(("--no-mask",), "flag", "show the values of secrets that the job prints; *** by default"),
    Option(("--script",), "flag", "run the cell as a plain uv script: no IPython, no outputs, no names"),
    Option(
        ("-i", "--input"),
        "many",
        "value of the notebook to send along: NAME[,NAME…], NAME=EXPRESSION, NAME:FORMAT",
        "NAME",
        "inputs",
        label="Values sent",
        check=partial(parse_value, flag="-i"),
    ),
    Option(
        ("--max-input",),
        "text",
        "ask before sending values of -i larger than this; 100MB by default",
        "SIZE",
        check=parse_size,
    ),
    Option(("--yes",), "flag", "start a sweep, and send large values of -i, without asking; a budget still asks"),
    Option(
        ("-o", "--output"),
        "many",
        "value of the job to bring back: NAME[,NAME…], NAME=EXPRESSION, NAME:FORMAT",
        "NAME",
        "outputs",
        label="Values back",
        check=partial(parse_value, flag="-o"),
    ),
    Option(
        ("--out-dir",),
        "text",
        "folder of the job to bring back, as in --out-dir results",
        "DIR",
        label="Folder back",
        check=parse_out_dir,
    ),
    Option(
        ("--names",),
        "text",
        "none: bring no names of the notebook along; by default those that the cell uses",
        "none",
        label="Names",
        check=check_names,
    ),
    Option(
        ("--map",),
        "many",
        "run the cell once for each value: NAME=V1,V2, NAME=1..5, NAME=1e-5..1e-3:log:8, NAME={list}, A,B=V:W,V:W",
        "NAME=VALUES",
        label="Sweep",
        check=parse_map,
    ),
    Option(("--map-file",), "text", "run the cell once for each row of a CSV file", "FILE", label="Sweep file"),
    Option(("--sample",), "count", "with --map: number of combinations to sample, without replacement", "N"),
    Option(("--seed",), "text", "with --sample: random seed; 0 by default", "N", check=check_seed),
    Option(("--max-parallel",), "count", "with --map: maximum number of jobs at a time; 4 by default", "N"),
    Option(("--stop-on-fail",), "count", "with --map: start no more runs after N failures", "N"),
    Option(
        ("--metric",),
        "text",
        "with --map: metric by which runs are compared, printed once or often, and which value is best: eval_loss:min",
        "NAME",
        check=parse_metric,
    ),
    Option(
        ("--schedule",),
        "text",
        'run on a schedule: "0 9 * * 1" (UTC), @daily, @hourly, …',
        "CRON",
        label="Schedule",
        check=parse_schedule,
    ),
    Option(
        ("--suspend", "--no-suspend"),
        "switch",
        "with --schedule: start suspended; nothing runs until it is resumed",
        label="Suspended",
    ),
    Option(
        ("--concurrency", "--no-concurrency"),
        "switch",
        "with --schedule: let a run start while an earlier one is still running",
        label="Runs may overlap",
    ),
)
OPTIONS = HUB + OURS
