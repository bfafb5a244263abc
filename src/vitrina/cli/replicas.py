"""Addresses of replicas among the files of ``serve``: restored before the server starts, followed while it runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from vitrina.cli.configuration import read_configuration
from vitrina.cli.options import ServeOptions
from vitrina.config.model import Config
from vitrina.config.secrets import resolve
from vitrina.credentials.configured import CREDENTIAL_OPTIONS, provider_of
from vitrina.errors import ConfigError, StartupError

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from vitrina.facade.datasette import Datasette
    from vitrina.replicate.reading import ReadReplica

_PLACE = "vitrina.replica"
# of temporary folders
_PREFIX = "vitrina-replica-"
_YOUNG_S = 60.0


@contextmanager
def building_with_replicas(options: ServeOptions) -> Iterator[Datasette]:
    """The instance that ``options`` describe; its replicas are followed until the block ends.

    Raises StartupError and ConfigError.
    """
    addresses = [word for word in options.files if "://" in word]
    if not addresses:
        for name in ("max_lag", "writer", "replica_dir"):
            if getattr(options, name) is not None:
                raise StartupError(
                    f"--{name.replace('_', '-')} is for read replicas, such as: vitrina serve s3://bucket/path"
                )
        from vitrina.cli.instance import build_instance

        yield build_instance(options)
        return
    with ExitStack() as stack:
        config = read_configuration(options)
        replicas = [_begun(stack, address, options, config) for address in addresses]
        # Restoring goes on while this is imported.
        from vitrina.cli.instance import build_instance
        from vitrina.facade.replicas import serve_replicas

        for replica in replicas:
            _wait(replica)
        paths = {address: replica.path for address, replica in zip(addresses, replicas, strict=True)}
        files = tuple(paths.get(word, word) for word in options.files)
        instance = build_instance(replace(options, files=files), config)
        serve_replicas(instance, replicas)
        yield instance


def _begun(stack: ExitStack, address: str, options: ServeOptions, config: Config) -> ReadReplica:
    from vitrina.replicate.reading import ReadingOptions, ReadReplica, is_replica_address

    if not is_replica_address(address):
        raise StartupError(
            f"{address}: there are no replicas at {urlsplit(address).scheme}://",
            hint="Give a file, or the address that Litestream replicates to, such as s3://bucket/path.",
        )
    block = _configured(config)
    reading = ReadingOptions(
        interval_s=options.follow_interval,
        max_lag_s=options.max_lag,
        writer=options.writer or block.get("writer"),
        binary=block.get("litestream"),
        provider=provider_of(block, _PLACE) if any(block.get(key) for key in CREDENTIAL_OPTIONS) else None,
    )
    replica = ReadReplica(address, _folder(stack, options, address), reading)
    click.echo(f"Restoring {replica.target.shown} …", err=True)
    stack.callback(replica.stop)
    replica.start()
    return replica


def _wait(replica: ReadReplica) -> None:
    replica.wait()
    click.echo(f"Restored {Path(replica.path).stat().st_size:,} bytes", err=True)


def _configured(config: Config) -> dict[str, Any]:
    block = resolve(config.vitrina.get("replica") or {})
    if not isinstance(block, dict):
        raise ConfigError(f"{_PLACE}: an object is needed")
    unknown = sorted(set(block) - {*CREDENTIAL_OPTIONS, "writer", "litestream"})
    if unknown:
        raise ConfigError(f"{_PLACE}.{unknown[0]}: there is no such option")
    return block


def _folder(stack: ExitStack, options: ServeOptions, address: str) -> Path:
    """A folder for one replica. A temporary one goes with the process."""
    if options.replica_dir is None:
        _clear_up()
        path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        stack.callback(shutil.rmtree, path, ignore_errors=True)
        _hold(stack, path)
        return path
    # Buckets of one address may have replicas of one path.
    place = address.partition("?")[0]
    name = f"{PurePosixPath(urlsplit(place).path).name}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"
    folder = Path(options.replica_dir).absolute() / name.lstrip("-")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _hold(stack, folder)
    except BlockingIOError as error:
        raise StartupError(
            f"--replica-dir {options.replica_dir}: another server keeps its copies of this replica there",
            hint="Give each server a folder of its own.",
        ) from error
    except OSError as error:
        raise StartupError(f"--replica-dir {options.replica_dir}: {error.strerror}") from error
    return folder


def _clear_up() -> None:
    """Delete the temporary folders of servers that were killed."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/.lock"):
        with suppress(OSError), ExitStack() as stack:
            # One that was made just now may not be held yet.
            if time.time() - lock.stat().st_mtime > _YOUNG_S:
                _hold(stack, lock.parent)
                shutil.rmtree(lock.parent, ignore_errors=True)


def _hold(stack: ExitStack, folder: Path) -> None:
    """Keep others out of ``folder`` until the process ends. Raises BlockingIOError, and OSError."""
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    stack.callback(os.close, descriptor)
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
