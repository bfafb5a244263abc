"""Cookies: the Cookie header as an object, and Set-Cookie lines."""

from __future__ import annotations

from http import cookies as http_cookies

from vitrina.http.header_text import clean_header_value

_SAMESITE = ("strict", "lax", "none")


def parse_cookies(header: str) -> dict[str, str]:
    """Cookie names and values of a ``Cookie`` header.

    Pieces without a name are skipped, quoted values are unquoted; the first
    of two cookies with one name wins, as the more specific path is sent first.
    """
    found: dict[str, str] = {}
    for piece in header.split(";"):
        name, equals, value = piece.partition("=")
        name = name.strip()
        if not equals or not name or name in found:
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = http_cookies._unquote(value)
        found[name] = value
    return found


def set_cookie_line(
    key: str,
    value: str = "",
    *,
    max_age: int | None = None,
    expires: int | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: str = "lax",
) -> str:
    """The value of one ``Set-Cookie`` header.

    ``max_age`` and ``expires`` are seconds from now. Raises AssertionError for
    a ``samesite`` that no browser knows and http.cookies.CookieError for a name
    that cannot be sent.
    """
    if samesite not in _SAMESITE:
        raise AssertionError(f"samesite should be one of {_SAMESITE}")
    jar: http_cookies.SimpleCookie = http_cookies.SimpleCookie()
    jar[key] = value
    morsel = jar[key]
    attributes: dict[str, object] = {
        "max-age": max_age,
        "expires": expires,
        "path": path,
        "domain": domain,
        "samesite": samesite,
        "secure": secure or None,
        "httponly": httponly or None,
    }
    for name, setting in attributes.items():
        if setting is not None:
            morsel[name] = setting
    return clean_header_value(morsel.OutputString())
