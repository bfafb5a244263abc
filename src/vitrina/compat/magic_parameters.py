"""Parameters of a stored query with the magic ones among them filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrina.dialect.parameters import named_parameters
from vitrina.errors import BadRequest
from vitrina.web.magic_parameters import magic_values


class MagicParameters(dict[str, Any]):
    """Given parameters, and values for the statement's magic names once :meth:`execute_params` was awaited."""

    def __init__(self, sql: str, data: Mapping[str, Any], request: Any, datasette: Any) -> None:
        super().__init__(data)
        self._sql = sql
        self._request = request
        self._datasette = datasette
        self._magic: dict[str, Any] = {}

    async def execute_params(self) -> None:
        """Ask for the values. Raises KeyError where the request has none, and what plugins' functions raise."""
        try:
            self._magic = await magic_values(self._datasette.site, self._request, named_parameters(self._sql))
        except BadRequest as error:
            if isinstance(error.__cause__, KeyError):
                raise error.__cause__ from None
            raise KeyError(*filter(None, [error.message.strip("'")])) from None

    def __len__(self) -> int:
        # Never empty: statements with magic names alone have parameters too.
        return super().__len__() or 1

    def __getitem__(self, key: str) -> Any:
        return self._magic[key] if key in self._magic else super().__getitem__(key)
