"""Proves that the authorizer's release binary answers API Gateway as it must,
under AWS's own emulator of Lambda, with its secret in Secrets Manager and its
revocations in DynamoDB (both by moto).

    emulator.py CHECKS AUTHORIZER
"""

import json
import signal
import sys
import time

import samples
from answers import allows, could_not_tell, names_the_problem, refuses
from fake_aws import TABLE, FakeAws
from function import Function
from library import libraries
from report import check, finish
from samples import encode, sign

CHECKS, AUTHORIZER = sys.argv[1:]

# Ended from outside, the processes it started must end too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

SECRET = samples.development_secret()
OTHER_SECRET = "another-secret-that-is-long-enough-for-hs256"
NOW = int(time.time())
SAMPLES, NOBODYS = samples.samples()
REST = next(sample for sample in SAMPLES if sample.kind == "rest-token")


def ring():
    """The secret as a key ring, under each id that a sample token names, and a
    key that is past its time."""
    kids = sorted({s.header["kid"] for s in SAMPLES if "kid" in s.header}) or ["current"]
    live = [(kid, SECRET, None) for kid in kids]
    keys = []
    for kid, secret, until in [*live, ("retired", OTHER_SECRET, NOW - 3600)]:
        key = {"kty": "oct", "kid": kid, "alg": "HS256", "k": encode(secret.encode())}
        keys.append({**key, "sign_from": NOW - 86400, "verify_until": until})
    return json.dumps({"keys": keys})


def start(aws, secret, **settings):
    whole = {
        **aws.settings,
        "JWT_SECRET_ARN": secret,
        "JWT_ISSUER": "https://auth.example.com",
        "JWT_AUDIENCE": "chatbot",
        # The sample tokens are good until 2100.
        "JWT_MAX_LIFETIME_SECONDS": "0",
        "AUTH_TABLE": TABLE,
    }
    return Function(CHECKS, AUTHORIZER, {**whole, **settings})


def expect(name, wrong):
    check(name, wrong is None, wrong)


def every_sample(function, label, chosen, form=None):
    """Each sample as it is, and spoilt in each of the usual ways."""
    for sample in chosen:
        wanted = form or sample.form
        name = f"{label}, {sample.name}"
        header, claims, signature = sample.token.split(".")

        expect(f"{name}: allowed", allows(function.call(sample.event), sample.claims, wanted))
        answer = function.call(sample.without_token())
        expect(f"{name}, no token: refused", refuses(answer, wanted))

        admin = encode(json.dumps({**sample.claims, "role": "ADMIN"}).encode())
        other_end = sign(sample.header, sample.claims, OTHER_SECRET)
        expired = sample.fresh_claims(iat=NOW - 7200, exp=NOW - 3600)
        for what, token in [
            ("claims changed", ".".join([header, admin, signature])),
            ("signed with another secret", other_end),
            ("signature cut off", ".".join([header, claims, ""])),
            ("expired", sign(sample.header, expired, SECRET)),
        ]:
            answer = function.call(sample.with_token(token))
            expect(f"{name}, {what}: refused", refuses(answer, wanted))


def key_ids(function, form, accepts_unknown):
    """What a key id decides: everything in a ring, nothing beside a plain secret."""
    sample = REST
    token = sign({**sample.header, "kid": "nobody-knows-it"}, sample.fresh_claims(), SECRET)
    answer = function.call(sample.with_token(token))
    if accepts_unknown:
        expect(f"{form}, unknown kid: allowed", allows(answer, sample.claims, sample.form))
        return
    expect(f"{form}, unknown kid: Unauthorized", refuses(answer, sample.form))
    token = sign({**sample.header, "kid": "retired"}, sample.fresh_claims(), OTHER_SECRET)
    answer = function.call(sample.with_token(token))
    expect(f"{form}, key past its time: Unauthorized", refuses(answer, sample.form))


def revocation(aws, function):
    # Revoked before its first use: the authorizer keeps a good answer for some
    # seconds, and that is not what this is about.
    for sample in SAMPLES:
        revoked, no_more = sample.fresh_claims(), sample.fresh_claims()
        aws.revoke(revoked["jti"], NOW + 3600)
        # DynamoDB deletes an expired entry some time, not at once.
        aws.revoke(no_more["jti"], NOW - 60)
        answer = function.call(sample.with_token(sign(sample.header, revoked, SECRET)))
        expect(f"{sample.name}, revoked: Unauthorized", refuses(answer, sample.form))
        answer = function.call(sample.with_token(sign(sample.header, no_more, SECRET)))
        expect(f"{sample.name}, revocation over: allowed", allows(answer, no_more, sample.form))


