/**
 * What somebody is woken for; each alarm names a heading of the runbook.
 *
 * They exist without a topic too: a deployment in steps is taken back by them.
 */

import {
  aws_cloudwatch as cloudwatch,
  aws_dynamodb as dynamodb,
  aws_lambda as lambda,
  aws_sns as sns,
  Duration,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { errorsAlarm, failedAlarm, query, slowAlarm, throttledAlarm, unavailableAlarm } from './constructs/alarms';
import type { FrontDoorMetrics } from './front-doors/front-door';
import { name } from './names';
import type { Parameters } from './parameters';

/** What there is to watch. */
export interface AlarmsProps {
  readonly parameters: Parameters;
  readonly metricsNamespace: string;
  readonly topic?: sns.ITopic | undefined;
  readonly frontDoor: FrontDoorMetrics;
  /** Absent behind a load balancer. */
  readonly authorizer?: lambda.IFunction | undefined;
  readonly chatbot: lambda.IFunction;
  /** Absent where nothing is streamed. */
  readonly chatbotStream?: lambda.IFunction | undefined;
  readonly authTable: dynamodb.ITable;
  readonly chatTable: dynamodb.ITable;
}

/** The parts of an alarm on an expression. */
interface OnExpression {
  readonly description: string;
  readonly metrics: cloudwatch.CfnAlarm.MetricDataQueryProperty[];
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm?: number;
  readonly threshold: number;
  readonly comparisonOperator?: string;
  readonly treatMissingData?: string;
}

/** The alarms of the stack. */
export class Alarms extends Construct {
  readonly unavailable: cloudwatch.Alarm;
  readonly chatbotErrors: cloudwatch.Alarm;
  readonly chatbotStreamErrors?: cloudwatch.Alarm;
  readonly apiErrors: cloudwatch.CfnAlarm;
  /** For the dashboard, in the order in which one asks. */
  readonly arns: string[];
  private readonly props: AlarmsProps;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.props = props;
    const { chatbot, chatbotStream, authorizer } = props;
    this.unavailable = named(
      unavailableAlarm(
        this,
        'UnavailableAlarm',
        props.metricsNamespace,
        this.texts(
          'It cannot be told whether tokens are good: callers get 5xx. Look at the secret and the auth table.',
          'unavailable',
        ),
      ),
    );
    this.apiErrors = this.apiErrorsAlarm();
    this.chatbotErrors = named(
      errorsAlarm(
        this,
        'ChatbotErrorsAlarm',
        chatbot,
        this.texts(
          'The chatbot ends in errors or timeouts. Read its log, and take the last deployment back.',
          'chatbot-errors',
        ),
      ),
    );
    const chatbotThrottled = named(
      throttledAlarm(
        this,
        'ChatbotThrottledAlarm',
        chatbot,
        this.texts(
          'Lambda refuses to start the chatbot. Raise its concurrency, or find who calls so often.',
          'chatbot-throttled',
        ),
      ),
    );
    const chatbotSlow = named(
      slowAlarm(
        this,
        'ChatbotSlowAlarm',
        chatbot,
        Duration.seconds(24),
        this.texts(
          "One in a hundred answers takes more than 24 of the chatbot's 30 seconds. Look at its backend.",
          'slow',
        ),
      ),
    );
    const ofStream = chatbotStream ? this.streamAlarms(chatbotStream) : [];
    if (ofStream[0]) this.chatbotStreamErrors = ofStream[0];
    this.arns = [
      this.unavailable.alarmArn,
      this.apiErrors.attrArn,
      this.chatbotErrors.alarmArn,
      chatbotThrottled.alarmArn,
      chatbotSlow.alarmArn,
      this.tableThrottled('AuthTableThrottledAlarm', 'auth', props.authTable),
      this.tableThrottled('ChatTableThrottledAlarm', 'chat', props.chatTable),
      ...ofStream.map(({ alarmArn }) => alarmArn),
      ...(authorizer ? this.authorizerAlarms(authorizer) : []),
    ];
  }

  /** Adds the alarms of the rotation. */
  watchRotation(rotator: lambda.IFunction, watchArn: string): void {
    const { parameters, metricsNamespace } = this.props;
    const failed = named(
      failedAlarm(
        this,
        'RotationFailedAlarm',
        rotator,
        this.texts(
          "A step of the rotation of the shared secret failed. Nothing is broken yet; read the rotator's log.",
          'rotation-failed',
        ),
      ),
    );
    const overdue = this.onExpression('RotationOverdueAlarm', {
      description: this.described(
        'The shared secret should have been rotated three days ago. Rotate it by hand and see why.',
        'rotation-overdue',
      ),
      metrics: [
        {
          id: 'overdue',
          expression: `days - ${parameters.rotationDays}`,
          label: 'Days after the rotation was due',
          returnData: true,
        },
        query('days', { namespace: metricsNamespace, metricName: 'DaysSinceRotation' }, 'Maximum', 86400),
      ],
      evaluationPeriods: 1,
      threshold: 3,
      // Before the first value there is nothing to tell; a watch that fails
      // later has an alarm of its own.
      treatMissingData: 'ignore',
    });
    const unwatched = new cloudwatch.CfnAlarm(this, 'RotationWatchFailedAlarm', {
      alarmDescription: this.described(
        'Nobody watches whether the secret is rotated: the watch itself fails. Read its last execution.',
        'rotation-watch-failed',
      ),
      namespace: 'AWS/States',
      metricName: 'ExecutionsFailed',
      dimensions: [{ name: 'StateMachineArn', value: watchArn }],
      statistic: 'Sum',
      period: 86400,
      evaluationPeriods: 1,
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      ...this.told(),
    });
    name(unwatched, 'RotationWatchFailedAlarm');
    this.arns.push(failed.alarmArn, overdue.attrArn, unwatched.attrArn);
  }

  // Catches what the authorizer cannot count itself: a process that does not
  // start, a timeout, a missing permission.
  private apiErrorsAlarm(): cloudwatch.CfnAlarm {
    const { namespace, dimensions, requests, serverErrors, backendErrors } = this.props.frontDoor;
    const sum = (id: string, metricName: string) => query(id, { namespace, metricName, dimensions }, 'Sum', 300);
    return this.onExpression('ApiErrorsAlarm', {
      description: this.described(
        'More than 1 % of the requests were answered with 5xx. Find out which part answers so.',
        'api-errors',
      ),
      metrics: [
        {
          id: 'rate',
          // Three at least: one failure among ten requests is not an outage.
          expression: backendErrors
            ? 'IF(FILL(errors, 0) + FILL(own, 0) > 2, 100 * (FILL(errors, 0) + FILL(own, 0)) / requests, 0)'
            : 'IF(errors > 2, 100 * errors / requests, 0)',
          label: 'Answers 5xx in percent',
          returnData: true,
        },
        sum('errors', serverErrors),
        sum('requests', requests),
        ...(backendErrors ? [sum('own', backendErrors)] : []),
      ],
      evaluationPeriods: 1,
      threshold: 1,
    });
  }

  // Errors first: they take a deployment back.
  private streamAlarms(chatbotStream: lambda.IFunction): cloudwatch.Alarm[] {
    return [
      errorsAlarm(
        this,
        'ChatbotStreamErrorsAlarm',
        chatbotStream,
        this.texts(
          'The chatbot that streams ends in errors or timeouts. Read its log, and take the last deployment back.',
          'chatbot-errors',
        ),
      ),
      throttledAlarm(
        this,
        'ChatbotStreamThrottledAlarm',
        chatbotStream,
        this.texts(
          'Lambda refuses to start the chatbot that streams. Raise its concurrency, or find who calls so often.',
          'chatbot-throttled',
        ),
      ),
      slowAlarm(
        this,
        'ChatbotStreamSlowAlarm',
        chatbotStream,
        Duration.seconds(240),
        this.texts('One in a hundred streams takes more than 240 of its 300 seconds. Look at the backend.', 'slow'),
      ),
    ].map(named);
  }

  private authorizerAlarms(authorizer: lambda.IFunction): string[] {
    const { authorizerConcurrency, accountConcurrency } = this.props.parameters;
    // A throttled authorizer closes every route.
    const throttled = named(
      throttledAlarm(
        this,
        'AuthorizerThrottledAlarm',
        authorizer,
        this.texts(
          'Lambda refuses to start the authorizer: every route fails. Raise the concurrency.',
          'authorizer-throttled',
        ),
      ),
    );
    const dimensions = [{ name: 'FunctionName', value: authorizer.functionName }];
    const concurrency = this.onExpression('AuthorizerConcurrencyAlarm', {
      description: this.described(
        'The authorizer uses 80 % of the concurrency it may have. Raise it before it is throttled.',
        'authorizer-concurrency',
      ),
      metrics: [
        {
          id: 'used',
          expression: `100 * running / ${authorizerConcurrency || accountConcurrency}`,
          label: 'Concurrency used in percent',
          returnData: true,
        },
        query('running', { namespace: 'AWS/Lambda', metricName: 'ConcurrentExecutions', dimensions }, 'Maximum', 60),
      ],
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      threshold: 80,
      comparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
    const slow = named(
      slowAlarm(
        this,
        'AuthorizerSlowAlarm',
        authorizer,
        Duration.seconds(4),
        this.texts(
          'One in a hundred authorizers takes more than 4 of its 5 seconds. Look at the stores it reads.',
          'slow',
        ),
      ),
    );
    return [throttled.alarmArn, concurrency.attrArn, slow.alarmArn];
  }

  private tableThrottled(id: string, which: string, table: dynamodb.ITable): string {
    const dimensions = [{ name: 'TableName', value: table.tableName }];
    const events = (id: string, metricName: string) =>
      query(id, { namespace: 'AWS/DynamoDB', metricName, dimensions }, 'Sum', 60);
    return this.onExpression(id, {
      description: this.described(
        `DynamoDB refuses reads or writes of the ${which} table. Find the key or the caller that is so busy.`,
        'tables-throttled',
      ),
      metrics: [
        { id: 'refused', expression: 'FILL(reads, 0) + FILL(writes, 0)', label: 'Requests refused', returnData: true },
        events('reads', 'ReadThrottleEvents'),
        events('writes', 'WriteThrottleEvents'),
      ],
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      threshold: 0,
    }).attrArn;
  }

  private onExpression(id: string, { description, ...props }: OnExpression): cloudwatch.CfnAlarm {
    const made = new cloudwatch.CfnAlarm(this, id, {
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmDescription: description,
      ...props,
      ...this.told(),
    });
    name(made, id);
    return made;
  }

  private described(what: string, heading: string): string {
    return `${what} ${this.props.parameters.runbookUrl}#${heading}`;
  }

  private texts(what: string, heading: string) {
    return { description: this.described(what, heading), topic: this.props.topic };
  }

  private told() {
    const arns = this.props.topic && [this.props.topic.topicArn];
    return { alarmActions: arns, okActions: arns };
  }
}

function named(alarm: cloudwatch.Alarm): cloudwatch.Alarm {
  name(alarm, alarm.node.id);
  return alarm;
}
