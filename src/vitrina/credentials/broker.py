"""Temporary credentials from a broker: a URL to which a shared secret is posted."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from vitrina.credentials.documents import parse_document, text_of
from vitrina.credentials.model import Credentials, FetchFailed
from vitrina.credentials.web_call import call, parse_object

#: keys of the answer, all of them required
_KEYS = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration", "S3Folder")


class BrokerProvider:
    """Posts ``secret`` to ``url``; the answer names the bucket and the prefix too. ``timeout`` in seconds."""

    def __init__(self, url: str, secret: str | None, *, timeout: float = 10.0) -> None:
        self._url = url
        self._secret = secret
        self._timeout = timeout
        parts = urlsplit(url)
        # User name, password, path and query may be secret.
        self.source = f"broker at {parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"

    async def fetch(self) -> Credentials:
        if not self._secret:
            raise FetchFailed("credentials_url_secret is not set")
        text = await call(
            self._url,
            body=urlencode({"secret": self._secret}).encode("ascii"),
            headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            timeout=self._timeout,
        )
        document = parse_object(text)
        for key in _KEYS:
            # Stores without temporary keys of their own have brokers that give an empty one.
            if key != "SessionToken" or document.get(key) != "":
                text_of(document, key)
        return parse_document(document)
