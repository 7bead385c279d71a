/** The table of revocations and consumer credentials, as the functions read it. */

import { aws_dynamodb as dynamodb, aws_kms as kms, RemovalPolicy } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Makes the table; without a key of one's own, DynamoDB's key in KMS encrypts it. */
export function authTable(scope: Construct, id: string, removalPolicy: RemovalPolicy, key?: kms.IKey): dynamodb.Table {
  const table = made(scope, id, removalPolicy, key);
  table.addGlobalSecondaryIndex({
    indexName: 'by_consumer',
    partitionKey: { name: 'consumer', type: dynamodb.AttributeType.STRING },
  });
  return table;
}

/** Makes the table of conversations. */
export function chatTable(scope: Construct, id: string, removalPolicy: RemovalPolicy, key?: kms.IKey): dynamodb.Table {
  return made(scope, id, removalPolicy, key, { name: 'sk', type: dynamodb.AttributeType.STRING });
}

function made(
  scope: Construct,
  id: string,
  removalPolicy: RemovalPolicy,
  key?: kms.IKey,
  sortKey?: dynamodb.Attribute,
): dynamodb.Table {
  const { AWS_MANAGED, CUSTOMER_MANAGED } = dynamodb.TableEncryption;
  const table = new dynamodb.Table(scope, id, {
    billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
    partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING },
    sortKey,
    timeToLiveAttribute: 'ttl',
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    encryption: key ? CUSTOMER_MANAGED : AWS_MANAGED,
    encryptionKey: key,
    removalPolicy,
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN ? true : undefined,
  });
  (table.node.defaultChild as dynamodb.CfnTable).addPropertyOverride('SSESpecification.SSEType', 'KMS');
  return table;
}
