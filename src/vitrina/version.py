"""The two version numbers Vitrina answers with: its own, and that of the release it is compatible with."""

__version__ = "0.1.0"

# The Datasette release whose URLs, JSON and plugin hooks are served.
REFERENCE_VERSION = "1.0a41"
REFERENCE_VERSION_INFO = tuple(REFERENCE_VERSION.split("."))
