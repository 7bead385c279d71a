// The secret out of Secrets Manager.
"use strict";

const { GetSecretValueCommand, SecretsManagerClient } = require("@aws-sdk/client-secrets-manager");

const client = new SecretsManagerClient({});

exports.fetchSecret = async () => {
  const command = new GetSecretValueCommand({ SecretId: process.env.JWT_SECRET_ARN });
  const { SecretString } = await client.send(command);
  return SecretString;
};
