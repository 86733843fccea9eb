"""What a script's code asks for, as whoever looks at a job before it costs anything needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hfjobs_magic.script.demo_launches import DemoLaunch
    from hfjobs_magic.script.dropped_arguments import DroppedArgument
    from hfjobs_magic.script.environment_variables import Variable
    from hfjobs_magic.script.gpu_uses import GpuUse
    from hfjobs_magic.script.gpu_wants import GpuWant
    from hfjobs_magic.script.hub_calls import HubCall
    from hfjobs_magic.script.local_reads import LocalRead
    from hfjobs_magic.script.packages.imports import Import
    from hfjobs_magic.script.packages.local_imports import LocalImport
    from hfjobs_magic.script.packages.needs import Need
    from hfjobs_magic.script.packages.requirements import InferredRequirement
    from hfjobs_magic.script.prompts import Prompt


@dataclass(frozen=True)
class Contents:
    """What a script's code asks for, beyond what it declares."""

    imports: tuple[Import, ...] = ()
    """Modules that it imports."""
    undeclared: tuple[InferredRequirement, ...] = ()
    """Distributions that it imports and does not declare, where nothing was inferred."""
    needs: tuple[Need, ...] = ()
    """Distributions that its calls need, though it imports none of them."""
    hub_calls: tuple[HubCall, ...] = ()
    """Calls that need a token of the Hub."""
    changes_path: bool = False
    """Whether the code can import from folders that only it knows."""
    reads: tuple[LocalRead, ...] = ()
    """Files that it reads and no mount has."""
    local_imports: tuple[LocalImport, ...] = ()
    """Modules that are files or folders of this machine."""
    variables: tuple[Variable, ...] = ()
    """Variables of the environment that it fails without."""
    prompts: tuple[Prompt, ...] = ()
    """Calls that ask a person."""
    gpu_uses: tuple[GpuUse, ...] = ()
    """Calls that need a GPU."""
    gpu_wants: tuple[GpuWant, ...] = ()
    """How many GPUs it wants, and how large and new."""
    dropped: tuple[DroppedArgument, ...] = ()
    """Arguments that the newest version of a library takes no more."""
    launches: tuple[DemoLaunch, ...] = ()
    """Demos that it starts."""
    spared: tuple[InferredRequirement, ...] = ()
    """Distributions of this kernel that it imports only where it can."""
