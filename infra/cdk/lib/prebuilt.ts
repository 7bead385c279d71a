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

/** What an ELF file says of its processor (`e_machine`: EM_AARCH64, EM_X86_64). */
const MACHINES = new Map([
  [0xb7, lambda.Architecture.ARM_64],
  [0x3e, lambda.Architecture.X86_64],
]);

/** Returns the code of one function below `folder`. */
export function prebuilt(name: string, architecture: lambda.Architecture, folder = BUILD_FOLDER): lambda.Code {
  const code = path.join(folder, name);
  const program = path.join(code, 'bootstrap');
  const fault = fs.existsSync(program) ? anotherProcessor(program, architecture) : 'is missing';
  if (fault) {
    const flag = architecture === lambda.Architecture.ARM_64 ? '--arm64' : '--x86-64';
    throw new Fault(
      `${program} ${fault}; build it with: ` +
        `cargo lambda build --release ${flag} -p ${name}` +
        ', or name their folder as FunctionsFolder',
    );
  }
  return lambda.Code.fromAsset(code);
}

/** All builds share one folder, and Lambda takes a program that it cannot run. */
function anotherProcessor(program: string, architecture: lambda.Architecture): string | undefined {
  const head = Buffer.alloc(20);
  const file = fs.openSync(program, 'r');
  fs.readSync(file, head, 0, head.length, 0);
  fs.closeSync(file);
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return undefined;
  const built = MACHINES.get(head.readUInt16LE(18));
  return built === architecture ? undefined : `is for ${built?.name ?? 'another processor'}, not ${architecture.name}`;
}
