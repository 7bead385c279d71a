/**
 * The page to look at first: what is wrong, who is turned away, and which part
 * is slow, from left to right and from top to bottom.
 */

import {
  aws_cloudwatch as cloudwatch,
  aws_dynamodb as dynamodb,
  aws_lambda as lambda,
  aws_logs as logs,
  Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { FrontDoorMetrics } from './front-doors/front-door';
import { name } from './names';
import type { Parameters } from './parameters';

/** What there is to see. */
export interface DashboardProps {
  readonly parameters: Parameters;
  readonly metricsNamespace: string;
  readonly alarmArns: string[];
  readonly frontDoor: FrontDoorMetrics;
  /** Absent behind a load balancer. */
  readonly authorizer?: lambda.IFunction | undefined;
  readonly chatbot: lambda.IFunction;
  /** Absent where nothing is streamed. */
  readonly chatbotStream?: lambda.IFunction | undefined;
  readonly authTable: dynamodb.ITable;
  readonly chatTable: dynamodb.ITable;
  /** The log of the function that decides. */
  readonly decisionLog: logs.ILogGroup;
}

type Cell = string | { readonly stat: string };

/** Makes the dashboard of the stack. */
export function dashboard(scope: Construct, props: DashboardProps): cloudwatch.CfnDashboard {
  const stack = Stack.of(scope);
  const made = new cloudwatch.CfnDashboard(scope, 'Page', {
    dashboardName: `${stack.stackName}-${stack.region}`,
    dashboardBody: stack.toJsonString({ widgets: widgets(props, stack.region) }),
  });
  name(made, 'Dashboard');
  return made;
}

function widgets(props: DashboardProps, region: string): object[] {
  const { parameters, metricsNamespace, frontDoor, authTable, chatTable } = props;
  const graph = (x: number, y: number, title: string, metrics: Cell[][], more: object) => ({
    type: 'metric',
    x,
    y,
    width: 8,
    height: 6,
    properties: { title, region, view: 'timeSeries', metrics, ...more },
  });
  const ofFunctions = (lines: (first: string[]) => Cell[][], metric: string) =>
    [props.chatbot, props.chatbotStream, props.authorizer]
      .flatMap((of) => (of ? [of] : []))
      .flatMap((of) => lines(['AWS/Lambda', metric, 'FunctionName', of.functionName]));
  const sums = { stat: 'Sum', period: 60 };
  const { clientErrors, backendErrors, serverErrors } = frontDoor;
  const errors = [clientErrors, ...(backendErrors ? [backendErrors] : []), serverErrors];
  const doorDimensions = frontDoor.dimensions.flatMap((dimension) => [dimension.name, dimension.value]);
  const sameDoor = frontDoor.dimensions.flatMap(() => ['.', '.']);
  const [latency, ...furtherLatencies] = frontDoor.latencies;

  return [
    {
      type: 'alarm',
      x: 0,
      y: 0,
      width: 24,
      height: 3,
      properties: { title: `Alarms (what to do: ${parameters.runbookUrl})`, alarms: props.alarmArns },
    },
    graph(
      0,
      3,
      'Decisions',
      [
        [metricsNamespace, 'Decisions', 'Outcome', 'allow'],
        ['...', 'unauthenticated'],
        ['...', 'forbidden'],
        ['...', 'unavailable'],
      ],
      { stacked: true, ...sums },
    ),
    graph(
      8,
      3,
      'Requests',
      [
        [frontDoor.namespace, frontDoor.requests, ...doorDimensions],
        ...errors.map((metric) => ['.', metric, ...sameDoor]),
      ],
      sums,
    ),
    graph(
      16,
      3,
      `How long requests take (${frontDoor.latencyUnit})`,
      [
        [frontDoor.namespace, latency!, ...doorDimensions],
        ...furtherLatencies.map((metric) => ['.', metric, ...sameDoor]),
      ],
      { stat: 'p99', period: 60 },
    ),
    graph(
      0,
      9,
      'Functions: refused starts and errors (401 counts as an error of the authorizer)',
      ofFunctions((line) => [line, ['.', 'Errors', '.', '.']], 'Throttles'),
      sums,
    ),
    graph(
      8,
      9,
      'Functions: how long (ms)',
      ofFunctions(
        (line) => [
          [...line, { stat: 'p50' }],
          ['...', { stat: 'p99' }],
        ],
        'Duration',
      ),
      { period: 60 },
    ),
    graph(
      16,
      9,
      'Functions: how many at once',
      ofFunctions((line) => [line], 'ConcurrentExecutions'),
      {
        stat: 'Maximum',
        period: 60,
      },
    ),
    graph(
      0,
      15,
      'Age of the oldest keys in use (s)',
      [
        [metricsNamespace, 'KeyAgeSeconds', 'Outcome', 'allow'],
        ['...', 'unauthenticated'],
        ['...', 'unavailable'],
      ],
      {
        stat: 'Maximum',
        period: 60,
        annotations: {
          horizontal: [{ label: 'nothing older is used', value: parameters.secretMaxStaleSeconds }],
        },
      },
    ),
    graph(
      8,
      15,
      'Tables: refused',
      [
        ['AWS/DynamoDB', 'ReadThrottleEvents', 'TableName', authTable.tableName],
        ['.', 'WriteThrottleEvents', '.', '.'],
        ['.', 'ReadThrottleEvents', '.', chatTable.tableName],
        ['.', 'WriteThrottleEvents', '.', '.'],
      ],
      sums,
    ),
    graph(16, 15, 'Days since the secret was rotated', [[metricsNamespace, 'DaysSinceRotation']], {
      stat: 'Maximum',
      period: 86400,
    }),
    {
      type: 'log',
      x: 0,
      y: 21,
      width: 24,
      height: 6,
      properties: {
        title: 'Why tokens were refused',
        region,
        view: 'table',
        query:
          `SOURCE '${props.decisionLog.logGroupName}' | filter ispresent(reason) | ` +
          'stats count(*) as times by reason, kind | sort times desc',
      },
    },
  ];
}
