"""Logs schemathesis in, and again before long: among the requests that it makes
up are logouts."""

import json
import os
import urllib.request

import schemathesis


@schemathesis.auth(refresh_interval=2)
class Administrator:
    def get(self, case, context):
        body = json.dumps({"username": "root", "password": os.environ["ISSUER_PASSWORD"]}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{os.environ['ISSUER_URL']}/login", body, headers)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["access_token"]

    def set(self, case, data, context):
        case.headers["Authorization"] = f"Bearer {data}"
