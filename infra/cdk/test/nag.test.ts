/** cdk-nag: no finding without a reason, and no reason without a finding. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it, mock } from 'node:test';
import { App, Validations, type Acknowledgment } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { CASES, stackOf } from './cases';
import { exampleStack } from './example';

/** Every finding of both packs as `rule at path`, the construct that CDK calls Resource left out. */
function findings(app: App): string[] {
  return [new AwsSolutionsChecks(app), new ServerlessChecks(app)].flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath?.replace(/\/Resource$/, '')}`),
      ),
  );
}

/** Makes an app whose reasons are written down and not heard, so that everything is found. */
function candid(make: () => App): { found: string[]; reasons: string[] } {
  const reasons: string[] = [];
  const recorder = mock.method(
    Validations.prototype,
    'acknowledge',
    function (this: Validations, rule: Acknowledgment) {
      const { scope } = this as unknown as { scope: { node: { path: string } } };
      assert.ok(rule.reason.length > 20, `${rule.id} at ${scope.node.path} has a reason`);
      reasons.push(`${rule.id} at ${scope.node.path}`);
    },
  );
  try {
    return { found: findings(make()), reasons };
  } finally {
    recorder.mock.restore();
  }
}

describe('cdk-nag', () => {
  const used = new Set<string>();
  const given = new Set<string>();
  const unanswered = (make: () => App) => {
    const { found, reasons } = candid(make);
    // One resource in stacks of several stages.
    const anyStage = (entry: string) => entry.replace(/ at latchkey-\w+\//, ' at ');
    for (const reason of reasons) given.add(anyStage(reason));
    for (const finding of found) used.add(anyStage(finding));
    return found.filter((finding) => !reasons.includes(finding));
  };

  for (const name of Object.keys(CASES)) {
    it(`has nothing to say about ${name} that is not answered`, () => {
      assert.deepEqual(
        unanswered(() => stackOf(name).app),
        [],
      );
    });
  }

  it('has nothing to say about what the construct makes for others', () => {
    const found = unanswered(() => exampleStack().node.root as App);
    assert.deepEqual(
      found.filter((finding) => finding.includes('/Tokens/')),
      [],
    );
    // What is theirs is found all the same.
    assert.ok(found.includes('AwsSolutions-APIG2 at Orders/Orders'));
  });

  it('finds something behind every reason', () => {
    assert.deepEqual(
      [...given].filter((reason) => !used.has(reason)),
      [],
    );
  });

  it('agrees when it is heard, at synth time', () => {
    const { app } = stackOf('rest');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    assert.deepEqual(findings(app), []);
    const report = fs.readFileSync(path.join(app.synth().directory, 'validation-report.json'), 'utf8');
    assert.deepEqual(JSON.parse(report).pluginReports, []);
  });
});
