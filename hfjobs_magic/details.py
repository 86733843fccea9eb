"""What a job was asked to be, as label and value, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.pricing import format_duration

if TYPE_CHECKING:
    from hfjobs_magic.job import Job


def rows(job: Job) -> list[tuple[str, str]]:
    """Label and value of everything known; secrets by name only, empty ones left out."""
    facts, options, hardware = job.follower.state.facts, job.options, job.hardware
    found = [
        ("Job", facts.id),
        ("Name", facts.name),
        ("Namespace", facts.namespace),
        ("Endpoint", job.client.endpoint),
        ("Flavor", f"{facts.flavor} ({hardware.label})" if hardware else facts.flavor),
        ("Image", facts.image or ""),
    ]
    if options:
        found += [
            ("With", ", ".join(options.dependencies)),
            ("Python", options.python or ""),
            ("Arguments", " ".join(options.script_args)),
            ("Environment", ", ".join(options.env)),
            ("Environment file", options.env_file or ""),
            ("Secrets", ", ".join(options.secrets)),
            ("Secrets file", options.secrets_file or ""),
            ("Volumes", ", ".join(options.volumes)),
            ("Timeout", format_duration(options.timeout_s)),
            ("Attempts", str(options.attempts or 1)),
        ]
    found.append(("Labels", ", ".join(f"{key}={value}" for key, value in facts.labels.items())))
    return [(label, value) for label, value in found if value]
