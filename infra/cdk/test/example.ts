/** The example of the runbook, with stand-ins for its functions. */

import * as path from 'node:path';
import { App, aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { OrdersStack } from '../examples/orders-stack';
import { standIns } from './stand-ins';

export function exampleStack(): Stack {
  return new OrdersStack(new App(), 'Orders', lambda.Code.fromAsset(path.join(standIns(), 'chatbot')), standIns());
}
