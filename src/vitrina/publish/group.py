"""The command group ``publish``: the built-in targets, and those that plugins bring."""

from __future__ import annotations

import click

from vitrina.publish import cloudrun, heroku


class _Targets(click.Group):
    """Lets plugins add their commands when the group is first used."""

    _complete = False

    def _add_targets(self) -> None:
        if self._complete:
            return
        self._complete = True
        # Plugins take time to load, and only publishing needs them.
        from vitrina.facade.plugins import add_commands

        add_commands("publish_subcommand", publish=self)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._add_targets()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._add_targets()
        return super().list_commands(ctx)


@click.group(cls=_Targets)
def publish() -> None:
    """Put databases on the internet, with their pages and API."""


cloudrun.publish_subcommand(publish)
heroku.publish_subcommand(publish)
