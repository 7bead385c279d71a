/** What the rest of the stack sees of a front door, whichever it is. */

import { aws_cloudwatch as cloudwatch, aws_lambda as lambda } from 'aws-cdk-lib';
import type { Parameters } from '../parameters';

/** What a gateway is made of. */
export interface GatewayProps {
  readonly parameters: Parameters;
  readonly backend: lambda.Alias;
}

/** Where requests arrive. */
export interface FrontDoor {
  /** Its address where it has no name of one's own. */
  readonly url: string;
  /** What a name of one's own stands for. */
  readonly address: { readonly dnsName: string; readonly hostedZoneId: string } | GatewayAddress;
  /** What a web ACL protects; an HTTP API takes none. */
  readonly webAclTarget?: string;
  /** Numbers of answers, by what they are called on the dashboard. */
  readonly metrics: FrontDoorMetrics;
}

/** A gateway takes a name by a mapping. */
export interface GatewayAddress {
  readonly apiId: string;
  readonly stage: string;
}

/** The metrics of a front door, as CloudWatch knows them. */
export interface FrontDoorMetrics {
  readonly namespace: string;
  readonly dimensions: cloudwatch.CfnAlarm.DimensionProperty[];
  readonly requests: string;
  readonly clientErrors: string;
  readonly serverErrors: string;
  /** What a load balancer passes on, where `serverErrors` are its own. */
  readonly backendErrors?: string;
  readonly latencies: string[];
  readonly latencyUnit: string;
}
