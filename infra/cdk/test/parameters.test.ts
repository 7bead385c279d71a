/** Parameters: defaults, and one message for all faults. */

import * as assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { App } from 'aws-cdk-lib';
import { fromContext } from '../lib/from-context';
import { LatchkeyStack } from '../lib/latchkey-stack';

const ISSUER = { JwtIssuer: 'https://auth.example.com' };

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return 'no fault';
}

describe('parameters', () => {
  it('have defaults, all but the issuer', () => {
    const { stackName, stage, rotationDays, frontDoor } = fromContext(ISSUER);
    assert.deepEqual([stackName, stage, rotationDays, frontDoor], ['latchkey-dev', 'dev', 30, 'rest']);
  });

  it('leave what belongs to CDK alone', () => {
    const given = { ...ISSUER, 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:x': true, 'cli-x': 1 };
    assert.equal(fromContext(given).jwtIssuer, ISSUER.JwtIssuer);
  });

  it('tell all faults at once, unknown names among them', () => {
    const given = {
      jwtIssuer: 'x',
      RotationDays: '366',
      Stage: 'A',
      Consumers: 'yes',
      LeewaySeconds: 'soon',
      Stagee: 'dev',
    };
    assert.equal(
      message(() => fromContext(given)),
      [
        'parameters:',
        '  Consumers: must be one of off, on',
        '  JwtIssuer: must be given',
        '  LeewaySeconds: a whole number',
        '  RotationDays: must be at most 365',
        '  Stage: 2 to 23 lower-case letters, digits and hyphens',
        '  Stagee: no such parameter',
        '  jwtIssuer: no such parameter',
      ].join('\n'),
    );
  });

  for (const [what, given, fault] of [
    [
      'two secrets',
      { SecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:a', SecretParameter: '/a' },
      /give one/,
    ],
    [
      'a load balancer without a network',
      { FrontDoor: 'alb' },
      /CertificateArn[^]*VpcId and SubnetIds[^]*two SubnetIds/,
    ],
    ['a name without a certificate', { DomainName: 'chat.example.com' }, /DomainName needs CertificateArn/],
    ['a web ACL before an HTTP API', { FrontDoor: 'http', WafAclArn: 'arn:aws:wafv2:x' }, /takes no web ACL/],
    ['a rotation that nobody verifies', { Algorithms: 'HS512' }, /must name it/],
    ['a backend without a model', { ChatBackend: 'bedrock' }, /needs ChatModel/],
    ['an endpoint without a key', { ChatBackend: 'openai', ChatModel: 'gpt' }, /needs OpenaiApiKeySecretArn/],
    [
      'a guardrail without a version',
      { ChatBackend: 'bedrock', ChatModel: 'amazon.nova-micro-v1:0', BedrockGuardrailId: 'abc' },
      /need each other/,
    ],
    [
      'a guardrail that nobody asks',
      { BedrockGuardrailId: 'abc', BedrockGuardrailVersion: '1' },
      /a guardrail needs ChatBackend=bedrock/,
    ],
    ['rules that are none', { AccessRules: 'USER' }, /AccessRules: must be a list/],
  ] as const) {
    it(`contradict each other: ${what}`, () => {
      assert.match(
        message(() => fromContext({ ...ISSUER, ...given })),
        fault,
      );
    });
  }

  it('are checked in the typed form too', () => {
    const make = () => new LatchkeyStack(new App(), 'x', { jwtIssuer: '', rotationDays: -1 });
    assert.match(message(make), /JwtIssuer: [^]*RotationDays: must be at least 0/);
  });
});
