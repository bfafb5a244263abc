"""What can be wrong with a PyPI token."""


class PyPITokenException(Exception):
    """The base of all of them."""


class InvalidRestriction(PyPITokenException, ValueError):
    """Parameters from which no restriction can be made."""


class LoaderError(PyPITokenException):
    """Text that is no token, or a caveat that is no restriction."""


class ValidationError(PyPITokenException):
    """A token that may not be used so."""


class MissingContextError(ValidationError):
    """A restriction on something that nothing is known about."""

    def __init__(
        self, message: str = "The restriction couldn't be checked because the context is missing required values"
    ) -> None:
        super().__init__(message)
