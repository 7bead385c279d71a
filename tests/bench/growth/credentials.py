"""What a consumer's decision takes, by the number of credentials in the table."""

import base64
import hashlib
import hmac
import json
import random
import tempfile
import time
from pathlib import Path

from http_client import Client
from local_system import System
from quartiles import point
from runtime import Function
from table_file import TableFile, renamed

SIZES = (10, 10_000, 1_000_000)
ROUNDS, EACH = 20, 9
PASSWORD = "latchkey-local-demo"
ARN = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/api/chat"


def credentials(arguments):
    samples = {"known": {size: [] for size in SIZES}, "asked": {size: [] for size in SIZES}}
    with tempfile.TemporaryDirectory() as folder, System(arguments.local, folder) as system:
        secret = _fill(system, Path(folder) / "data/dynamodb.db")
        for _ in range(ROUNDS):
            # Nobody always comes after the same other.
            for size in random.sample(SIZES, len(SIZES)):
                _round(arguments.authorizer, _settings(system, size), size, secret, samples)
    panels = [
        {
            "title": title,
            "x": "credentials in the table",
            "unit": "time",
            "curves": {"one decision": [point(size, of_size) for size, of_size in samples[kind].items()]},
        }
        for kind, title in (
            ("known", "Of a consumer that the process knows"),
            ("asked", "Of one that it asks the table for"),
        )
    ]
    caption = [
        "Median time of a decision on a consumer's token, from the event sent to the answer received,",
        f"and its quartiles; {ROUNDS * EACH} of each, asked in turns; 0 is at the bottom.",
        "Authorizer: release build. Table: DynamoDB's stand-in (SQLite behind HTTP)"
        f"{arguments.debug_build}, asked twice: for the credential, then for revocations.",
    ]
    return {"credentials": {"title": "Credentials in the table", "panels": panels, "caption": caption}}


def _settings(system, size):
    return {
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": system["DynamoDB"],
        "AUTH_TABLE": _table(size),
        "CONSUMERS": "on",
        # What is known stays so for as long as this asks.
        "REGISTRY_CACHE_SECONDS": "300",
        "JWT_SECRET": "0123456789abcdef0123456789abcdef",
        "JWT_ISSUER": "https://auth.example.com",
        "JWT_AUDIENCE": "chatbot",
    }


def _table(size):
    return f"growth-{size}"


def _key(number):
    return f"{number:032x}"


def _fill(system, file):
    """Makes a table of each size, and returns the secret of all credentials in it."""
    login = {"username": "admin", "password": PASSWORD}
    token = Client(system["Issuer"]).ask("POST", "/login", login)["token"]
    issuer = Client(system["Issuer"], token)
    issuer.ask("POST", "/consumers", {"username": "shop"})
    credential = issuer.ask("POST", "/consumers/shop/jwt", {})
    database = Client(system["DynamoDB"])
    for size in SIZES:
        print(f"making {size} credentials", flush=True)
        _create(database, _table(size))
        with TableFile(file) as table_file:
            [row] = table_file.rows("latchkey-auth", f"CRED#{credential['key']}")
            rows = (renamed(row, credential["key"], _key(number)) for number in range(size))
            table_file.add(_table(size), rows)
    return credential["secret"]


def _create(database, table):
    scope = "test/20260101/us-east-1/dynamodb/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "DynamoDB_20120810.CreateTable",
        "X-Amz-Date": "20260101T000000Z",
        # The stand-in looks at the form of a signature only.
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none",
    }
    description = {
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    database.ask("POST", "/", description, headers)


def _round(authorizer, settings, size, secret, samples):
    with Function(authorizer, settings) as function:
        # The first of a process opens the connection to the table.
        first, *others = random.sample(range(size), EACH + 1)
        function.ask(_event(_key(first), secret))
        for number in others:
            event = _event(_key(number), secret)
            for kind in ("asked", "known"):
                took, answer = function.ask(event)
                if answer["policyDocument"]["Statement"][0]["Effect"] != "Allow":
                    raise RuntimeError("a good token was refused")
                samples[kind][size].append(took)


def _event(key, secret):
    now = int(time.time())
    claims = {"iss": key, "jti": _key(random.getrandbits(96)), "iat": now, "exp": now + 600}
    parts = [_encode(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    signature = hmac.digest(secret.encode(), ".".join(parts).encode(), hashlib.sha256)
    token = ".".join([*parts, _encode(signature)])
    return {"type": "TOKEN", "methodArn": ARN, "authorizationToken": f"Bearer {token}"}


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
