"""Where one database is replicated to: Litestream's options for a replica, read for what we need to know of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from vitrina.config.secrets import MASK, SECRET_WORDS
from vitrina.errors import ConfigError

#: URL scheme → kind as Litestream names it
SCHEMES = {
    "s3": "s3",
    "file": "file",
    "gs": "gs",
    "abs": "abs",
    "oss": "oss",
    "sftp": "sftp",
    "nats": "nats",
    "webdav": "webdav",
    "webdavs": "webdav",
}
KINDS = tuple(dict.fromkeys(SCHEMES.values()))
_NEEDS = "a URL such as s3://bucket/path or file:///folder is needed"
#: options of S3 that a URL carries in its query, as Litestream spells them there
_IN_QUERY = {
    "endpoint": "endpoint",
    "region": "region",
    "force-path-style": "forcePathStyle",
    "skip-verify": "skipVerify",
    "sign-payload": "signPayload",
    "require-content-md5": "requireContentMD5",
}
_USER = re.compile(r"(?<=://)[^/@\s]*@")
# A path as a URL can have it, by the rules of the Go library.
_ESCAPED = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/\[\]-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True)
class ReplicaTarget:
    """One replica: ``options`` is the map that Litestream's configuration takes. It may hold secrets."""

    options: Mapping[str, Any]

    @cached_property
    def kind(self) -> str:
        """One of KINDS."""
        if self.options.get("type"):
            return str(self.options["type"])
        url = self.options.get("url")
        return SCHEMES.get(urlsplit(str(url)).scheme, "s3") if url else "file"

    @cached_property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(str(self.options.get("url") or "")).query))

    def _option(self, key: str, *others: str) -> str | None:
        """An option from the map or else from the URL's query, in any of its spellings."""
        for name in (key, *others):
            value = self.options.get(name, self._query.get(name))
            if value is not None:
                return str(value).lower() if isinstance(value, bool) else str(value)
        return None

    @property
    def bucket(self) -> str:
        """The bucket or container; empty for kinds without."""
        return str(self.options.get("bucket") or urlsplit(str(self.options.get("url") or "")).hostname or "")

    @property
    def prefix(self) -> str:
        """The path in the bucket, without slashes at its ends; for files the absolute path of the folder."""
        url = self.options.get("url")
        path = urlsplit(str(url)).path if url else str(self.options.get("path") or "")
        if self.kind == "file":
            return (_folder_of(path) if url else path).rstrip("/")
        return (unquote(path) if url else path).strip("/")

    @property
    def endpoint(self) -> str | None:
        """Address of an S3 store that is not Amazon's."""
        return self._option("endpoint")

    @property
    def region(self) -> str:
        """The region of an S3 bucket."""
        return self._option("region") or "us-east-1"

    @property
    def path_style(self) -> bool:
        """Whether the bucket stands in the path of S3 requests, which it does at endpoints other than Amazon's."""
        chosen = self._option("force-path-style", "forcePathStyle")
        return chosen == "true" if chosen is not None else self.endpoint is not None or "." in self.bucket

    @cached_property
    def url(self) -> str:
        """The address as the commands of Litestream take it; may hold secrets."""
        if self.options.get("url"):
            return str(self.options["url"])
        if self.kind == "file":
            return "file://" + quote(self.prefix)
        query = {
            spelled: value for key, spelled in _IN_QUERY.items() if self.kind == "s3" and (value := self._option(key))
        }
        host = self.bucket or str(self.options.get("host") or "")
        return urlunsplit((self.kind, host, "/" + self.prefix, urlencode(query, safe=":/"), ""))

    @property
    def shown(self) -> str:
        """The address for people: no secrets."""
        return redact_url(self.url)

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """Equal for two targets that are one place."""
        return (self.kind, self.endpoint or "", self.bucket, self.prefix)


def parse_target(given: Any, place: str) -> ReplicaTarget:
    """A replica from a URL or a map of options; ``place`` is its key in the configuration. Raises ConfigError."""
    options = {"url": given} if isinstance(given, str) else given
    if not isinstance(options, Mapping):
        raise ConfigError(f"{place}: {_NEEDS}, or an object with the key url")
    options = {str(key): value for key, value in options.items() if value is not None}
    url, path, kind = options.get("url"), options.get("path"), options.get("type")
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"{place}.type: {kind!r} is not a kind of replica; there are {', '.join(KINDS)}")
    if url is None and not path and not options.get("bucket"):
        raise ConfigError(f"{place}: {_NEEDS}")
    if url is not None:
        if path:
            raise ConfigError(f"{place}.path: the url has a path already: leave path out")
        if urlsplit(str(url)).scheme:
            options["url"] = _checked_url(str(url), place)
        else:
            # As a path: in the URL of a file, Litestream takes escapes for what they are.
            options["path"] = _absolute(str(options.pop("url")))
    elif kind in (None, "file"):
        # Litestream is started somewhere else.
        options["path"] = _absolute(str(path))
    return ReplicaTarget(options)


def _checked_url(url: str, place: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES and not url.startswith("arn:"):
        raise ConfigError(
            f"{place}: Litestream has no replicas at {parts.scheme}://; it has {', '.join(f'{s}://' for s in SCHEMES)}"
        )
    if parts.scheme in ("s3", "gs", "oss") and (not parts.hostname or not parts.path.strip("/")):
        raise ConfigError(f"{place}: bucket and path are needed, as in {parts.scheme}://bucket/path")
    if parts.scheme == "file" and (parts.netloc or not parts.path):
        raise ConfigError(f"{place}: an absolute path is needed, as in file:///var/backups/name")
    return url


def _folder_of(path: str) -> str:
    """The folder that Litestream takes the path of a file URL for: it keeps escapes, and escapes what needs it."""
    return path if _ESCAPED.fullmatch(path) else quote(unquote(path), safe="/$&+,:;=@~")


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


def redact_url(url: str) -> str:
    """``url`` without user name, password, and the values of arguments that sound like secrets."""
    parts = urlsplit(url)
    if not parts.scheme:
        return url
    query = "&".join(_masked(argument) for argument in parts.query.split("&")) if parts.query else ""
    return _USER.sub("", urlunsplit((parts.scheme, parts.netloc, parts.path, query, parts.fragment)))


def _masked(argument: str) -> str:
    name, equals, _ = argument.partition("=")
    secret = equals and any(word in name.casefold() for word in (*SECRET_WORDS, "sse", "signature", "credential"))
    return f"{name}={MASK}" if secret else argument
