/** The alarms of one function, or of what it counts. A period without a request is a good one. */

import {
  aws_cloudwatch as cloudwatch,
  aws_cloudwatch_actions as actions,
  aws_lambda as lambda,
  aws_sns as sns,
  Duration,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';

/** Who is told of an alarm and what they are told. */
export interface AlarmTexts {
  readonly description: string;
  /** @default - nobody is told */
  readonly topic?: sns.ITopic;
}

/** Decisions that could not be made; the error count of the function holds every bad token too. */
export function unavailableAlarm(scope: Construct, id: string, namespace: string, texts: AlarmTexts): cloudwatch.Alarm {
  const metric = new cloudwatch.Metric({
    namespace,
    metricName: 'Decisions',
    dimensionsMap: { Outcome: 'unavailable' },
    statistic: 'Sum',
    period: Duration.minutes(1),
  });
  return alarm(scope, id, texts, { metric, ...TWO_OF_THREE, threshold: 0 });
}

/** Lambda refuses to start a function. */
export function throttledAlarm(
  scope: Construct,
  id: string,
  of: lambda.IFunction,
  texts: AlarmTexts,
): cloudwatch.Alarm {
  return alarm(scope, id, texts, { metric: sum(of, 'Throttles', Duration.minutes(1)), ...TWO_OF_THREE, threshold: 0 });
}

/** A function ends in errors or timeouts, again and again. */
export function errorsAlarm(scope: Construct, id: string, of: lambda.IFunction, texts: AlarmTexts): cloudwatch.Alarm {
  return alarm(scope, id, texts, { metric: sum(of, 'Errors', Duration.minutes(1)), ...TWO_OF_THREE, threshold: 0 });
}

/** A function failed once, where once is worth knowing. */
export function failedAlarm(scope: Construct, id: string, of: lambda.IFunction, texts: AlarmTexts): cloudwatch.Alarm {
  const metric = sum(of, 'Errors', Duration.minutes(5));
  return alarm(scope, id, texts, { metric, evaluationPeriods: 1, threshold: 0 });
}

/** One call in a hundred comes close to the timeout. */
export function slowAlarm(
  scope: Construct,
  id: string,
  of: lambda.IFunction,
  threshold: Duration,
  texts: AlarmTexts,
): cloudwatch.Alarm {
  const metric = new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName: 'Duration',
    dimensionsMap: { FunctionName: of.functionName },
    statistic: 'p99',
    period: Duration.minutes(5),
  });
  return alarm(scope, id, texts, {
    metric,
    ...TWO_OF_THREE,
    threshold: threshold.toMilliseconds(),
    // A percentile of three requests says nothing.
    evaluateLowSampleCountPercentile: 'ignore',
  });
}

// One slow answer of a store is no reason to wake anybody.
const TWO_OF_THREE = { evaluationPeriods: 3, datapointsToAlarm: 2 };

/** An alarm on more than a threshold, with both ways told. */
export function alarm(scope: Construct, id: string, texts: AlarmTexts, props: cloudwatch.AlarmProps): cloudwatch.Alarm {
  const made = new cloudwatch.Alarm(scope, id, {
    comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    alarmDescription: texts.description,
    ...props,
  });
  if (texts.topic) {
    made.addAlarmAction(new actions.SnsAction(texts.topic));
    made.addOkAction(new actions.SnsAction(texts.topic));
  }
  return made;
}

/** A metric as part of an expression. */
export function query(
  id: string,
  metric: cloudwatch.CfnAlarm.MetricProperty,
  stat: string,
  period: number,
): cloudwatch.CfnAlarm.MetricDataQueryProperty {
  return { id, returnData: false, metricStat: { metric, stat, period } };
}

function sum(of: lambda.IFunction, metricName: string, period: Duration): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Lambda',
    metricName,
    dimensionsMap: { FunctionName: of.functionName },
    statistic: 'Sum',
    period,
  });
}
