/**
 * The app: `cdk deploy -c JwtIssuer=https://auth.example.com`.
 *
 * Everything in the context that looks like a parameter must be one, so that a
 * misspelt name does not leave a default in place.
 */

import { App } from 'aws-cdk-lib';
import { Fault } from '../lib/fault';
import { FEATURE_FLAGS } from '../lib/feature-flags';
import { fromContext } from '../lib/from-context';
import { LatchkeyStack } from '../lib/latchkey-stack';

try {
  const app = new App({ context: FEATURE_FLAGS });
  const { stackName, ...props } = fromContext(app.node.getAllContext());
  new LatchkeyStack(app, stackName, props);
} catch (error) {
  if (!(error instanceof Fault)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
