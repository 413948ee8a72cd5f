"""`python -m core submit`: post a file to a server, with a token that is never shown."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import io
import os
import re
import secrets
import sys
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

from core.commands.entry_point import OK, complain
from core.errors import BadOption, SubmitFailed
from core.files import web
from core.files.names import printable, safe_name, shorten

LIMIT = 20 * 2**20
"""Largest file in bytes."""

TIMEOUT = 30.0
"""Seconds without a single byte after which the server counts as silent."""

ANSWER_CHARS = 10_000
_ANSWER_BYTES = 2**16
_REDIRECTS = 5
_OURS = {
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
    "user-agent",
}


class Address(NamedTuple):
    """A URL; errors show only its `origin`, as its `target` (path and query) may hold secrets."""

    origin: str
    scheme: str
    host: str
    port: int
    target: str


class Answer(NamedTuple):
    """A reply; `status` and `text` are safe to show."""

    code: int
    status: str
    location: str
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("file", metavar="FILE", help=f"at most {LIMIT // 2**20} MB")
    add("--url", required=True, help="https; http only to this machine")
    add("--token-env", required=True, metavar="NAME", help="environment variable with the token")
    add("--header", default="token", metavar="NAME", help="header for the token (token)")
    add("--field", default="file", metavar="NAME", help="form field for the file (file)")
    add("--allow-http", action="store_true", help="send the token in clear to other machines")
    # Refused below; if it were unknown, the parser's complaint would repeat the token.
    add("--token", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Post the file and print the answer.

    Raises:
        BadOption: bad address, header, field or environment variable.
        SubmitFailed: the file cannot be sent, or the server did not take it.
    """
    if args.token is not None:
        raise BadOption(
            "A token on the command line is visible to other users: use --token-env NAME."
        )
    address, token = _address(args.url), _token(args.token_env)
    header, field = (shorten(printable(name), 80) for name in (args.header, args.field))
    if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", args.header, re.A) or args.header.lower() in _OURS:
        raise BadOption(f"The header {header!r} cannot carry a token: give another --header.")
    if not args.field or not args.field.isprintable() or {'"', "\\"} & set(args.field):
        raise BadOption(f"The field {field!r} is not valid in a form: give another --field.")
    in_clear = not web.is_safe(address.origin)
    if in_clear and not args.allow_http:
        raise BadOption(
            f"The address {address.origin} is not encrypted, so nothing was sent: use https, "
            "or --allow-http if the token may be read in transit."
        )
    path = Path(args.file)
    kind, body = _form(args.field, safe_name(path.name), _content(path))
    if in_clear:
        complain(f"The token travels in clear to {address.origin}: others can read it.")
    headers = {
        "User-Agent": "SeeWhy",
        "Connection": "close",
        "Content-Type": kind,
        "Content-Length": str(len(body)),
        args.header: token,
    }
    answer = _post(address, headers, body, token)
    cut = "…" if len(answer.text) > ANSWER_CHARS else ""
    shown = answer.text[:ANSWER_CHARS] + cut or answer.status
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    print(shown.encode(encoding, "replace").decode(encoding))
    return OK


def _address(url: str) -> Address:
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        host.encode("idna")  # what the socket does later, with an error of its own
    except ValueError:
        scheme, host, port = "", "", None
    if scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        shown = shorten(printable(url.partition("?")[0].rpartition("@")[2]), 200)
        raise BadOption(f"{shown!r} is not a valid address: give one like https://host/path.")
    if "@" in parts.netloc:
        raise BadOption(f"The address of {host} holds a name or password: leave it out.")
    if port is None:
        port = 443 if scheme == "https" else 80
    origin = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(origin, scheme, host, port, quote(target, "/?&=%:@!$'()*+,;"))


def _token(variable: str) -> str:
    # A long or odd name may be the token itself, given by mistake.
    known = re.fullmatch(r"[A-Za-z_]\w{0,29}", variable, re.ASCII)
    name = f"The environment variable {variable}" if known else "What --token-env names"
    # HTTP drops blanks at the ends, so that a server would send the token back without them.
    token = os.environ.get(variable, "").strip(" ")
    if not token.strip():
        raise BadOption(f"{name} is not set or empty: put the token there.")
    if not token.isprintable() or max(token) > "\xff":
        raise BadOption(
            f"{name} contains a line break or a character outside Latin-1, which a header cannot "
            "carry: set it to the token alone."
        )
    return token


