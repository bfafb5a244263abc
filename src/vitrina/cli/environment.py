"""Environment variables of the command line: ours, and the twins that deployments already set."""

from __future__ import annotations


def twins(name: str) -> list[str]:
    """Names of an environment variable, the winner first."""
    return [f"VITRINA_{name}", f"DATASETTE_{name}"]
