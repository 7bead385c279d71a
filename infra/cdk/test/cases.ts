/** The stacks that tests look at: the cases that are compared with the SAM template. */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { FEATURE_FLAGS } from '../lib/feature-flags';
import { fromContext } from '../lib/from-context';
import { LatchkeyStack } from '../lib/latchkey-stack';
import { standIns } from './stand-ins';

const FILE = path.resolve(__dirname, '../../../tests/conformance/compare_templates.json');

type Cases = Record<string, Record<string, string>>;

/** Parameters by the name of their case, as the command line gives them, and those that are no good. */
export const { cases: CASES, refused: REFUSED }: { cases: Cases; refused: Cases } = JSON.parse(
  fs.readFileSync(FILE, 'utf8'),
);

const templates = new Map<string, Template>();

/** Makes the stack of a case, changed by `more`. */
export function stackOf(name: string, more: Record<string, string> = {}): { app: App; stack: LatchkeyStack } {
  const app = new App({ context: FEATURE_FLAGS });
  const { stackName, ...parameters } = fromContext({ ...CASES[name], ...more, FunctionsFolder: standIns() });
  return { app, stack: new LatchkeyStack(app, stackName, parameters) };
}

/** The template of a case, made once for all tests. */
export function templateOf(name: string): Template {
  const made = templates.get(name) ?? Template.fromStack(stackOf(name).stack);
  templates.set(name, made);
  return made;
}
