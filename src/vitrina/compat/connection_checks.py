"""Whether a file can be served, as the command line and plugins check it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from vitrina.dialect.quoting import quote_identifier

#: where the SpatiaLite library is usually found
SPATIALITE_PATHS = (
    "/usr/lib/x86_64-linux-gnu/mod_spatialite.so",
    "/usr/local/lib/mod_spatialite.dylib",
    "/usr/local/lib/mod_spatialite.so",
    "/opt/homebrew/lib/mod_spatialite.dylib",
)
#: functions by which SpatiaLite tells its version and what it was made with
SPATIALITE_FUNCTIONS = (
    "spatialite_version",
    "spatialite_target_cpu",
    "check_strict_sql_quoting",
    "freexl_version",
    "proj_version",
    "geos_version",
    "rttopo_version",
    "libxml2_version",
    "HasIconv",
    "HasMathSQL",
    "HasGeoCallbacks",
    "HasProj",
    "HasProj6",
    "HasGeos",
    "HasGeosAdvanced",
    "HasGeosTrunk",
    "HasGeosReentrant",
    "HasGeosOnlyReentrant",
    "HasMiniZip",
    "HasRtTopo",
    "HasLibXML2",
    "HasEpsg",
    "HasFreeXL",
    "HasGeoPackage",
    "HasGCP",
    "HasTopology",
    "HasKNN",
    "HasRouting",
)


class ConnectionProblem(Exception):
    """A database cannot be served."""


class SpatialiteConnectionProblem(ConnectionProblem):
    """It needs SpatiaLite."""


class SpatialiteNotFound(Exception):
    """The library is in none of the usual places."""


def find_spatialite() -> str:
    """The path of the SpatiaLite library. Raises SpatialiteNotFound."""
    for path in SPATIALITE_PATHS:
        if Path(path).exists():
            return path
    raise SpatialiteNotFound


def check_connection(conn: sqlite3.Connection) -> None:
    """Raise ConnectionProblem where the columns of a table cannot be read (blocking)."""
    for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        try:
            conn.execute(f"PRAGMA table_info({quote_identifier(name)})")
        except sqlite3.OperationalError as error:
            kind = SpatialiteConnectionProblem if str(error) == "no such module: VirtualSpatialIndex" else None
            raise (kind or ConnectionProblem)(error) from error
