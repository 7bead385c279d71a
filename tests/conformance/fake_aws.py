"""Secrets Manager and DynamoDB on this machine, by moto."""

import os
import subprocess
from pathlib import Path

import boto3

from function import end, free_port, wait_for_port

TABLE = "latchkey-auth"


class FakeAws:
    def __init__(self, checks):
        self._port = free_port()
        # What the machine is set up with must not leak in: neither an account
        # nor the address of another endpoint.
        self.settings = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self._port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        server = Path(checks) / "moto/bin/moto_server"
        self._process = subprocess.Popen(
            [server, "-H", "127.0.0.1", "-p", str(self._port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], **self.settings},
            start_new_session=True,
        )

    def __enter__(self):
        try:
            wait_for_port(self._port, self._process, "moto")
        except RuntimeError:
            end(self._process)
            raise
        self._secrets = self._client("secretsmanager")
        self._tables = self._client("dynamodb")
        self._tables.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "consumer", "AttributeType": "S"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_consumer",
                    "KeySchema": [{"AttributeName": "consumer", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """From now on nobody answers at the address."""
        end(self._process)

    def _client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.settings["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def create_secret(self, name, value):
        """Returns the secret's ARN."""
        return self._secrets.create_secret(Name=name, SecretString=value)["ARN"]

    def put_secret(self, name, value):
        """Makes a new current version; the one before becomes the previous."""
        self._secrets.put_secret_value(SecretId=name, SecretString=value)

    def begin_rotation(self, secret, version):
        """What Secrets Manager does before it calls the function: rotation is on,
        and the version is pending without a value."""
        [before] = self.stages(secret)
        rules = {"AutomaticallyAfterDays": 30}
        self._secrets.rotate_secret(SecretId=secret, ClientRequestToken=version, RotationRules=rules)
        # Without a function to call, moto makes the empty version current.
        for stage, off, on in [("AWSCURRENT", version, before), ("AWSPENDING", None, version)]:
            ids = {"RemoveFromVersionId": off, "MoveToVersionId": on}
            ids = {name: id for name, id in ids.items() if id}
            self._secrets.update_secret_version_stage(SecretId=secret, VersionStage=stage, **ids)

    def read_secret(self, secret, stage):
        return self._secrets.get_secret_value(SecretId=secret, VersionStage=stage)["SecretString"]

    def stages(self, secret):
        """The labels of each version."""
        return self._secrets.describe_secret(SecretId=secret)["VersionIdsToStages"]

    def revoke(self, jti, until):
        """Writes what the issuer writes when it revokes one token."""
        item = {"pk": {"S": f"JTI#{jti}"}, "ttl": {"N": str(until)}}
        self._tables.put_item(TableName=TABLE, Item=item)
