"""Whole tables as Parquet files, made from their CSV."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from vitrina.errors import StartupError
from vitrina.publish.bake.files import Mirror


def write_parquet(mirror: Mirror, exports: Iterable[str]) -> list[str]:
    """Write ``NAME.parquet`` beside each ``NAME.csv``; the files. Raises StartupError without pyarrow, and OSError."""
    try:
        csv, parquet = importlib.import_module("pyarrow.csv"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise StartupError("Parquet files need the package pyarrow", hint="vitrina install pyarrow") from error
    files = []
    for export in exports:
        file = f"{export.removesuffix('.csv')}.parquet"
        with open(mirror.root / export, "rb") as source, mirror.writing(file) as output:
            table = csv.read_csv(source, parse_options=csv.ParseOptions(newlines_in_values=True))
            parquet.write_table(table, output)
        files.append(file)
    return files
