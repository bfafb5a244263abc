"""``python -m datasette`` in a child process: the command line of Vitrina."""

from vitrina.cli.main import cli

cli(prog_name="datasette")
