/**
 * Finding the functions that were built beforehand.
 *
 * Nothing is compiled here: a synth takes seconds, and what is deployed is the
 * very file that was tested.
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { aws_lambda as lambda } from 'aws-cdk-lib';
import { Fault } from './fault';

/** Where `cargo lambda build` of this repository puts its output. */
export const BUILD_FOLDER = path.resolve(__dirname, '../../../target/lambda');

/** Returns the code of one function below `folder`. */
export function prebuilt(name: string, architecture: lambda.Architecture, folder = BUILD_FOLDER): lambda.Code {
  const code = path.join(folder, name);
  if (!fs.existsSync(path.join(code, 'bootstrap'))) {
    const flag = architecture === lambda.Architecture.ARM_64 ? '--arm64' : '--x86-64';
    throw new Fault(
      `${path.join(code, 'bootstrap')} is missing; build it with: ` +
        `cargo lambda build --release ${flag} -p ${name}` +
        ', or name their folder as FunctionsFolder',
    );
  }
  return lambda.Code.fromAsset(code);
}
