/** Findings of cdk-nag that are meant, each with its reason at the resource it is about. */

import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Says why one finding on one construct stands; a test fails on a reason without a finding. */
export function accept(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}
