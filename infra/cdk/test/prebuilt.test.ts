/** Prebuilt functions: nothing is compiled, and what is missing is named. */

import * as assert from 'node:assert/strict';
import * as path from 'node:path';
import { it } from 'node:test';
import { aws_lambda as lambda } from 'aws-cdk-lib';
import { BUILD_FOLDER, prebuilt } from '../lib/prebuilt';

it('a missing function is named with the command that builds it', () => {
  for (const [architecture, flag] of [
    [lambda.Architecture.ARM_64, '--arm64'],
    [lambda.Architecture.X86_64, '--x86-64'],
  ] as const) {
    assert.throws(() => prebuilt('authorizer', architecture, '/nowhere'), {
      message:
        '/nowhere/authorizer/bootstrap is missing; build it with: ' +
        `cargo lambda build --release ${flag} -p authorizer -p chatbot -p rotator` +
        ', or name their folder as FunctionsFolder',
    });
  }
});

it('functions are looked for where cargo lambda puts them', () => {
  assert.equal(BUILD_FOLDER, path.resolve(__dirname, '../../../target/lambda'));
});
