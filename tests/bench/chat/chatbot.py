"""The chatbot as a container runs it: plain HTTP, and tokens checked by itself."""

import subprocess

from backend import MODEL
from function import end, free_port, wait_for_port

TABLE = "latchkey-chat"


class Chatbot:
    """One process. Its table is where `dynamodb` says; None: in its memory."""

    def __init__(self, binary, system, backend_url, dynamodb, log):
        self._port = free_port()
        environment = {
            "HOST": "127.0.0.1",
            "PORT": str(self._port),
            # Nothing under way is worth waiting for at the end.
            "DRAIN_SECONDS": "1",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": system["Secrets Manager"],
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb or system["DynamoDB"],
            "JWT_SECRET_ARN": system["Secret"],
            "JWT_ISSUER": system["Issuer"],
            "JWT_AUDIENCE": "chatbot",
            "AUTH_TABLE": "latchkey-auth",
            "CHAT_BACKEND": "openai",
            "CHAT_MODEL": MODEL,
            "OPENAI_BASE_URL": backend_url,
            "OPENAI_API_KEY": "none",
            # Without a limit requests are not counted, and a deployment counts them.
            "CHAT_REQUESTS_PER_MINUTE": "1000000",
            "CHAT_TOKENS_PER_DAY": "1000000000000",
        }
        if dynamodb:
            environment["CHAT_TABLE"] = TABLE
        self.url = f"http://127.0.0.1:{self._port}"
        self._process = subprocess.Popen(
            [binary],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

    def __enter__(self):
        try:
            wait_for_port(self._port, self._process, "the chatbot")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        end(self._process)
