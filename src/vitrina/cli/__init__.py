"""The command line: one file for each family of commands."""

from vitrina.sqlite_library import choose

# Before anything imports sqlite3: core, plugins and sqlite-utils must share one SQLite library.
choose()
