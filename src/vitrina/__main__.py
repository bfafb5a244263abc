"""``python -m vitrina``: the same as the command ``vitrina``."""

from vitrina.cli.main import cli

cli(prog_name="vitrina")
