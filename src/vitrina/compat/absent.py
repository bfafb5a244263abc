"""Stand-ins for names behind which nothing of ours stands."""

from __future__ import annotations

from typing import Any, NoReturn


class Absent:
    """Can be imported, so that code which mentions it somewhere still loads; raises where it is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name}, which Vitrina does not have>"

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(f"Vitrina has nothing in the place of {self._name}")

    def __getattr__(self, name: str) -> Any:
        # Python, and libraries that look at every object, ask for names like these.
        if name.startswith("_"):
            raise AttributeError(name)
        self._refuse()

    __call__ = __iter__ = __len__ = __getitem__ = __contains__ = __enter__ = __aenter__ = __mro_entries__ = _refuse
