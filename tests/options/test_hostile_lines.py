"""Lines that people mistype, paste or try: each is refused in one clear sentence with the next step."""

from __future__ import annotations

import pytest

from hfjobs_magic.errors import OptionError
from tests.options.lines import options_of

HELP = " See %%hfjob --help."
SHORT = " must be a second or more. Write"
COMMENT = "A comment cannot follow the options. Put it below the line."
NAMED = ": a job's name has at most 100 ASCII letters, digits, - and _, and does not begin with -."
HIDES = " would hide what Python or IPython has by this name. Write --as job."
TIME = " is not a time. Write 90, 90s, 10m, 1.5h or 1d."
LABEL = ": use ASCII letters, digits, - and _ only, at most 100 characters."
NAME = ": a variable's name must start with a letter and contain only letters, digits and _."
PORT = " is not a port. Write a number from 1 to 65535."
USD = " is not an amount of US dollars. Write 2 or 0.50."
MOUNT = (
    " is not a mount. Write hf://buckets/ORG/NAME:/PATH, hf://datasets/ORG/NAME:/PATH or LOCAL_DIR:/PATH, "
    "followed by :ro or :rw if you like."
)
STRAY = " does not belong to an option. Put the script's arguments after --, as in: %%hfjob … -- "
SAVED = " would save the secret in the notebook. Set it in the environment and write --secrets "

