"""The bill of materials of an image, in CycloneDX."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from vitrina.publish.pinned import Pin
from vitrina.version import __version__


def render_bill(pins: Iterable[Pin], base: str, digests: Mapping[str, str]) -> str:
    """JSON of the packages, the base image, and the database files with their SHA-256."""
    image, _, tag = base.rpartition(":")
    components: list[dict[str, Any]] = [{"type": "container", "name": image, "version": tag, "bom-ref": base}]
    for pin in pins:
        address = f"pkg:pypi/{pin.name}@{pin.version}"
        component: dict[str, Any] = {
            "type": "library",
            "name": pin.name,
            "version": pin.version,
            "purl": address,
            "bom-ref": address,
        }
        if pin.license:
            component["licenses"] = [{"license": {"name": pin.license}}]
        components.append(component)
    for name, digest in digests.items():
        components.append(
            {
                "type": "data",
                "name": name,
                "bom-ref": f"file:{name}",
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        )
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "vitrina", "version": __version__}},
        "components": components,
    }
    return json.dumps(bill, indent=2) + "\n"
