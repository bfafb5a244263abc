"""PyPI's API tokens: read, narrow, write and check them; the public names of ``pypitoken``."""

from vitrina.tokens.pypi.exceptions import (
    InvalidRestriction,
    LoaderError,
    MissingContextError,
    PyPITokenException,
    ValidationError,
)
from vitrina.tokens.pypi.restrictions import (
    DateRestriction,
    LegacyDateRestriction,
    LegacyNoopRestriction,
    LegacyProjectNamesRestriction,
    ProjectIDsRestriction,
    ProjectNamesRestriction,
    Restriction,
    UserIDRestriction,
)
from vitrina.tokens.pypi.token import Token

__all__ = [
    "DateRestriction",
    "InvalidRestriction",
    "LegacyDateRestriction",
    "LegacyNoopRestriction",
    "LegacyProjectNamesRestriction",
    "LoaderError",
    "MissingContextError",
    "ProjectIDsRestriction",
    "ProjectNamesRestriction",
    "PyPITokenException",
    "Restriction",
    "Token",
    "UserIDRestriction",
    "ValidationError",
]
