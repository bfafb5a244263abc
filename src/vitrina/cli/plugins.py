"""``plugins``: which plugins are installed, and what they hook into."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--all", "include_built_in", is_flag=True, help="Include built-in plugins")
@click.option("--requirements", is_flag=True, help="Print the lines of a requirements.txt file")
@click.option(
    "--plugins-dir", type=click.Path(exists=True, file_okay=False, dir_okay=True), help="Directory of plugins"
)
@click.option("--report", is_flag=True, help="Say of each its hooks, unmet requirements, and old names it still uses")
@click.option("--only", multiple=True, metavar="NAME", help="Report on this plugin; may be given again")
def plugins(
    include_built_in: bool, requirements: bool, plugins_dir: str | None, report: bool, only: tuple[str, ...]
) -> None:
    """List the plugins that are installed."""
    from vitrina.facade.plugins import open_hooks
    from vitrina.web.plugin_list import plugin_list

    if report:
        from vitrina.cli.plugin_report import reports_of

        for each in reports_of(open_hooks(plugins_dir).pm, only):
            click.echo("\n".join(each.lines()))
        return
    found = plugin_list(open_hooks(plugins_dir).pm, with_built_in=include_built_in)
    if requirements:
        for plugin in found:
            if plugin["version"]:
                click.echo(f"{plugin['name']}=={plugin['version']}")
    else:
        click.echo(json.dumps(found, indent=4))
