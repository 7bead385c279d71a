/** The parameters of the stack: those of the SAM template, with the same defaults and limits. */

import { choice, contextName, list, number, required, text, type Given, type Values } from './settle';

export const PARAMETERS = {
  stage: text('dev', {
    pattern: /^[a-z][a-z0-9-]{0,21}[a-z0-9]$/,
    says: '2 to 23 lower-case letters, digits and hyphens',
  }),
  project: text('latchkey'),
  frontDoor: choice('rest', 'http', 'alb'),
  architecture: choice('arm64', 'x86_64'),
  retainData: choice('true', 'false'),
  jwtIssuer: required({ pattern: /^.+$/, says: 'the issuer must be named' }),
  jwtAudience: text('chatbot', { pattern: /^.+$/, says: 'the audience must be named' }),
  algorithms: choice('HS256', 'HS384', 'HS512', 'HS256,HS384', 'HS256,HS512', 'HS384,HS512', 'HS256,HS384,HS512'),
  leewaySeconds: number(30, { min: 0, max: 300 }),
  tokenMaxLifetimeSeconds: number(3600, { min: 60, max: 3600 }),
  maxTokenBytes: number(8192, { min: 256, max: 65536 }),
  defaultRole: choice('', 'USER', 'SUPERVISOR', 'ADMIN'),
  acceptUntyped: choice('false', 'true'),
  accessRules: text(''),
  consumers: choice('off', 'on'),
  tokenPlace: choice('header', 'cookie', 'query', 'several'),
  tokenName: text('Authorization', { pattern: /^[A-Za-z0-9_.-]+$/ }),
  tokenSources: text('header:Authorization', {
    pattern:
      /^(header|cookie|query|subprotocol):[A-Za-z0-9_.~$-]+(,(header|cookie|query|subprotocol):[A-Za-z0-9_.~$-]+)*$/,
    says: 'a comma list such as header:Authorization,cookie:session',
  }),
  onInvalidToken: choice('unauthorized', 'deny'),
  policyExpiry: choice('on', 'off'),
  corsAllowOrigin: text('*', {
    pattern: /^(\*|https?:\/\/[a-z0-9.:-]+)$/,
    says: '* or one origin such as https://chat.example.com',
  }),
  chatBackend: choice('echo', 'bedrock', 'openai'),
  chatModel: text('', {
    pattern: /^[A-Za-z0-9._:\/@-]*$/,
    says: 'the id, the name or the ARN of a model, or empty',
  }),
  chatSystemPrompt: text(''),
  chatMaxTokens: number(1024, { min: 1, max: 32768 }),
  chatHistoryTokens: number(8000, { min: 0, max: 1000000 }),
  chatRequestsPerMinute: number(20, { min: 0, max: 1000000 }),
  chatTokensPerDay: number(200000, { min: 0, max: 999999999 }),
  chatRetentionDays: number(90, { min: 1, max: 3650 }),
  bedrockGuardrailId: text('', {
    pattern: /^[a-z0-9]*$/,
    says: 'the id of a guardrail of this account and region, or empty',
  }),
  bedrockGuardrailVersion: text('', { pattern: /^(DRAFT|[1-9][0-9]*)?$/, says: 'DRAFT, a number, or empty' }),
  bedrockGuardrailStreamMode: choice('sync', 'async'),
  openaiBaseUrl: text('https://api.openai.com/v1', {
    pattern: /^https:\/\/[^ ]+$/,
    says: 'an address that begins with https://',
  }),
  openaiApiKeySecretArn: text('', {
    pattern: /^(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+)?$/,
    says: 'the full ARN of a secret, or empty',
  }),
  issuerUrl: text('', {
    pattern: /^(https?:\/\/[^ ]+)?$/,
    says: 'an address that begins with https:// or http://, or empty',
  }),
  secretArn: text('', {
    pattern: /^(arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+)?$/,
    says: 'the full ARN of a secret, or empty',
  }),
  secretParameter: text('', {
    pattern: /^(\/[A-Za-z0-9_.\/-]+)?$/,
    says: 'the full name of a parameter, from its first slash, or empty',
  }),
  secretField: text('JWT_SECRET', { pattern: /^.+$/ }),
  secretEncoding: choice('utf8', 'base64', 'base64url', 'hex'),
  kmsKeyArn: text('', {
    pattern: /^(arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key\/.+)?$/,
    says: 'the ARN of a KMS key, or empty',
  }),
  rotationDays: number(30, { min: 0, max: 365 }),
  rotateExistingSecret: choice('false', 'true'),
  authorizerCacheSeconds: number(60, { min: 0, max: 3600 }),
  secretCacheSeconds: number(300, { min: 1, max: 3600 }),
  secretMaxStaleSeconds: number(3600, { min: 60, max: 3600 }),
  secretRefreshCooldownSeconds: number(30, { min: 0, max: 3600 }),
  registryCacheSeconds: number(5, { min: 0, max: 300 }),
  registryFailOpen: choice('false', 'true'),
  throttleRate: number(50, { min: 1 }),
  throttleBurst: number(100, { min: 1 }),
  authorizerConcurrency: number(0, { min: 0 }),
  chatbotConcurrency: number(0, { min: 0 }),
  accountConcurrency: number(1000, { min: 10 }),
  deploymentType: choice(
    'AllAtOnce',
    'Canary10Percent5Minutes',
    'Canary10Percent15Minutes',
    'Linear10PercentEvery1Minute',
  ),
  domainName: text('', { pattern: /^([a-z0-9-]+(\.[a-z0-9-]+)+)?$/, says: 'a host name in lower case, or empty' }),
  certificateArn: text('', {
    pattern: /^(arn:[a-z-]+:acm:[a-z0-9-]+:[0-9]{12}:certificate\/.+)?$/,
    says: 'the ARN of a certificate of this region, or empty',
  }),
  hostedZoneId: text('', { pattern: /^[A-Z0-9]*$/ }),
  wafAclArn: text('', { pattern: /^(arn:[a-z-]+:wafv2:.+)?$/, says: 'the ARN of a regional web ACL, or empty' }),
  vpcId: text('', { pattern: /^(vpc-[0-9a-f]+)?$/ }),
  subnetIds: list(''),
  loadBalancerScheme: choice('internet-facing', 'internal'),
  allowedCidr: text('0.0.0.0/0', { pattern: /^[0-9.]+\/[0-9]+$/ }),
  accessLogBucket: text(''),
  logRetentionDays: number(30, {
    allowed: '1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 3653'.split(' '),
  }),
  apiLogsAccountRole: choice('create', 'existing'),
  metricsNamespace: text('Latchkey', { pattern: /^[A-Za-z0-9._\/#-]{1,200}$/ }),
  alarmTopicArn: text('', {
    pattern: /^(arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+)?$/,
    says: 'the ARN of an SNS topic, or empty',
  }),
  runbookUrl: text('infra/README.md'),
};

/** Every parameter, with a value. */
export type Parameters = Values<typeof PARAMETERS>;

/** Parameters as they are given: all but `jwtIssuer` have a default. */
export type GivenParameters = Given<typeof PARAMETERS>;

/** What CDK alone needs to be told; the context has room for it beside the parameters. */
export const PLACES = {
  stackName: text('', { pattern: /^([A-Za-z][A-Za-z0-9-]{0,127})?$/, says: 'the name of a stack' }),
  functionsFolder: text(''),
};

/** What parameters cannot say about each other: the rules of the SAM template. */
export function conflicts(given: Parameters): string[] {
  const faults: string[] = [];
  const rule = (holds: boolean, fault: string) => {
    if (!holds) faults.push(fault);
  };
  rule(!given.secretArn || !given.secretParameter, 'SecretArn and SecretParameter name the same thing; give one');
  if (given.frontDoor === 'alb') {
    rule(given.vpcId !== '', 'a load balancer needs VpcId and SubnetIds');
    rule(given.subnetIds.length > 1, 'a load balancer needs two SubnetIds at least');
    rule(given.certificateArn !== '', 'a load balancer needs CertificateArn');
  }
  rule(!given.domainName || given.certificateArn !== '', 'DomainName needs CertificateArn');
  rule(given.frontDoor !== 'http' || !given.wafAclArn, 'an HTTP API takes no web ACL');
  rule(given.chatBackend === 'echo' || given.chatModel !== '', 'this ChatBackend needs ChatModel');
  rule(
    given.chatBackend !== 'openai' || given.openaiApiKeySecretArn !== '',
    'ChatBackend=openai needs OpenaiApiKeySecretArn',
  );
  rule(
    (given.bedrockGuardrailId === '') === (given.bedrockGuardrailVersion === ''),
    'BedrockGuardrailId and BedrockGuardrailVersion need each other',
  );
  // One that nobody asks would protect nobody.
  rule(given.bedrockGuardrailId === '' || given.chatBackend === 'bedrock', 'a guardrail needs ChatBackend=bedrock');
  rule(
    !rotates(given) || given.algorithms.split(',').includes('HS256'),
    'the rotation makes keys for HS256; Algorithms must name it, or RotationDays be 0',
  );
  rule(
    !given.accessRules || isRules(given.accessRules),
    `${contextName('accessRules')}: must be a list of rules, as JSON`,
  );
  return faults;
}

/** Whether the secret is rotated by this stack. */
export function rotates(given: Parameters): boolean {
  return (
    given.rotationDays > 0 && !given.secretParameter && (!given.secretArn || given.rotateExistingSecret === 'true')
  );
}

function isRules(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