LINES = [
    ("--flavour t4-small", f"There is no option --flavour. Did you mean --flavor?{HELP}"),
    ("--flavors=t4-small", f"There is no option --flavors. Did you mean --flavor?{HELP}"),
    ("--timout 10m", f"There is no option --timout. Did you mean --timeout?{HELP}"),
    ("--time-out 10m", f"There is no option --time-out. Did you mean --timeout?{HELP}"),
    ("--maxcost 2", f"There is no option --maxcost. Did you mean --max-cost?{HELP}"),
    ("--attempt 2", f"There is no option --attempt. Did you mean --attempts?{HELP}"),
    ("--secret HF_TOKEN", f"There is no option --secret. Did you mean --secrets or --secrets-file?{HELP}"),
    ("--volumes x", f"There is no option --volumes. Did you mean --volume?{HELP}"),
    ("--labels a=b", f"There is no option --labels. Did you mean --label?{HELP}"),
    ("--envs A=1", f"There is no option --envs. Did you mean --env?{HELP}"),
    ("--reused", f"There is no option --reused. Did you mean --reuse?{HELP}"),
    ("--locl", f"There is no option --locl. Did you mean --local?{HELP}"),
    ("--gpu a100", f"There is no option --gpu. Write --flavor.{HELP}"),
    ("--packages torch", f"There is no option --packages. Write --with.{HELP}"),
    ("--LOCAL", f"There is no option --LOCAL. Did you mean --local?{HELP}"),
    ("--dry_run", f"There is no option --dry_run. Did you mean --dry-run?{HELP}"),
    ("-local", "-local has one dash. Write --local."),
    ("-dry-run", "-dry-run has one dash. Write --dry-run."),
    ("-timeout=5m", "-timeout has one dash. Write --timeout."),
    ("--local # try it first", "A comment cannot follow the options. Put it below the line."),
    ("-e LR 0.1", "-e takes NAME=VALUE without spaces. Write -e LR=0.1."),
    ("-e LR = 0.1", "-e takes NAME=VALUE without spaces. Write -e LR=0.1."),
    ("-e LR= 0.1", "-e takes NAME=VALUE without spaces. Write -e LR=0.1."),
    ("--label team nlp", "--label takes KEY=VALUE without spaces. Write --label team=nlp."),
    (
        "--map x=a b",
        '--map takes one value. Write --map x=a,b for two values, or --map "x=a b" for one.',
    ),
    ("--map x=1 y=2", "--map takes one value. Write --map x=1 --map y=2."),
    ("--with torch torchvision", "--with takes one value. Write --with torch --with torchvision."),
    (
        "--name my run",
        '--name takes one value. Put it in quotes, as in --name "my run", or put the script\'s arguments after --.',
    ),
    ("-s HF_TOKEN WANDB_API_KEY", "-s takes one name. Write -s HF_TOKEN -s WANDB_API_KEY."),
    ("-s HF_TOKEN hf_abcdefgh1234567890", "-s takes one name. Write -s HF_TOKEN, and its value nowhere."),
    ("-s HF_TOKEN s3cr3t", "-s takes one name. Write -s HF_TOKEN, and its value nowhere."),
    (
        "hf_abcdefgh1234567890",
        "A word of the line looks like a token and belongs to no option. Write --secrets with its name.",
    ),
    ("-s AB,CD", "--secrets AB,CD: one name each. Write --secrets AB --secrets CD."),
    ("-s {name}", "--secrets {name}: {…} and $… have no meaning here. Write the secret's name itself."),
    ("-s $name", "--secrets $name: {…} and $… have no meaning here. Write the secret's name itself."),
    ("-x", f"There is no option -x.{HELP}"),
    ("-W", f"There is no option -W.{HELP}"),
    (
        "—flavor t4-small",
        "—flavor has a typographic dash, as pasted from a page. Write --flavor.",
    ),
    (
        "train.csv",
        f"'train.csv'{STRAY}train.csv",
    ),
    (
        "--local train.csv",
        f"'train.csv'{STRAY}train.csv",
    ),
    ("--flavor", f"--flavor needs a value: write --flavor FLAVOR.{HELP}"),
    ("--flavor --local", f"--flavor needs a value: write --flavor FLAVOR.{HELP}"),
    ("--with", f"--with needs a value: write --with PACKAGE.{HELP}"),
    ("--timeout", f"--timeout needs a value: write --timeout TIME.{HELP}"),
    ("-e", f"--env needs a value: write --env NAME=VALUE.{HELP}"),
    ("--wait=yes", f"--wait takes no value: write --wait alone.{HELP}"),
    ("--local=1", f"--local takes no value: write --local alone.{HELP}"),
    ("--attempts many", f"--attempts is 'many'; write a whole number.{HELP}"),
    ("--attempts 1.5", f"--attempts is '1.5'; write a whole number.{HELP}"),
    ("--attempts 0", "--attempts must be 1 or more, not 0."),
    (
        "--attempts 99999",
        "--attempts 99999 is too many. Write 100 at most, as each may run, and cost, for the whole timeout.",
    ),
    ("--map lr=1,2 --max-parallel 1000001", "--max-parallel 1000001 is too many. Write 1,000,000 at most."),
    ("--timeout 99999d", "--timeout 99999d is longer than a year. Write a time such as --timeout 1d."),
    (
        "--cancel-if-idle 99999d",
        "--cancel-if-idle 99999d is longer than a year. Write a time such as --cancel-if-idle 1d.",
    ),
    ("--max-input 999999999GB", "--max-input 999999999GB is not a size that fits. Write 500MB or 2GB."),
    ("--max-cost 99999999", "--max-cost 99999999 is not an amount of US dollars. Write 2 or 0.50."),
    (
        "-v 'hf://buckets/me/b:/my data'",
        "--volume hf://buckets/me/b:/my data: the path in the job has a space or another character that programs trip "
        "over. Write one such as /my-data.",
    ),
    (
        "-v 'src:/a;b'",
        "--volume src:/a;b: the path in the job has a space or another character that programs trip over. "
        "Write one such as /a-b.",
    ),
    ("--attempts=-1", "--attempts must be 1 or more, not -1."),
    ("--timeout soon", f"--timeout soon{TIME}"),
    ("--timeout 10minutes", "--timeout 10minutes is not a time. Write --timeout 10m."),
    ("--timeout 1h30m", "--timeout 1h30m is not a time. Write --timeout 90m."),
    ("--timeout '1d 2h'", "--timeout 1d 2h is not a time. Write --timeout 26h."),
    ('--timeout ""', "--timeout is empty. Give it a value, or leave it out."),
    ('--flavor ""', "--flavor is empty. Give it a value, or leave it out."),
    ("--namespace ' '", "--namespace is empty. Give it a value, or leave it out."),
    ('--with ""', "--with is empty. Give it a value, or leave it out."),
    ("--image ubuntu:", "--image 'ubuntu:' is not the name of an image. Write --image ubuntu."),
    ("--image Org/Name:1", "--image 'Org/Name:1' is not the name of an image. Write --image org/name:1."),
    ("--image python:3:4", "--image 'python:3:4' is not the name of an image. Write one such as python:3.12."),
    (
        "--image python@sha256",
        "--image 'python@sha256' is not the name of an image. Write one such as python:3.12.",
    ),
    (
        "--image https://hub.docker.com/r/x/y",
        "--image 'https://hub.docker.com/r/x/y' is an address of a page, not the name of an image. "
        "Write one such as python:3.12.",
    ),
    ("--timeout 10 m", "--timeout 10 m is not a time. Write --timeout 10m."),
    ("--timeout 10 minutes", "--timeout 10 minutes is not a time. Write --timeout 10m."),
    ("--timeout 10 apples", f"--timeout 10 apples{TIME}"),
    ("--timeout 0", f"--timeout 0{SHORT} 90, 90s, 10m, 1.5h or 1d."),
    ("--timeout 0.5s", f"--timeout 0.5s{SHORT} 90, 90s, 10m, 1.5h or 1d."),
    ("--timeout=-5m", f"--timeout -5m{SHORT} --timeout 5m."),
    ("--timeout -5m", f"--timeout -5m{SHORT} --timeout 5m."),
    ("--timeout -1.5h --local", f"--timeout -1.5h{SHORT} --timeout 1.5h."),
    ("--timeout \u20135m", f"--timeout \u20135m{SHORT} --timeout 5m."),
    ("--cancel-if-idle -5m", f"--cancel-if-idle -5m{SHORT} --cancel-if-idle 5m."),
    ("--timeout -5", f"--timeout -5{SHORT} --timeout 5."),
    ("--timeout -local", "-local has one dash. Write --local."),
    ("--timeout --loca", f"--timeout needs a value: write --timeout TIME.{HELP}"),
    ("--timeout -e A1=1", f"--timeout needs a value: write --timeout TIME.{HELP}"),
    ("--timeout 1e3", f"--timeout 1e3{TIME}"),
    ("--timeout +5m", f"--timeout +5m{TIME}"),
    ("--timeout 1:30:00", "--timeout 1:30:00 is not a time. Write --timeout 90m."),
    ("--timeout 10m;", "--timeout 10m; is not a time. Write --timeout 10m."),
    ("--timeout 10m # short", COMMENT),
    ("--local # short", COMMENT),
    ("--name run # a b", COMMENT),
    ("--flavor = t4-small", "--flavor takes one value. Write --flavor t4-small, without a sign between."),
    ("--with = rich", "--with takes one value. Write --with rich, without a sign between."),
    ("flavor=t4-small", "flavor has no dashes. Write --flavor t4-small."),
    ("with='torch>=2'", "with has no dashes. Write --with torch>=2."),
    ("secrets=s3cr3t", f"'secrets=s3cr3t'{STRAY}secrets=s3cr3t"),
    ("--name -x", f"--name -x{NAMED} Write --name x."),
    (
        "--namespace -x",
        "--namespace -x is not the name of a user or an organisation. Write it as in its address, huggingface.co/NAME.",
    ),
    ("--image -x", "--image '-x' is not the name of an image. Write one such as python:3.12."),
    ("--python -3.12", "--python -3.12 is not a Python version. Write one such as --python 3.12."),
    ("--max-cost -2", f"--max-cost -2{USD}"),
    ("--max-input -1GB", "--max-input -1GB is not a size. Write 500MB or 2GB."),
    ("--map -x=1,2", "--map -x=1,2: -x is not the name of a variable. Write NAME=V1,V2."),
    ("-v -x", f"--volume -x{MOUNT}"),
    ("--max-cost 2,50", "--max-cost 2,50 is not an amount of US dollars. Write --max-cost 2.50."),
    ("--max-cost '2 USD'", "--max-cost 2 USD is not an amount of US dollars. Write --max-cost 2."),
    ("--max-cost 2$", "--max-cost 2$ is not an amount of US dollars. Write --max-cost 2."),
    ("--as print", f"--as print{HIDES}"),
    ("--as id", f"--as id{HIDES}"),
    ("--as _", f"--as _{HIDES}"),
    ("-v hf://dataset/me/d:/d", "--volume hf://dataset/me/d:/d: write hf://datasets/me/d."),
    ("-v hf://bucket/me/d:/d", "--volume hf://bucket/me/d:/d: write hf://buckets/me/d."),
    (
        "-v hf://datasets/me/d:/d:rw",
        "--volume hf://datasets/me/d:/d:rw: only a bucket can be written to; "
        "a repository is always read-only. Remove :rw.",
    ),
    (
        "-v https://huggingface.co/datasets/me/d:/d",
        "--volume https://huggingface.co/datasets/me/d:/d: "
        "https://huggingface.co/datasets/me/d is neither a folder of this machine nor an address that can be mounted. "
        "Write hf://buckets/ORG/NAME or hf://datasets/ORG/NAME.",
    ),
    (
        "-v src:/d\uff1aro",
        "--volume src:/d\uff1aro: the path in the job has a space or another character that programs "
        "trip over. Write one such as /d-ro.",
    ),
    ("--max-cost free", f"--max-cost free{USD}"),
    ("--max-cost 0", f"--max-cost 0{USD}"),
    ("--max-cost=-2", f"--max-cost -2{USD}"),
    ("--max-cost 2€", f"--max-cost 2€{USD}"),
    ("--max-cost nan", f"--max-cost nan{USD}"),
    ("--deps all", "--deps all: write --deps infer, --deps pin or --deps none."),
    ("--as my-job", "--as needs a Python name, not 'my-job'. Write --as my_job."),
    ("--as 1st", "--as needs a Python name, not '1st'. Write --as job_1st."),
    ("--as 3", "--as needs a Python name, not '3'. Write --as job_3."),
    ("--as lambda", "--as needs a Python name, not 'lambda'. Write --as job."),
    *((f"--as {name}", f"--as {name}{HIDES}") for name in ("__x__", "_3", "_i", "_oh", "In", "Out", "display")),
    ("-o _", "-o _ would hide what IPython has by this name. Give it another, as in -o last=_."),
    ("-e =1", "--env =1 has no name. Write --env NAME=VALUE."),
    ("-e 1A=1", f"--env 1A{NAME}"),
    ("-e A-B=1", f"--env A-B{NAME}"),
    ("-e 'A B=1'", f"--env A B{NAME}"),
    ("-e _AB=1", f"--env _AB{NAME}"),
    ("-e A=1", "--env A: the Hub takes no variable whose name is one letter. Use a longer name."),
    ("-e ÄB=1", f"--env ÄB{NAME}"),
    (
        "-e API_KEY=hf_abcdefghijklmnopqrstuv",
        "--env API_KEY: its value looks like a token, and a job's environment is visible. "
        "Set API_KEY in the kernel's environment and write --secrets API_KEY.",
    ),
    ("-s HF_TOKEN=hf_abc", f"--secrets HF_TOKEN=…{SAVED}HF_TOKEN, or use --secrets-file."),
    ("--secrets=KEY=", f"--secrets KEY=…{SAVED}KEY, or use --secrets-file."),
    ("-s 1KEY", f"--secrets 1KEY{NAME}"),
    ("-s =x", "--secrets =x has no name. Write --secrets NAME."),
    ("-l team=n.l.p", f"--label team=n.l.p{LABEL} Write --label team=n-l-p."),
    ("-l 'my team'", f"--label my team{LABEL} Write --label my-team."),
    ("-l =x", "--label =x has no name. Write --label KEY=VALUE."),
    ("-l a/b=c", f"--label a/b=c{LABEL} Write --label a-b=c."),
    (f"-l {'a' * 101}", f"--label {'a' * 60}…{LABEL}"),
    ("-v data", f"--volume data{MOUNT}"),
    ("-v hf://buckets/me/b", f"--volume hf://buckets/me/b{MOUNT}"),
    ("-v hf://buckets/me/b:out", f"--volume hf://buckets/me/b:out{MOUNT}"),
    ("-v hf://buckets/me/b:/", f"--volume hf://buckets/me/b:/{MOUNT}"),
    ("-v :/out", f"--volume :/out{MOUNT}"),
    ("-v a:/x -v b:/x", "--volume b:/x: a:/x is already mounted at /x."),
    ("--expose http", f"--expose http{PORT}"),
    ("--expose 0", f"--expose 0{PORT}"),
    ("--expose-public 65536", f"--expose-public 65536{PORT}"),
    (" ".join(f"--expose {port}" for port in range(1, 22)), "A job can expose at most 20 ports."),
    ("--network-alias a", "--network-alias needs a --network-group to be a name in."),
    ("--network-group My", "--network-group My: use lowercase letters, digits and - only, at most 46 characters."),
    (
        "--network-group ring --network-alias a_b",
        "--network-alias a_b: use lowercase letters, digits and - only, at most 34 characters.",
    ),
    ("--resource-group-id 12", "--resource-group-id 12: an id has 24 hexadecimal digits."),
    (
        "--name 'unclosed",
        "The line cannot be read: No closing quotation. Close the quote, or escape it with a backslash.",
    ),
    (
        "--name x\\",
        "The line cannot be read: No escaped character. Close the quote, or escape it with a backslash.",
    ),
    (
        "--flavor {gpu}",
        "There is no variable 'gpu' for {gpu} in the notebook. Assign it first, or write {{gpu}} for the text itself.",
    ),
    (
        "-e LR=$lr",
        "There is no variable 'lr' for $lr in the notebook. Assign it first, or write $$lr for the text itself.",
    ),
]


def test_there_are_many():
    assert len(LINES) >= 60


@pytest.mark.parametrize(("line", "message"), LINES, ids=[line[:40] for line, _ in LINES])
def test_a_hostile_line_gets_one_clear_sentence(line: str, message: str):
    with pytest.raises(OptionError) as caught:
        options_of(line, {})
    assert str(caught.value) == message
