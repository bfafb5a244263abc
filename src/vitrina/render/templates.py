"""Jinja environments: where templates are found, which one is chosen, and how they are rendered."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    TemplateNotFound,
    TemplatesNotFound,
)
from jinja2 import Template as JinjaTemplate

from vitrina.dialect.quoting import escape_sqlite
from vitrina.render.css_class import to_css_class
from vitrina.render.template_cache import TemplateCache
from vitrina.render.template_chain import TemplateChains

BUILT_IN = Path(__file__).resolve().parent.parent / "ui" / "templates"

#: what would end or break a quoted CSS string
_CSS_SPECIAL = re.compile(r"""['"\n\\]""")


def escape_css_string(text: str) -> str:
    """``text`` fit for a quoted CSS string: quotes, backslashes and ends of lines as escapes."""
    return _CSS_SPECIAL.sub(lambda match: f"\\{ord(match[0]):06X}", text.replace("\r\n", "\n"))


def quote_plus(value: Any) -> str:
    """``value`` as it stands in a query string."""
    return urllib.parse.quote_plus(str(value))


@dataclass(frozen=True, slots=True)
class Selection:
    """The template chosen for a page.

    ``name`` is the file's name; ``considered`` every name looked for, ``*``
    before the one in use; ``built_in`` true when no template of the page's
    chain comes from a template directory or a plugin.
    """

    name: str
    considered: tuple[str, ...]
    built_in: bool


class Templates:
    """Finds and renders templates.

    ``template_dir`` is the user's directory, looked at first and read again
    when a file changes; ``plugin_dirs`` come next; built-in templates last,
    also under ``default:NAME``. ``static`` gives the URL of a static file;
    ``cache_dir`` may hold built-in templates that were compiled beforehand.
    ``environment`` is the asynchronous one that plugins see; its synchronous
    twin shares its filters, tests and globals.
    """

    def __init__(
        self,
        *,
        template_dir: str | Path | None = None,
        plugin_dirs: Sequence[str | Path] = (),
        static: Callable[..., str] = lambda path, plugin=None, mount=None: path,
        cache_dir: str | Path | None = None,
    ) -> None:
        # The two environments compile one text to different code, so each has a cache of its own.
        self._caches = [TemplateCache(Path(cache_dir) / kind) if cache_dir else None for kind in ("async", "sync")]
        self.template_dir = Path(template_dir) if template_dir is not None else None
        self.plugin_dirs = tuple(Path(directory) for directory in plugin_dirs)
        self._built_in_names = _listing(BUILT_IN)
        self._chains = TemplateChains(BUILT_IN)
        self._plugin_names = frozenset(name for directory in self.plugin_dirs for name in _listing(directory))
        loader = self._loader()
        self.environment = self._open_environment(loader)
        # Plugins may put loaders of theirs before ours.
        self._own_loaders = (loader, *loader.loaders)
        self._twin = Environment(
            loader=self._built_in_loader(),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            bytecode_cache=self._caches[1],
        )
        self.environment.filters.update(
            escape_css_string=escape_css_string,
            quote_plus=quote_plus,
            escape_sqlite=escape_sqlite,
            to_css_class=to_css_class,
        )
        # The reference checks a request's origin and keeps the function for older templates.
        self.environment.globals.update(csrftoken=lambda: "", static=static)
        self._twin.filters = self.environment.filters
        self._twin.tests = self.environment.tests
        self._twin.globals = self.environment.globals

    def compile_built_in(self) -> None:
        """Compile every built-in template into ``cache_dir`` (blocking). Raises OSError."""
        for cache in self._caches:
            if cache is not None:
                cache.writing = True
        for name in sorted(self._built_in_names):
            for environment in (self.environment, self._twin):
                environment.get_template(name)
                environment.get_template(f"default:{name}")

    @property
    def has_foreign(self) -> bool:
        """Whether templates may come from a template directory or a plugin."""
        return self.template_dir is not None or bool(self.plugin_dirs) or self.has_more_loaders(self.environment)

    def _open_environment(self, loader: BaseLoader) -> Environment:
        return Environment(
            loader=loader,
            autoescape=True,
            enable_async=True,
            auto_reload=self.template_dir is not None,
            bytecode_cache=self._caches[0],
        )

    def _built_in_loader(self) -> BaseLoader:
        shipped = FileSystemLoader(BUILT_IN)
        return ChoiceLoader([PrefixLoader({"default": shipped}, delimiter=":"), shipped])

    def _loader(self) -> ChoiceLoader:
        directories = [*([self.template_dir] if self.template_dir else []), *self.plugin_dirs]
        return ChoiceLoader([*(FileSystemLoader(directory) for directory in directories), self._built_in_loader()])

    def select(self, names: str | Iterable[str], environment: Environment | None = None) -> Selection:
        """Choose the first of ``names`` that exists, in ``environment`` where a plugin made one for this page.

        Raises jinja2.TemplatesNotFound when none does.
        """
        wanted = (names,) if isinstance(names, str) else tuple(names)
        searched = environment or self.environment
        if self.template_dir is None and not self.has_more_loaders(searched):
            return self._select_known(wanted)
        for name in wanted:
            try:
                template = searched.get_template(name)
            except TemplateNotFound:
                continue
            built_in = _is_shipped(template) and self._chain_is_shipped(name.removeprefix("default:"), searched)
            # Not the template's own name, which has lost its "default:".
            return Selection(name, _marked(wanted, name), built_in)
        raise TemplatesNotFound(wanted)

    def has_more_loaders(self, environment: Environment) -> bool:
        """Whether ``environment`` finds templates in more places than ours."""
        loader = environment.loader
        own, *parts = self._own_loaders
        return loader is not own or list(own.loaders) != parts  # type: ignore[attr-defined]

    def _select_known(self, wanted: tuple[str, ...]) -> Selection:
        """Choose without touching the disk: nothing is added while the server runs."""
        for name in wanted:
            known = name.removeprefix("default:")
            if name in self._plugin_names or known in self._built_in_names:
                built_in = not self._plugin_names or (
                    name not in self._plugin_names and self._plugin_names.isdisjoint(self._chains.of(known))
                )
                return Selection(name, _marked(wanted, name), built_in)
        raise TemplatesNotFound(wanted)

    def _chain_is_shipped(self, name: str, environment: Environment) -> bool:
        try:
            return all(_is_shipped(environment.get_template(part)) for part in self._chains.of(name))
        except TemplateNotFound:
            return False

    def page_names(self, environment: Environment | None = None) -> frozenset[str]:
        """Names of the templates below ``pages/`` (blocking where there is a template directory).

        Loaders that plugins put into ``environment`` are asked for theirs.
        """
        names = self._plugin_names
        if self.template_dir is not None:
            names |= _listing(self.template_dir)
        searched = environment or self.environment
        if self.has_more_loaders(searched):
            names |= _listed_by(searched)
        return frozenset(name for name in names if name.startswith("pages/"))

    def has(self, name: str, environment: Environment) -> bool:
        """Whether ``environment`` finds ``name``, in a loader that lists nothing too."""
        try:
            self.select(name, environment)
        except TemplateNotFound:
            return False
        return True

    async def render(
        self,
        names: str | Sequence[str] | JinjaTemplate,
        context: Mapping[str, Any],
        environment: Environment | None = None,
    ) -> str:
        """Render the first template of ``names`` that exists, in the asynchronous environment.

        ``environment`` replaces the shared one for this page. Raises
        jinja2.TemplateNotFound when none of the names exists.
        """
        if isinstance(names, JinjaTemplate):
            template = names
        else:
            wanted = [names] if isinstance(names, str) else list(names)
            template = (environment or self.environment).select_template(wanted)
        return await template.render_async(context)

    def render_built_in(self, name: str, context: Mapping[str, Any]) -> str:
        """Render a built-in template at once; nothing in ``context`` may need awaiting."""
        return self._twin.get_template(name).render(context)


def _is_shipped(template: JinjaTemplate) -> bool:
    return template.filename is not None and Path(template.filename).is_relative_to(BUILT_IN)


def _listing(directory: Path) -> frozenset[str]:
    """Names of all template files below ``directory``, with ``/`` between folders."""
    if not directory.is_dir():
        return frozenset()
    return frozenset(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def _listed_by(environment: Environment) -> frozenset[str]:
    try:
        return frozenset(environment.list_templates())
    except TypeError:
        # A loader made of a function cannot say what it has.
        return frozenset()


def _marked(considered: Iterable[str], chosen: str) -> tuple[str, ...]:
    return tuple(f"*{name}" if name == chosen else name for name in considered)
