/**
 * A function of this project: prebuilt code, a role of its own, a log group of
 * its own.
 *
 * The role is closed: what CDK would add to it by itself (traces, rotation,
 * managed policies) is written here or not granted at all, so the rights of a
 * function are the statements in its own file and no others.
 */

import {
  aws_iam as iam,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  Duration,
  RemovalPolicy,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { prebuilt } from '../prebuilt';
import { accept } from './accepted';

/** What differs between the functions. */
export interface PrebuiltFunctionProps {
  /** Name of the binary, and of its folder below the build folder. */
  readonly binary: string;
  readonly description: string;
  readonly timeout: Duration;
  readonly environment: { [name: string]: string };
  /** Rights beside writing logs and traces. */
  readonly statements: iam.PolicyStatement[];
  readonly architecture: lambda.Architecture;
  readonly logRetention: logs.RetentionDays;
  /** @default - a name that CloudFormation makes */
  readonly logGroupName?: string;
  /** @default - logs are encrypted with a key of AWS's own */
  readonly logKey?: kms.IKey;
  /** @default - the concurrency of the account */
  readonly reservedConcurrentExecutions?: number;
  /** @default - target/lambda of this repository */
  readonly functionsFolder?: string;
}

/** A function that runs a prebuilt binary. */
export class PrebuiltFunction extends Construct {
  readonly function: lambda.Function;
  readonly role: iam.Role;
  readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: PrebuiltFunctionProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: props.logGroupName,
      encryptionKey: props.logKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: {
        [props.binary]: new iam.PolicyDocument({
          statements: [...props.statements, ...writeLogsAndTraces(this.logGroup)],
        }),
      },
    });
    const traces = "X-Ray's write actions know no resource to name";
    accept(this.role, 'AwsSolutions-IAM5[Resource::*]', traces);
    accept(this.role, 'Serverless-LambdaStarPermissions', traces);
    this.function = new lambda.Function(this, 'Function', {
      description: props.description,
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      code: prebuilt(props.binary, props.architecture, props.functionsFolder),
      architecture: props.architecture,
      memorySize: 256,
      timeout: props.timeout,
      tracing: lambda.Tracing.ACTIVE,
      environment: props.environment,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      reservedConcurrentExecutions: props.reservedConcurrentExecutions,
    });
    accept(this.function, 'Serverless-LambdaDLQ', 'Whoever calls it waits for the answer; no event could be lost');
  }

  /** Makes the alias `live`, which a deployment moves: all at once, or by degrees. */
  publish(): lambda.Alias {
    return new lambda.Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion });
  }
}

function writeLogsAndTraces(logGroup: logs.LogGroup): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'WriteLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
    // X-Ray's write actions know no resource to name.
    new iam.PolicyStatement({
      sid: 'WriteTraces',
      actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      resources: ['*'],
    }),
  ];
}
