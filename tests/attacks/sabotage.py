"""Shows that the attacks can succeed: against a system whose settings let things
in, and behind fronts with a fault. Each class has to find what was done to it.
"""

import contextlib

import wire
from stand_in import StandIn
from world import CHATBOTS, VERIFIERS

TOKEN_DOOR, PLAIN = "REST API, TOKEN authorizer", "Chatbot, plain HTTP"

# Without access rules, and without limits.
SETTINGS = [
    *(f"{part}:CONSUMERS=on" for part in VERIFIERS),
    *(f"{part}:JWT_AUDIENCE=*" for part in VERIFIERS),
    *(f"{part}:JWT_LEEWAY_SECONDS=300" for part in VERIFIERS),
    *(f"{part}:JWT_MAX_LIFETIME_SECONDS=0" for part in VERIFIERS),
    *(f"{part}:JWT_ACCEPT_UNTYPED=true" for part in VERIFIERS),
    *(f"{part}:JWT_DEFAULT_ROLE=USER" for part in VERIFIERS),
    *(f"{part}:TOKEN_SOURCES=header:Authorization,header:X-Api-Key,cookie:token,query:token" for part in CHATBOTS),
    "issuer:TRUSTED_PROXIES=127.0.0.1",
    "issuer:LOGIN_THROTTLE=off",
    "issuer:LOG_FORMAT=human",
    "issuer:CORS_ALLOW_ORIGINS=https://evil.example.com",
]

# The front of each class, and what must be among its findings.
SPOILT = {
    "token forgery": (
        {TOKEN_DOOR: "forgets_signatures"},
        [
            "a changed role",
            "alg 'none'",
            "signed with another key",
            "crit",
            "no type",
            "no role",
            "aud 'Chatbot'",
            "a lifetime of an hour and a second",
        ],
    ),
    "header smuggling": ({}, ["a token in X-Api-Key", "a token in a cookie token", "a token in the query as token"]),
    "paths and access rules": (
        {},
        ["the models for a user", "/v1/models?x=/ for a user", "PATCH of a conversation", "/api/admin for a user"],
    ),
    "other origins, forms and frames": (
        {},
        ["a preflight POST /login from 'https://evil.example.com'", "with a cookie for a token"],
    ),
    "injection": ({"Issuer": "breaks_on_quotes"}, ["POST /login", "GET /admin/users", "in the path"]),
    "guessing and enumeration": (
        {},
        ["guesses of a password from one address", "guesses of many names", "a locked account"],
    ),
    "sessions and refresh": (
        {TOKEN_DOOR: "forgets_endings"},
        ["after a logout, this at", "after a changed password, other at"],
    ),
    "consumers and users": (
        {TOKEN_DOOR: "forgets_signatures"},
        ["another's secret", "the issuer's name, its secret", "another audience", "after a disabled credential"],
    ),
    "gateway cache": (
        {TOKEN_DOOR: "keeps_answers"},
        ["of many callers", "nobody after somebody", "the policy of TOKEN for USER"],
    ),
    "conversations and limits": (
        {PLAIN: "shares_conversations"},
        ["GET /api/conversations/{} of another", "requests of a minute"],
    ),
    "oversize and slow": ({PLAIN: "takes_its_time"}, ["half of a head", "no body"]),
    "logs": ({}, ["issuer.log: every line is a JSON object"]),
}


def sabotaged(world, classes, run):
    """Runs every class against what was done to it; returns what was not found."""
    missed = []
    # What a front does not answer, or never refuses, is not waited for as long.
    wire.PATIENCE, world.slack = 10, 2
    for name in classes:
        fronts, wanted = SPOILT[name]
        with contextlib.ExitStack() as stack:
            for place, fault in fronts.items():
                front = stack.enter_context(StandIn(fault, world[place]))
                world.put_in_front(place, front.url)
            run(world, name)
            for place in fronts:
                world.put_in_front(place, None)
        found = world.tally.findings(name)
        unseen = [text for text in wanted if not any(text in finding for finding in found)]
        print(f"{'MISSED' if unseen else 'found':<7} {name}: {len(found)} findings", *unseen, sep="; not: ", flush=True)
        missed += unseen
    return missed
