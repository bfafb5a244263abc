"""The instance that pages are made by, as it is described to each worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vitrina.cli.instance import build_instance
from vitrina.cli.options import ServeOptions
from vitrina.cli.serve import serve

# What a person would wait for is no measure here: a page that is complete is worth seconds.
_PATIENT = (
    ("sql_time_limit_ms", "20000"),
    ("facet_time_limit_ms", "5000"),
    ("facet_suggest_time_limit_ms", "500"),
)
# Nothing of this can work without a server; and a whole table is a whole table.
_STATIC = (
    ("base_url", "/"),
    ("default_allow_sql", "off"),
    ("max_csv_mb", "0"),
    ("allow_csv_stream", "on"),
    ("force_https_urls", "off"),
)


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """The instance; ``files`` are snapshots that nobody changes. Paths are absolute, values as typed."""

    files: tuple[str, ...]
    inspect_file: str | None = None
    metadata: str | None = None
    config: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    template_dir: str | None = None
    plugins_dir: str | None = None
    static: tuple[tuple[str, str], ...] = ()
    extensions: tuple[str, ...] = ()

    def words(self) -> list[str]:
        """The arguments of ``serve`` that mean the same."""
        words = [word for file in self.files for word in ("--immutable", file)]
        for name in ("inspect_file", "metadata", "config", "template_dir", "plugins_dir"):
            value = getattr(self, name)
            words += [f"--{name.replace('_', '-')}", value] if value else []
        words += [word for mount, folder in self.static for word in ("--static", f"{mount}:{folder}")]
        words += [word for each in self.extensions for word in ("--load-extension", each)]
        settings = (*_PATIENT, *self.settings, *_STATIC)
        return words + [word for name, value in settings for word in ("--setting", name, value)]


def open_site(options: SiteOptions) -> Any:
    """An instance that has not been started. Raises StartupError and ConfigError."""
    with serve.make_context("serve", options.words()) as context:
        typed = {**context.params, "settings": tuple(context.params["settings"])}
        return build_instance(ServeOptions(**typed))
