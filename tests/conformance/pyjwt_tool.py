"""PyJWT behind the interface of library.py: one JSON request on stdin.

Runs in the virtual environment of that library and imports nothing of ours.
"""

import json
import sys

import jwt

request = json.load(sys.stdin)
if request["do"] == "sign":
    headers = {"kid": request["kid"]} if request["kid"] else None
    token = jwt.encode(
        request["claims"],
        # An unsigned token has no key at all.
        None if request["algorithm"] == "none" else request["secret"],
        algorithm=request["algorithm"],
        headers=headers,
    )
    print(token)
else:
    try:
        claims = jwt.decode(
            request["token"],
            request["secret"],
            algorithms=["HS256"],
            issuer=request["issuer"],
            audience=request["audience"],
            options={"require": ["exp", "iat", "iss", "aud", "sub", "jti"]},
        )
    except jwt.InvalidTokenError as refusal:
        sys.exit(f"{type(refusal).__name__}: {refusal}")
    print(json.dumps(claims))
