"""``publish cloudrun``: an image built and run by Google Cloud, through its own tool gcloud."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from subprocess import CalledProcessError, check_call, check_output
from typing import Any

import click

from vitrina.errors import StartupError
from vitrina.publish.common import (
    add_common_publish_arguments_and_options,
    fail_if_publish_binary_not_installed,
    typed_titles,
    warn_of_size,
    with_options,
)
from vitrina.publish.context import temporary_docker_directory
from vitrina.publish.metadata import plugin_environment

#: Cloud Run refuses other service names
_SERVICE_NAME = re.compile(r"[a-z]([a-z0-9-]{0,47}[a-z0-9])?")
_MEMORY = re.compile(r"\d+(Gi|G|Mi|M)")
_MOST_BYTES = 5 * 1024**3
_REGISTRY = "artifactregistry.googleapis.com"


def _validate_memory(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    if value and not _MEMORY.fullmatch(value):
        raise click.BadParameter("--memory should be a number then Gi/G/Mi/M e.g 1Gi")
    return value


_OPTIONS = (
    click.option("-n", "--name", default="datasette", help="Name of the application while it is built"),
    click.option("--service", default="", help="Cloud Run service to deploy, or to replace"),
    click.option("--spatialite", is_flag=True, help="Load the SpatiaLite extension"),
    click.option("--show-files", is_flag=True, help="Print the Dockerfile and metadata.json"),
    click.option("--memory", callback=_validate_memory, help="Memory of an instance, e.g. 1Gi"),
    click.option("--cpu", type=click.Choice(["1", "2", "4"]), help="Processors of an instance"),
    click.option("--timeout", type=int, help="Seconds that the build may take"),
    click.option("--apt-get-install", "apt_get_extras", multiple=True, help="Further package for apt-get install"),
    click.option(
        "--max-instances", type=int, default=1, show_default=True, help="Instances at most; 0 is without a limit"
    ),
    click.option("--min-instances", type=int, help="Instances at least"),
    click.option(
        "--artifact-repository",
        default="datasette",
        show_default=True,
        help="Artifact Registry repository that keeps the image",
    ),
    click.option("--artifact-region", default="us", show_default=True, help="Region or multi-region of the repository"),
    click.option("--artifact-project", help="Project of the repository; by default the active project"),
)


def publish_subcommand(publish: click.Group) -> None:
    """Add the command to the group ``publish``."""
    command = add_common_publish_arguments_and_options(with_options(cloudrun, _OPTIONS))
    publish.command("cloudrun")(command)


def cloudrun(**typed: Any) -> None:
    """Publish databases as a service of Google Cloud Run."""
    fail_if_publish_binary_not_installed("gcloud", "Google Cloud", "https://cloud.google.com/sdk/")
    warn_of_size(typed["files"], _MOST_BYTES, "builds take 5 GB, and an instance keeps what it reads in its memory")
    project = _active_project()
    registry = typed["artifact_project"] or project
    region, repository = typed["artifact_region"], typed["artifact_repository"]
    _ensure_artifact_registry(registry, region, repository)
    service = typed["service"] or _ask_service()
    _check_service(service)
    image = f"{region}-docker.pkg.dev/{registry}/{repository}/datasette-{service}"
    environment, plugins = plugin_environment(typed["plugin_secret"])
    titles = typed_titles(typed) | ({"plugins": plugins} if plugins else {})
    with temporary_docker_directory(
        typed["files"],
        typed["name"],
        typed["metadata"],
        _with_https(typed["extra_options"]),
        typed["branch"],
        typed["template_dir"],
        typed["plugins_dir"],
        typed["static"],
        typed["install"],
        typed["spatialite"],
        typed["version_note"],
        typed["secret"],
        titles,
        environment,
        apt_get_extras=typed["apt_get_extras"],
    ):
        if typed["show_files"]:
            _show_files()
        build = f"gcloud builds submit --tag {shlex.quote(image)}"
        if typed["timeout"]:
            build += f" --timeout {typed['timeout']}"
        _run(build, "The image was not built")
    _run(_deploy_command(image, service, typed), "The service was not deployed")


def _deploy_command(image: str, service: str, typed: dict[str, Any]) -> str:
    words = ["gcloud run deploy --allow-unauthenticated --platform=managed", f"--image {shlex.quote(image)} {service}"]
    for name in ("memory", "cpu", "max_instances", "min_instances"):
        if typed[name] not in (None, ""):
            words.append(f"--{name.replace('_', '-')} {typed[name]}")
    return " ".join(words)


def _with_https(extra_options: str | None) -> str:
    """The options of ``serve``, which stands behind a proxy that speaks HTTPS."""
    options = extra_options or ""
    return options if "force_https_urls" in options else f"{options} --setting force_https_urls on".strip()


def _active_project() -> str:
    command = "gcloud config get-value project"
    try:
        project = str(check_output(command, shell=True, universal_newlines=True)).strip()
    except CalledProcessError as error:
        raise _failure(error, "The active project is not known; is gcloud logged in (gcloud auth login)?") from error
    if project in ("", "(unset)"):
        raise StartupError("gcloud has no active project; choose one: gcloud config set project PROJECT")
    return project


def _ensure_artifact_registry(artifact_project: str, artifact_region: str, artifact_repository: str) -> None:
    """Turn the registry on and make the repository where it is missing. Raises click.ClickException."""
    project, region, repository = map(shlex.quote, (artifact_project, artifact_region, artifact_repository))
    try:
        check_call(f"gcloud services enable {_REGISTRY} --project {project} --quiet", shell=True)
    except CalledProcessError as error:
        raise click.ClickException(
            f"Failed to enable {_REGISTRY}. Please ensure you have permissions to manage services."
        ) from error
    where = f"--project {project} --location {region} --quiet"
    try:
        check_call(f"gcloud artifacts repositories describe {repository} {where}", shell=True)
        return
    except CalledProcessError:
        pass
    create = f"gcloud artifacts repositories create {repository} --repository-format=docker --location {region}"
    try:
        check_call(f'{create} --project {project} --description "Datasette Cloud Run images" --quiet', shell=True)
    except CalledProcessError as error:
        raise click.ClickException(
            "Failed to create Artifact Registry repository. Use --artifact-repository/--artifact-region to point to "
            "an existing repo or create one manually."
        ) from error
    click.echo(f"Created Artifact Registry repository '{artifact_repository}'")


def get_existing_services() -> list[dict[str, str]]:
    """Services of the active project that can be reached, as ``{name, created, url}``. Raises StartupError."""
    command = "gcloud run services list --platform=managed --format json"
    try:
        listed = json.loads(check_output(command, shell=True, universal_newlines=True))
    except (CalledProcessError, ValueError) as error:
        raise StartupError(
            f"The services cannot be listed: {error}; name the service to deploy with --service"
        ) from error
    found = []
    for service in listed:
        status = service.get("status") or {}
        if status.get("url"):
            url = (status.get("address") or status)["url"]
            metadata = service["metadata"]
            found.append({"name": metadata["name"], "created": metadata["creationTimestamp"], "url": url})
    return found


def _ask_service() -> str:
    click.echo("Please provide a service name for this deployment\n")
    click.echo("Using an existing service name will over-write it")
    click.echo("")
    existing = get_existing_services()
    if existing:
        click.echo("Your existing services:\n")
        for line in _service_lines(existing):
            click.echo(line)
        click.echo("")
    answer: str = click.prompt("Service name", type=str)
    return answer


def _service_lines(services: Iterable[dict[str, str]]) -> list[str]:
    return [f"  {service['name']} - created {service['created']} - {service['url']}" for service in services]


def _check_service(service: str) -> None:
    if not _SERVICE_NAME.fullmatch(service):
        raise click.BadParameter(
            f'"{service}" cannot be the name of a service: at most 49 lower-case letters, digits and hyphens, '
            "the first one a letter, the last one no hyphen",
            param_hint="'--service'",
        )


def _show_files() -> None:
    if Path("metadata.json").exists():
        click.echo("=== metadata.json ===\n")
        click.echo(Path("metadata.json").read_text(encoding="utf-8"))
    click.echo("\n==== Dockerfile ====\n")
    click.echo(Path("Dockerfile").read_text(encoding="utf-8"))
    click.echo("\n====================\n")


def _run(command: str, failure: str) -> None:
    """Run one command of the tool, whose own messages are on the screen. Raises click.ClickException."""
    try:
        check_call(command, shell=True)
    except CalledProcessError as error:
        raise _failure(error, failure) from error


def _failure(error: CalledProcessError, message: str) -> click.ClickException:
    return click.ClickException(f"{message}: gcloud ended with status {error.returncode}")
