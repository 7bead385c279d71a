/** The rights of those outside AWS: the issuer, and whoever rotates by hand. */

import { ArnFormat, aws_dynamodb as dynamodb, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { PrebuiltFunction } from './constructs/prebuilt-function';
import type { SharedSecret } from './constructs/shared-secret';
import { name } from './names';

/** Makes the policy of the issuer; somebody is given it elsewhere. */
export function issuerPolicy(scope: Construct, secret: SharedSecret, table: dynamodb.ITable): iam.ManagedPolicy {
  const policy = new iam.ManagedPolicy(scope, 'IssuerAccess', {
    description: 'Read the shared secret, write revocations and consumers',
    statements: [
      secret.readStatement(),
      // A transaction's conditions are a right of their own.
      new iam.PolicyStatement({
        sid: 'WriteRegistry',
        actions: [
          'dynamodb:BatchGetItem',
          'dynamodb:PutItem',
          'dynamodb:UpdateItem',
          'dynamodb:DeleteItem',
          'dynamodb:ConditionCheckItem',
        ],
        resources: [table.tableArn],
      }),
      new iam.PolicyStatement({
        sid: 'ListConsumers',
        actions: ['dynamodb:Query', 'dynamodb:Scan'],
        resources: [`${table.tableArn}/index/by_consumer`],
      }),
      ...secret.keyStatements('DecryptSecretAndTable', ['kms:Decrypt'], ['secretsmanager', 'dynamodb', 'ssm']),
    ],
  });
  name(policy, 'IssuerPolicy');
  return policy;
}

/**
 * Makes the policy of the person who makes and rotates keys by hand (`issuer
 * key`); the server itself has no use for it.
 */
export function keyOperatorPolicy(scope: Construct, secret: SharedSecret, secretName: string): iam.ManagedPolicy {
  const stack = Stack.of(scope);
  const policy = new iam.ManagedPolicy(scope, 'KeyOperatorAccess', {
    description: 'Rotate the shared secret, in an emergency too',
    statements: [
      new iam.PolicyStatement({
        sid: 'RotateSecret',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:RotateSecret',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: secret.resources(),
      }),
      // What is to be made has no ARN yet; Secrets Manager adds six characters
      // to the name.
      new iam.PolicyStatement({
        sid: 'MakeSecret',
        actions: ['secretsmanager:CreateSecret'],
        resources: [
          stack.formatArn({
            service: 'secretsmanager',
            resource: 'secret',
            resourceName: `${secretName}-??????`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ],
      }),
      // Secrets Manager asks whether whoever starts a rotation may call the
      // rotator.
      ...(secret.rotator ? [callOf(secret.rotator)] : []),
      ...secret.keyStatements('EncryptSecret', ['kms:Decrypt', 'kms:GenerateDataKey'], ['secretsmanager']),
    ],
  });
  name(policy, 'KeyOperatorPolicy');
  return policy;
}

function callOf(rotator: PrebuiltFunction): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'CallRotator',
    actions: ['lambda:InvokeFunction'],
    resources: [rotator.function.functionArn],
  });
}
