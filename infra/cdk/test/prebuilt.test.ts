/** Prebuilt functions: nothing is compiled, and what is missing is named. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { it } from 'node:test';
import { aws_lambda as lambda } from 'aws-cdk-lib';
import { BUILD_FOLDER, prebuilt } from '../lib/prebuilt';
import { CASES, stackOf } from './cases';

it('a missing function is named with the command that builds it', () => {
  for (const [architecture, flag] of [
    [lambda.Architecture.ARM_64, '--arm64'],
    [lambda.Architecture.X86_64, '--x86-64'],
  ] as const) {
    assert.throws(() => prebuilt('authorizer', architecture, '/nowhere'), {
      message:
        '/nowhere/authorizer/bootstrap is missing; build it with: ' +
        `cargo lambda build --release ${flag} -p authorizer` +
        ', or name their folder as FunctionsFolder',
    });
  }
});

it('a function for another processor is named before it is deployed', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-processor-'));
  const program = path.join(folder, 'authorizer', 'bootstrap');
  fs.mkdirSync(path.dirname(program));
  for (const [machine, built, other] of [
    [0xb7, lambda.Architecture.ARM_64, lambda.Architecture.X86_64],
    [0x3e, lambda.Architecture.X86_64, lambda.Architecture.ARM_64],
  ] as const) {
    const head = Buffer.alloc(64);
    head.write('\x7fELF', 'latin1');
    head.writeUInt16LE(machine, 18);
    fs.writeFileSync(program, head);
    assert.doesNotThrow(() => prebuilt('authorizer', built, folder));
    assert.throws(() => prebuilt('authorizer', other, folder), {
      message: new RegExp(`bootstrap is for ${built.name}, not ${other.name}; build it with: `),
    });
  }
  fs.rmSync(folder, { recursive: true });
});

it('functions are looked for where cargo lambda puts them', () => {
  assert.equal(BUILD_FOLDER, path.resolve(__dirname, '../../../target/lambda'));
});

it('every function runs its own binary, built for its processor', () => {
  for (const name of ['rest', 'rest-everything']) {
    const { app, stack } = stackOf(name);
    const assembly = app.synth();
    const { Resources } = assembly.getStackByName(stack.stackName).template;
    for (const binary of ['authorizer', 'chatbot', 'rotator']) {
      const id = `${binary.charAt(0).toUpperCase()}${binary.slice(1)}Function`;
      const { Properties } = Resources[id];
      const asset = path.basename(Properties.Code.S3Key, '.zip');
      const code = path.join(assembly.directory, `asset.${asset}`, 'bootstrap');
      assert.equal(fs.readFileSync(code, 'utf8'), `stands for ${binary}\n`);
      assert.deepEqual(Properties.Architectures, [CASES[name]?.['Architecture'] ?? 'arm64']);
      assert.deepEqual([Properties.Runtime, Properties.Handler], ['provided.al2023', 'bootstrap']);
    }
  }
});