def _content(path: Path) -> bytes:
    name = printable(str(path))
    try:
        size = path.stat().st_size
        if not path.is_file():  # a named pipe would block when it is opened
            raise SubmitFailed(f"{name} is a folder or a device: give one file.")
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise SubmitFailed(
            f"{name} cannot be read ({error.strerror}): give an existing, readable file."
        ) from error
    if not content:
        raise SubmitFailed(f"{name} is empty: give another file.")
    if len(content) > LIMIT:
        raise SubmitFailed(
            f"{name} has {max(size, len(content))} bytes, more than the limit of {LIMIT}: "
            "make it smaller."
        )
    return content


def _form(field: str, name: str, content: bytes) -> tuple[str, bytes]:
    """Return content type and body of a form with one file."""
    boundary = secrets.token_hex(16)
    while boundary.encode() in content:
        boundary = secrets.token_hex(16)
    quoted = name.replace('"', "%22")  # as browsers do
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"; filename="{quoted}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", head.encode() + content + tail.encode()


def _post(address: Address, headers: dict[str, str], body: bytes, token: str) -> Answer:
    """Send the form, again where the server redirects within its origin."""
    for _ in range(_REDIRECTS + 1):
        answer = _exchange(address, headers, body, token)
        if 200 <= answer.code < 300:
            return answer
        if not (300 <= answer.code < 400 and answer.location):
            break
        try:
            base = f"{address.origin}{address.target}"
            new = _address(urljoin(base, answer.location))
        except (BadOption, ValueError):
            break
        if new.origin != address.origin:
            raise SubmitFailed(
                f"{address.origin} redirects to {_hide(new.origin, token)}, which was not followed "
                "to protect the token: if you trust that address, give it as --url."
            )
        if answer.code not in (307, 308):
            break  # the others ask for another method, without the file
        address = new
    line = next((line.strip() for line in answer.text.splitlines() if line.strip()), "")
    reason = f"{answer.status}, “{shorten(line, 200)}”" if line else answer.status
    advice = "check the token" if answer.code in (401, 403) else "check the address and the file"
    if answer.code >= 500:
        advice = "try again later"
    raise SubmitFailed(f"{address.origin} rejected the file ({reason}): {advice}.")


def _exchange(address: Address, headers: dict[str, str], body: bytes, token: str) -> Answer:
    """Send the form once."""
    https = address.scheme == "https"
    kind = http.client.HTTPSConnection if https else http.client.HTTPConnection
    with contextlib.closing(kind(address.host, address.port, timeout=TIMEOUT)) as connection:
        try:
            connection.connect()
        except OSError as error:
            raise SubmitFailed(
                f"No connection to {address.origin} ({web.reason(error, TIMEOUT)}): "
                "check the address and the network."
            ) from error
        broken: OSError | None = None
        try:
            try:
                # A stream goes out in pieces, each with a time limit of its own.
                connection.request("POST", address.target, io.BytesIO(body), headers)
            except (BrokenPipeError, ConnectionResetError) as error:
                broken = error  # a server may refuse before it has read all, and say why
            with connection.getresponse() as reply:
                text = reply.read(_ANSWER_BYTES).decode("utf-8", "replace")
            if broken and reply.status < 300:
                raise broken
        except (OSError, http.client.HTTPException) as error:
            why = web.reason(error, TIMEOUT)
            raise SubmitFailed(
                f"{address.origin} sent no valid answer ({why}): the file may have "
                "arrived, so check there before you try again."
            ) from error
    status = web.status_words(reply.status)
    return Answer(reply.status, status, reply.getheader("Location", ""), _hide(text, token))


def _hide(text: str, token: str) -> str:
    """Return `text` without what steers a terminal, and without the token it may repeat."""
    text = "\n".join(
        "".join(c if c.isprintable() else " " * c.isspace() for c in line).rstrip()
        for line in text.strip().splitlines()
    )
    forms = {token, token.rpartition(" ")[2]}  # the latter without a `Bearer` before it
    forms |= {quote(form, "") for form in forms}
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.sub(either, "***", text, flags=re.IGNORECASE)
