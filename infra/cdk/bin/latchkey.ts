/**
 * The app: `cdk deploy -c JwtIssuer=https://auth.example.com`.
 *
 * Everything in the context that looks like a parameter must be one, so that a
 * misspelt name does not leave a default in place.
 */

import { App } from 'aws-cdk-lib';
import { FEATURE_FLAGS } from '../lib/feature-flags';
import { fromContext } from '../lib/from-context';
import { LatchkeyStack } from '../lib/latchkey-stack';

const app = new App({ context: FEATURE_FLAGS });
const { stackName, ...props } = fromContext(app.node.getAllContext());
new LatchkeyStack(app, stackName, props);
