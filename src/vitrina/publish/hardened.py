"""The context of a hardened image: pinned, without root, with a health check and a bill of materials."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitrina.cli.inspect import file_hash
from vitrina.errors import StartupError
from vitrina.publish.bill import render_bill
from vitrina.publish.context import bring, bring_database, file_names
from vitrina.publish.dockerfile import directory_options, further_options, static_options
from vitrina.publish.exposed import refuse_secrets
from vitrina.publish.metadata import render_metadata
from vitrina.publish.pinned import Pin, pinned_requirements
from vitrina.publish.prepare import DATA, INSPECT_FILE, TEMPLATE_CACHE

#: the Python that the pinned versions were resolved for
BASE_IMAGE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim-bookworm"
_DOCKERIGNORE = "*\n!data\n!site\n!wheels\n!requirements.txt\n!sbom.cdx.json\n"

_DOCKERFILE = """# The dependencies, each of a known version.
FROM {base} AS dependencies
COPY requirements.txt wheels* /build/
RUN python -m venv /opt/vitrina
RUN /opt/vitrina/bin/pip install --no-cache-dir --no-deps --find-links /build -r /build/requirements.txt

# The data, compact and inspected, and the templates, compiled.
FROM dependencies AS data
COPY site/ /srv/
COPY data/ /srv/data/
RUN /opt/vitrina/bin/python -m vitrina.publish.prepare /srv

FROM {base}
{packages}COPY --from=dependencies /opt/vitrina /opt/vitrina
COPY --from=data /srv /srv
COPY sbom.cdx.json /srv/sbom.cdx.json
ENV PATH=/opt/vitrina/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
ENV VITRINA_TEMPLATE_CACHE=/srv/{cache} PORT={port}{extension}
WORKDIR /srv
USER 10001:10001
EXPOSE {port}
HEALTHCHECK --interval=30s --timeout=4s --start-period=10s CMD ["python", "-m", "vitrina.publish.healthcheck"]
CMD exec {command} --port $PORT
"""


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """What goes into the image, as typed; ``metadata`` and ``config`` are read already."""

    files: Sequence[str]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    extra_options: str | None = None
    template_dir: str | None = None
    plugins_dir: str | None = None
    static: Sequence[tuple[str, str]] = ()
    install: Sequence[str] = ()
    spatialite: bool = False
    version_note: str | None = None
    port: int = 8001
    base: str = BASE_IMAGE


def write_context(options: ImageOptions, target: Path) -> None:
    """Write everything that the image is built from to ``target``, an empty directory.

    Raises StartupError, also where a secret would stand in the image.
    """
    names = file_names(options.files)
    directories = [path for path in (options.template_dir, options.plugins_dir) if path]
    directories += [directory for _, directory in options.static]
    documents = {"metadata": options.metadata, "configuration": options.config}
    refuse_secrets(documents, directories, options.extra_options)
    wheels = [each for each in options.install if each.endswith(".whl")]
    pins = pinned_requirements(each for each in options.install if each not in wheels)
    site = target / "site"
    for folder in (site, target / DATA, target / "wheels"):
        folder.mkdir(parents=True, exist_ok=True)
    for wheel in wheels:
        shutil.copyfile(wheel, target / "wheels" / Path(wheel).name)
    (target / "requirements.txt").write_text(_requirements(pins, wheels), encoding="utf-8")
    for file, name in zip(options.files, names, strict=True):
        bring_database(os.path.abspath(file), str(target / DATA / name))
    bring((), options.template_dir, options.plugins_dir, options.static, into=str(site), origin=os.getcwd())
    for name, document in (("metadata.json", options.metadata), ("vitrina.json", options.config)):
        if document:
            (site / name).write_text(render_metadata(document), encoding="utf-8")
    digests = {f"{DATA}/{name}": file_hash(str(target / DATA / name)) for name in names}
    (target / "sbom.cdx.json").write_text(render_bill(pins, options.base, digests), encoding="utf-8")
    (target / ".dockerignore").write_text(_DOCKERIGNORE, encoding="utf-8")
    (target / "Dockerfile").write_text(_dockerfile(options, names), encoding="utf-8")


def serve_command(options: ImageOptions, names: Iterable[str]) -> str:
    """How the server is started in the directory of the image, without its port."""
    words = ["vitrina", "serve", "--host", "0.0.0.0"]
    words += [word for name in names for word in ("-i", shlex.quote(f"{DATA}/{name}"))]
    words += ["--inspect-file", INSPECT_FILE]
    words += ["--metadata", "metadata.json"] if options.metadata else []
    words += ["--config", "vitrina.json"] if options.config else []
    words += directory_options(options.template_dir, options.plugins_dir, options.version_note)
    words += static_options(options.static)
    words += further_options(options.extra_options)
    return " ".join(words)


def _dockerfile(options: ImageOptions, names: Iterable[str]) -> str:
    packages = extension = ""
    if options.spatialite:
        packages = (
            "RUN apt-get update \\\n    && apt-get install -y --no-install-recommends libsqlite3-mod-spatialite \\\n"
            "    && rm -rf /var/lib/apt/lists/*\n"
        )
        extension = " VITRINA_LOAD_EXTENSION=spatialite"
    return _DOCKERFILE.format(
        base=options.base,
        packages=packages,
        cache=TEMPLATE_CACHE,
        port=options.port,
        extension=extension,
        command=serve_command(options, names),
    )


def _requirements(pins: Iterable[Pin], wheels: Iterable[str]) -> str:
    """The lines for pip; what comes as a wheel is not looked for elsewhere."""
    brought = {Path(wheel).name.split("-")[0].lower().replace("_", "-"): Path(wheel).name for wheel in wheels}
    lines = [f"{pin.name}=={pin.version}" for pin in pins if pin.name not in brought]
    return "\n".join([*lines, *(f"/build/{name}" for name in brought.values())]) + "\n"


def describe(target: Path) -> str:
    """One line about a context that was written."""
    pins = len((target / "requirements.txt").read_text(encoding="utf-8").splitlines())
    bill = json.loads((target / "sbom.cdx.json").read_text(encoding="utf-8"))
    files = sum(1 for component in bill["components"] if component["type"] == "data")
    return f"{target}: {files} database files, {pins} packages"


def check_empty(target: Path) -> None:
    """Raise StartupError where something is in ``target``."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise StartupError(f"{target} is not empty; give a new directory")
