/**
 * Logical ids.
 *
 * The stack names its resources as the SAM template does, so that a stack made
 * with the one can be carried on with the other, secret and tables untouched.
 * The API is made anew: its routes are resources here and part of a document
 * there.
 */

import { CfnElement } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { PrebuiltFunction } from './constructs/prebuilt-function';

/** Gives a construct, or the resource it stands for, its logical id. */
export function name(construct: IConstruct, logicalId: string): void {
  const element = construct.node.defaultChild ?? construct;
  if (!CfnElement.isCfnElement(element)) throw new Error(`${construct.node.path} is no resource: ${logicalId}`);
  element.overrideLogicalId(logicalId);
}

/** Names the parts of a function. */
export function nameFunction(made: PrebuiltFunction, prefix: string): void {
  name(made.function, `${prefix}Function`);
  name(made.role, `${prefix}Role`);
  name(made.logGroup, `${prefix}LogGroup`);
}
