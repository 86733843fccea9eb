"""What a job was asked to be, as label and value, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfjobs_magic.cost import format_duration

if TYPE_CHECKING:
    from hfjobs_magic.api.job import Job


def rows(job: Job) -> list[tuple[str, str]]:
    """Label and value of everything known; secrets by name only, empty ones left out."""
    facts, options, hardware = job.follower.state.facts, job.options, job.hardware
    flavor = f"{facts.flavor} ({hardware.label})" if hardware else facts.flavor
    origins = options.origins if options else {}
    found = [
        ("Job", facts.id),
        ("Name", facts.name),
        ("Namespace", _with_origin(facts.namespace, origins.get("namespace"))),
        ("Endpoint", job.client.endpoint),
        ("Flavor", _with_origin(flavor, origins.get("flavor"))),
        ("Image", _with_origin(facts.image or "", origins.get("image"))),
    ]
    if options:
        found += [
            (label, _with_origin(value, options.origins.get(key)))
            for label, key, value in (
                ("With", "dependencies", ", ".join(options.dependencies)),
                ("Inferred", "", "; ".join(map(str, job.script.inferred)) if job.script else ""),
                ("Python", "python", options.python or ""),
                ("Arguments", "", " ".join(options.script_args)),
                ("Environment", "env", ", ".join(options.env)),
                ("Environment file", "env_file", options.env_file or ""),
                ("Secrets", "secrets", ", ".join(options.secrets)),
                ("Secrets file", "secrets_file", options.secrets_file or ""),
                ("Volumes", "volumes", ", ".join(options.volumes)),
                ("Ports", "expose", ", ".join(options.expose)),
                ("Public ports", "expose_public", ", ".join(options.expose_public)),
                ("SSH", "ssh", "yes" if options.ssh else ""),
                ("Network group", "network_group", options.network_group or ""),
                ("Network aliases", "network_aliases", ", ".join(options.network_aliases)),
                ("Timeout", "timeout", format_duration(options.timeout_s)),
                ("Attempts", "attempts", str(options.attempts or 1)),
                ("Most it can cost", "max_cost", options.max_cost or ""),
            )
        ]
    found.append(("Labels", ", ".join(f"{key}={value}" for key, value in facts.labels.items())))
    return [(label, value) for label, value in found if value]


def _with_origin(value: str, origin: str | None) -> str:
    """Value with where it came from; what stands on the line needs no word."""
    return f"{value} · from {origin}" if value and origin and origin not in {"line", "keyword"} else value
