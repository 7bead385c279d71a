"""The authorizer in Python: PyJWT, and the secret fetched during start. Run by
AWS's own runtime client."""

import os

import boto3
import jwt

ISSUER = os.environ["JWT_ISSUER"]
AUDIENCE = os.environ["JWT_AUDIENCE"]
CLIENT = boto3.client("secretsmanager")
SECRET = CLIENT.get_secret_value(SecretId=os.environ["JWT_SECRET_ARN"])["SecretString"]


def handler(event, _context):
    scheme, _, token = event.get("authorizationToken", "").partition(" ")
    if scheme.lower() != "bearer":
        raise RuntimeError("Unauthorized")
    claims = jwt.decode(token, SECRET, algorithms=["HS256"], issuer=ISSUER, audience=AUDIENCE)
    names = ("sub", "username", "name", "email", "role")
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {
        "principalId": claims["sub"],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {name: claims[name] for name in names},
    }
