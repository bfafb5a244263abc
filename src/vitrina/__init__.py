"""Vitrina: explore and publish data from SQLite files as a website and an API."""

from vitrina.version import REFERENCE_VERSION, __version__

__all__ = ["REFERENCE_VERSION", "__version__"]