def foreign_tokens(function):
    sample = REST
    for library in libraries(CHECKS):
        claims = sample.fresh_claims(iat=NOW, exp=NOW + 1800)
        answer = function.call(sample.with_token(library.sign(claims, SECRET)))
        expect(f"token made by {library.name}: allowed", allows(answer, claims, sample.form))
        token = library.sign(claims, OTHER_SECRET)
        answer = function.call(sample.with_token(token))
        expect(f"token made by {library.name}, another secret: Unauthorized", refuses(answer, sample.form))


def strange_events(function):
    for name, event in [
        ("an object of no known kind", {"hello": "world"}),
        ("an unknown type", {"type": "SOMETHING", "authorizationToken": REST.token}),
        ("a list", [1, 2, 3]),
        ("null", None),
    ]:
        wrong = names_the_problem(function.call(event))
        expect(f"{name}: an error of its own, not a no", wrong)


def replaced_secret(aws):
    """A plain secret that was replaced: both values are good until the next time."""
    aws.create_secret("replaced", SECRET)
    aws.put_secret("replaced", OTHER_SECRET)
    sample = REST
    with start(aws, "replaced") as function:
        for what, secret in [("current", OTHER_SECRET), ("previous", SECRET)]:
            claims = sample.fresh_claims()
            answer = function.call(sample.with_token(sign(sample.header, claims, secret)))
            expect(f"replaced secret, {what} value: allowed", allows(answer, claims, sample.form))
        token = sign(sample.header, sample.claims, SECRET.swapcase())
        answer = function.call(sample.with_token(token))
        expect("replaced secret, a third value: Unauthorized", refuses(answer, sample.form))


def bad_secrets(aws):
    """A secret that cannot be used is a fault of ours, not of the caller."""
    short = aws.create_secret("short", "twenty-six-bytes-long-only")
    missing = short.replace("short", "missing")
    for what, secret in [("a secret of 26 bytes", short), ("no such secret", missing)]:
        with start(aws, secret) as function:
            answer = function.call(REST.event)
        expect(f"{what}: an error, not a no", could_not_tell(answer))


def outage(aws, secret):
    """Last, because it stops moto for good."""
    sample = REST
    with start(aws, secret) as warm, start(aws, secret) as cold:
        wrong = allows(warm.call(sample.event), sample.claims, sample.form)
        expect("before the outage: allowed", wrong)
        aws.stop()
        # A token that it has not seen: it must ask the table, and cannot.
        unseen = sign(sample.header, sample.fresh_claims(), SECRET)
        answer = warm.call(sample.with_token(unseen))
        expect("outage, warm, unseen token: an error, not a no", could_not_tell(answer))
        expect("outage, cold: an error, not a no", could_not_tell(cold.call(sample.event)))


for name in NOBODYS:
    check(f"events/{name}.json: a kind that has a rule here", False, "none")
for kind in samples.FORMS:
    names = [s.name for s in SAMPLES if s.kind == kind]
    check(f"there are samples of the kind {kind}", names != [], names)
if not SAMPLES:
    finish()

with FakeAws(CHECKS) as fake:
    plain = fake.create_secret("plain", SECRET)
    with start(fake, plain) as environment:
        every_sample(environment, "plain secret", SAMPLES)
        key_ids(environment, "plain secret", accepts_unknown=True)
        revocation(fake, environment)
        foreign_tokens(environment)
        strange_events(environment)
    with start(fake, fake.create_secret("ring", ring())) as environment:
        every_sample(environment, "key ring", SAMPLES)
        key_ids(environment, "key ring", accepts_unknown=False)
    with start(fake, plain, HTTP_API_RESPONSE="policy") as environment:
        second = [sample for sample in SAMPLES if sample.kind == "http-v2"]
        every_sample(environment, "policy instead of simple answer", second, form="policy")
    replaced_secret(fake)
    bad_secrets(fake)
    outage(fake, plain)
finish()
