"""Who may ask: the token, the host name, the site that a request comes from; and the headers of every answer."""

from __future__ import annotations

import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from convonet.server.refusals import Refusal, problem
from convonet.server.settings import LOOPBACK_NAMES, Settings, is_loopback

COOKIE = "convonet_token"
API = "/api/"
OPEN = ("/api/v1/health", "/api/v1/ready", "/api/v1/login", "/api/v1/logout")
_SAFE = ("GET", "HEAD", "OPTIONS")
_SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(self), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware: refuses what does not come from a person of this server, and secures the answers.

    - The `Host` must be a name of this server where it listens on loopback only, so that no website can reach
      it under a name of its own (DNS rebinding).
    - A request that a browser sends on behalf of another site is refused.
    - The API asks for the token where one is set: `Authorization: Bearer`, or the cookie that `login` set.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._token = settings.token
        self._names = _names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The lifespan of the application passes too; it comes from nobody.
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                _secure(MutableHeaders(scope=message), scope["path"])
            await send(message)

        try:
            self._check(scope, Headers(scope=scope))
        except Refusal as refusal:
            answer = problem(refusal.status_code, refusal.error, refusal.headers)
            # Refusals carry the security headers as well, since a browser shows them.
            await answer(scope, receive, secured)
            return
        await self._app(scope, receive, secured)

    def _check(self, scope: Scope, headers: Headers) -> None:
        host = headers.get("host", "")
        # A page of another site can point its own name at 127.0.0.1; the browser then takes our answers for its own.
        if self._names is not None and _name(host) not in self._names:
            raise Refusal(
                421,
                "The server does not accept this host name",
                received=ascii(host)[1:-1][:100],
                hint="Start it with --allow-host NAME to reach it by a different name",
                close=True,
            )
        _check_site(scope["method"], scope["path"], headers, host)
        if self._token is not None and scope["path"].startswith(API) and scope["path"] not in OPEN:
            self._check_token(headers)

    def _check_token(self, headers: Headers) -> None:
        given = given_token(headers)
        if given is None or not same_token(given, self._token or ""):
            what = "The token is missing" if given is None else "The token is wrong"
            raise Refusal(
                401,
                what,
                hint="Send `Authorization: Bearer TOKEN` with the token that the server was started with",
                headers={"WWW-Authenticate": 'Bearer realm="convonet"'},
            )


def given_token(headers: Headers) -> str | None:
    """The token of a request: from its header, else from its cookie."""
    # Pictures and event streams of a page cannot have headers of their own, so a cookie counts too.
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def same_token(given: str, token: str) -> bool:
    """Whether two tokens are equal, in a time that does not tell how far they are."""
    # Bytes, since compare_digest rejects text with non-ASCII characters, which a client may send.
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode("utf-8"))


def _names(settings: Settings) -> frozenset[str] | None:
    """The host names that are answered; None: any, since the token is asked for."""
    if not is_loopback(settings.host):
        return None
    return frozenset({*LOOPBACK_NAMES, _name(settings.host), *(name.lower() for name in settings.names)})


def _name(host: str) -> str:
    """The name in a `Host` header, without the port."""
    # From the right and digits only, since an IPv6 address has colons of its own.
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _check_site(method: str, path: str, headers: Headers, host: str) -> None:
    """Refuse what another website lets a browser send."""
    site = headers.get("sec-fetch-site")
    # Old browsers send no such header; for them the origin of requests that change something decides.
    foreign = site is not None and site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is not None and method not in _SAFE:
        foreign = foreign or urlsplit_host(origin) != host.lower()
    # A link from another site may open the page itself, which then asks for everything else from here.
    if foreign and (method not in _SAFE or path.startswith(API)):
        raise Refusal(
            403,
            "This request comes from another website",
            received=ascii(origin or site)[1:-1][:100],
            hint="Open the server's own page",
            close=method not in _SAFE,
        )


def urlsplit_host(origin: str) -> str | None:
    """Host and port of an `Origin`; None for `null` and what is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _secure(headers: MutableHeaders, path: str) -> None:
    for name, value in _SECURITY.items():
        # setdefault lets a route choose a different value for its own answers.
        headers.setdefault(name, value)
    if path.startswith(API):
        # Answers are about files that change, and a shared computer shall not keep them.
        headers.setdefault("cache-control", "no-store")
