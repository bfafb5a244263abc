"""Which of our objects stands under the names of the package that reads PyPI's tokens."""

from __future__ import annotations

from collections.abc import Mapping

_PYPI_EXCEPTIONS = {
    name: f"vitrina.tokens.pypi.exceptions:{name}"
    for name in ("InvalidRestriction", "LoaderError", "MissingContextError", "PyPITokenException", "ValidationError")
}

_PYPI_RESTRICTIONS = {
    name: f"vitrina.tokens.pypi.restrictions:{name}"
    for name in (
        "DateRestriction",
        "LegacyDateRestriction",
        "LegacyNoopRestriction",
        "LegacyProjectNamesRestriction",
        "ProjectIDsRestriction",
        "ProjectNamesRestriction",
        "Restriction",
        "UserIDRestriction",
    )
}

#: as ``NAMES``, for the package that reads PyPI's tokens; served where the real one is missing
PYPI_NAMES: Mapping[str, Mapping[str, str]] = {
    "pypitoken": {**_PYPI_EXCEPTIONS, **_PYPI_RESTRICTIONS, "Token": "vitrina.tokens.pypi.token:Token"},
    "pypitoken.exceptions": _PYPI_EXCEPTIONS,
    "pypitoken.restrictions": {**_PYPI_RESTRICTIONS, "Context": "vitrina.tokens.pypi.restrictions:Context"},
    "pypitoken.token": {"Token": "vitrina.tokens.pypi.token:Token", "PREFIX": "vitrina.tokens.pypi.token:PREFIX"},
}
