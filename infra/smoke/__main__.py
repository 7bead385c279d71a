"""Asks a running system whether it lets in, refuses, revokes and rotates.

Called as `infra/manage smoke`. It logs in as a user of its own, ends
that session again, and prints one line per check; never a token or a password.
The password comes from LATCHKEY_PASSWORD or, without that, from the first line
of standard input: the arguments of a program are seen by every user of a machine.
"""

import argparse
import getpass
import os
import sys
import urllib.parse

from checks import Smoke
from client import LOOPBACK


def base_url(text):
    parts = urllib.parse.urlsplit(text)
    if parts.scheme == "https" and parts.hostname:
        return text.rstrip("/")
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return text.rstrip("/")
    raise argparse.ArgumentTypeError("expected https://..., or http:// on this machine: passwords and tokens go there")


def route(text):
    method, _, path = text.rpartition(" ")
    if not path.startswith("/"):
        raise argparse.ArgumentTypeError("expected a path, or a method and a path: 'POST /api/chat'")
    return (method or "GET").upper(), path


def seconds(text):
    value = float(text)
    if not 0 <= value <= 900:
        raise argparse.ArgumentTypeError("expected 0 to 900 seconds: tokens must live longer")
    return value


def arguments():
    parser = argparse.ArgumentParser(
        prog="infra/manage smoke",
        description="Checks a running system: 200, 401, 403, a revocation and a rotation.",
        epilog="LATCHKEY_PASSWORD (or the first line of standard input) is the user's password, "
        "LATCHKEY_ADMIN_PASSWORD the administrator's. The user must be without a second factor.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--api", required=True, type=base_url, metavar="URL", help="the protected API; the output ApiUrl")
    add("--issuer", required=True, type=base_url, metavar="URL")
    add("--user", required=True, metavar="NAME", help="logs in and out; sessions of others stay")
    add("--front-door", choices=["rest", "http", "alb"], default="rest", help="http: no WWW-Authenticate is expected")
    add("--allowed", type=route, default="POST /api/chat", metavar="ROUTE", help="what the user may call (%(default)s)")
    add("--forbidden", type=route, metavar="ROUTE", help="what exists, and the user may not call")
    add("--admin", metavar="NAME", help="who may call the forbidden route")
    add("--revoked-within", type=seconds, default=75, metavar="SECONDS",
        help="AuthorizerCacheSeconds + RegistryCacheSeconds, and something for the way (%(default)s)")
    add("--secret", metavar="ARN", help="begins a rotation of this secret, with AWS's command line")
    add("--published-within", type=seconds, default=120, metavar="SECONDS",
        help="how long the rotator may take (%(default)s)")
    add("--signs-within", type=seconds, metavar="SECONDS", help="wait for the new key to sign: local systems only")
    options = parser.parse_args()
    if options.signs_within is not None and options.secret is None:
        parser.error("--signs-within needs --secret")
    if options.admin is not None and options.forbidden is None:
        parser.error("--admin needs --forbidden")
    return parser, options


def main():
    parser, options = arguments()
    # Taken out of the environment, so that no program started from here has them.
    password = os.environ.pop("LATCHKEY_PASSWORD", "")
    admin_password = os.environ.pop("LATCHKEY_ADMIN_PASSWORD", "")
    if not password and sys.stdin is not None:
        if sys.stdin.isatty():
            password = getpass.getpass(f"Password of {options.user}: ")
        else:
            password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        parser.error("no password: set LATCHKEY_PASSWORD, or give it on standard input")
    if options.admin is not None and not admin_password:
        parser.error("--admin needs LATCHKEY_ADMIN_PASSWORD")
    return Smoke(options, password, admin_password).run()


if __name__ == "__main__":
    sys.exit(main())
