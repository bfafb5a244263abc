"""The Dockerfile of a plain image: one stage, one layer, the command that serves the files."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from vitrina.errors import StartupError
from vitrina.publish.program import ALIAS, program_name, requirement

APT_GET_DOCKERFILE_EXTRAS = """
RUN apt-get update && \\
    apt-get install -y {} && \\
    rm -rf /var/lib/apt/lists/*
"""
_SPATIALITE_PACKAGES = ("python3-dev", "gcc", "libsqlite3-mod-spatialite")
_SPATIALITE_FILE = "/usr/lib/x86_64-linux-gnu/mod_spatialite.so"

_TEMPLATE = """FROM python:3.11.0-slim-bullseye
COPY . /app
WORKDIR /app
{packages}
{environment}
RUN pip install -U {requirements}
RUN {program} inspect {files} --inspect-file inspect-data.json
ENV PORT {port}
EXPOSE {port}
CMD {command}"""


def make_dockerfile(
    files: Sequence[str],
    metadata_file: str | None,
    extra_options: str | None,
    branch: str | None,
    template_dir: str | None,
    plugins_dir: str | None,
    static: Iterable[tuple[str, str]],
    install: Iterable[str],
    spatialite: bool,
    version_note: str | None,
    secret: str | None,
    environment_variables: dict[str, str] | None = None,
    port: int | None = 8001,
    apt_get_extras: Iterable[str] | None = None,
) -> str:
    """The text of the Dockerfile; the parameters are those that publishing plugins know.

    ``environment_variables`` gets the secret, and where SpatiaLite lies.
    Raises StartupError for a value that cannot stand in a Dockerfile.
    """
    program = program_name()
    environment = environment_variables if environment_variables is not None else {}
    environment["DATASETTE_SECRET" if program == ALIAS else "VITRINA_SECRET"] = str(secret)
    packages = list(apt_get_extras or ())
    if spatialite:
        packages += _SPATIALITE_PACKAGES
        environment["SQLITE_EXTENSIONS"] = _SPATIALITE_FILE
        if program != ALIAS:
            environment["VITRINA_LOAD_EXTENSION"] = _SPATIALITE_FILE
    words = [program, "serve", "--host", "0.0.0.0", *quoted_immutables(files), "--cors"]
    words += ["--inspect-file", "inspect-data.json"]
    words += ["--metadata", shlex.quote(metadata_file)] if metadata_file else []
    words += [*directory_options(template_dir, plugins_dir, version_note), *static_options(static)]
    words += further_options(extra_options)
    return _TEMPLATE.format(
        packages=APT_GET_DOCKERFILE_EXTRAS.format(" ".join(packages)) if packages else "",
        environment="\n".join(f"ENV {name} '{_plain(name, value)}'" for name, value in environment.items()),
        requirements=" ".join([requirement(program, branch), *install]),
        program=program,
        files=" ".join(shlex.quote(file) for file in files),
        port=port,
        command=" ".join([*words, "--port", "$PORT"]),
    )


def directory_options(template_dir: str | None, plugins_dir: str | None, version_note: str | None) -> list[str]:
    """Options of ``serve``, quoted for a shell, with the names that directories have in the build context."""
    words: list[str] = []
    if template_dir:
        words += ["--template-dir", "templates/"]
    if plugins_dir:
        words += ["--plugins-dir", "plugins/"]
    if version_note:
        words += ["--version-note", shlex.quote(version_note)]
    return words


def static_options(static: Iterable[tuple[str, str]]) -> list[str]:
    """``--static`` for each mount, which has its own name in the build context."""
    return [word for mount, _ in static for word in ("--static", shlex.quote(f"{mount}:{mount}"))]


def quoted_immutables(files: Iterable[str]) -> list[str]:
    """``-i FILE`` for each file, quoted for a shell."""
    return [word for file in files for word in ("-i", shlex.quote(file))]


def further_options(typed: str | None) -> list[str]:
    """The words of ``--extra-options``, quoted again; between blanks where their quotes are not closed."""
    try:
        words = shlex.split(typed or "")
    except ValueError:
        words = (typed or "").split()
    return [shlex.quote(word) for word in words]


def _plain(name: str, value: str) -> str:
    if "'" in value or "\n" in value:
        raise StartupError(f"The value of {name} can have neither single quotes nor line ends")
    return value
