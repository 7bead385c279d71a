/**
 * The watch over the rotation.
 *
 * An alarm looks back a week at most, and rotations are further apart. So the
 * age of the newest key is written down as a metric twice a day.
 */

import {
  aws_iam as iam,
  aws_kms as kms,
  aws_scheduler as scheduler,
  aws_stepfunctions as stepfunctions,
  Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accept } from './constructs/accepted';
import type { SharedSecret } from './constructs/shared-secret';
import { name } from './names';

/** What is watched, and where it is written down. */
export interface RotationWatchProps {
  readonly sharedSecret: SharedSecret;
  readonly metricsNamespace: string;
  readonly encryptionKey?: kms.IKey | undefined;
}

/** A state machine and the schedule that starts it. */
export class RotationWatch extends Construct {
  readonly stateMachineArn: string;

  constructor(scope: Construct, id: string, props: RotationWatchProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const role = serviceRole(this, 'Role', 'states.amazonaws.com', 'watch', [
      // Dates and names, never the value.
      new iam.PolicyStatement({
        sid: 'LookAtSecret',
        actions: ['secretsmanager:DescribeSecret'],
        resources: props.sharedSecret.resources(),
      }),
      // CloudWatch knows no resource for metrics; the namespace is the only
      // bound there is.
      new iam.PolicyStatement({
        sid: 'WriteMetric',
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringEquals: { 'cloudwatch:namespace': props.metricsNamespace } },
      }),
    ]);
    name(role, 'RotationWatchRole');
    accept(role, 'AwsSolutions-IAM5[Resource::*]', 'CloudWatch knows no resource for metrics; the namespace is bound');
    const watch = new stepfunctions.CfnStateMachine(this, 'Machine', {
      roleArn: role.roleArn,
      definitionString: stack.toJsonString(definition(stack.partition, props)),
    });
    name(watch, 'RotationWatch');
    const small = 'Two calls twice a day: Step Functions keeps the executions, and an alarm counts those that failed';
    for (const rule of ['AwsSolutions-SF1', 'AwsSolutions-SF2', 'Serverless-StepFunctionStateMachineXray']) {
      accept(watch, rule, small);
    }
    this.stateMachineArn = watch.ref;

    const starter = serviceRole(this, 'ScheduleRole', 'scheduler.amazonaws.com', 'start', [
      new iam.PolicyStatement({ sid: 'StartWatch', actions: ['states:StartExecution'], resources: [watch.ref] }),
    ]);
    name(starter, 'RotationWatchScheduleRole');
    const schedule = new scheduler.CfnSchedule(this, 'Schedule', {
      description: 'Starts the watch over the rotation of the shared secret',
      scheduleExpression: 'rate(12 hours)',
      flexibleTimeWindow: { mode: 'OFF' },
      kmsKeyArn: props.encryptionKey?.keyArn,
      target: { arn: watch.ref, roleArn: starter.roleArn },
    });
    name(schedule, 'RotationWatchSchedule');
  }
}

function definition(partition: string, { sharedSecret, metricsNamespace }: RotationWatchProps) {
  const retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 60, MaxAttempts: 3, BackoffRate: 2 }];
  const result = '$states.result';
  return {
    Comment: 'Writes down how long ago the shared secret was rotated',
    QueryLanguage: 'JSONata',
    StartAt: 'Look',
    States: {
      Look: {
        Type: 'Task',
        Resource: `arn:${partition}:states:::aws-sdk:secretsmanager:describeSecret`,
        Arguments: { SecretId: sharedSecret.secret?.secretArn },
        Output: {
          since: `{% $exists(${result}.LastRotatedDate) ? ${result}.LastRotatedDate : ${result}.LastChangedDate %}`,
        },
        Retry: retry,
        Next: 'Report',
      },
      Report: {
        Type: 'Task',
        Resource: `arn:${partition}:states:::aws-sdk:cloudwatch:putMetricData`,
        Arguments: {
          Namespace: metricsNamespace,
          MetricData: [
            {
              MetricName: 'DaysSinceRotation',
              Value: '{% ($millis() - $toMillis($states.input.since)) / 86400000 %}',
            },
          ],
        },
        Retry: retry,
        End: true,
      },
    },
  };
}

function serviceRole(
  scope: Construct,
  id: string,
  service: string,
  policy: string,
  statements: iam.PolicyStatement[],
): iam.Role {
  const account = Stack.of(scope).account;
  return new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal(service, { conditions: { StringEquals: { 'aws:SourceAccount': account } } }),
    inlinePolicies: { [policy]: new iam.PolicyDocument({ statements }) },
  });
}
