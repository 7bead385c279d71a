/**
 * What a function that verifies tokens is told, and what it may do.
 *
 * The authorizer is one; behind a load balancer the chatbot is another.
 */

import { aws_dynamodb as dynamodb, aws_iam as iam, Duration } from 'aws-cdk-lib';
import { SharedSecret, throughServices } from './shared-secret';

/** Roles a token can have, the higher ones including the lower. */
export enum Role {
  USER = 'USER',
  SUPERVISOR = 'SUPERVISOR',
  ADMIN = 'ADMIN',
}

/** Which role may call which routes. */
export interface AccessRule {
  /** Methods, or `*`. */
  readonly methods: string[];
  /** Path of a route; `*` stands for any run of characters, `/` included. */
  readonly path: string;
  readonly role: Role;
}

/** Which tokens are good, where they are, and how long answers are kept. */
export interface VerifierProps {
  /** The exact value of `iss` in the issuer's tokens. */
  readonly jwtIssuer: string;
  /** One of these (separated by commas) must be in `aud`. */
  readonly jwtAudience: string;
  /** HS256, HS384, HS512. @default - HS256 alone */
  readonly algorithms?: string[];
  /** Clock difference granted for `exp`, `nbf` and `iat`. @default Duration.seconds(30) */
  readonly leeway?: Duration;
  /** Longest lifetime of an access token; rotation waits that long. @default Duration.hours(1) */
  readonly tokenMaxLifetime?: Duration;
  /** Longest token that is looked at. @default 8192 */
  readonly maxTokenBytes?: number;
  /** Role of a user's token that names none. @default - such a token is refused */
  readonly defaultRole?: Role;
  /** Accept a user's token without `type`. @default false */
  readonly acceptUntyped?: boolean;
  /** Where a token may be, such as `header:Authorization` or `cookie:session`. @default - header:Authorization */
  readonly tokenSources?: string[];
  /** @default - every accepted token may call every route */
  readonly accessRules?: AccessRule[];
  /** Whether a token may name a credential of its own in the auth table. @default false */
  readonly consumers?: boolean;
  /** Age at which the secret is read again. @default Duration.minutes(5) */
  readonly secretCacheTtl?: Duration;
  /** Age at which what was read is used no longer. @default Duration.hours(1) */
  readonly secretMaxStale?: Duration;
  /** Least time between two readings that an unknown key sets off. @default Duration.seconds(30) */
  readonly secretRefreshCooldown?: Duration;
  /** How long an answer of the auth table is kept. @default Duration.seconds(5) */
  readonly registryCacheTtl?: Duration;
  /** Let users' tokens pass while the auth table cannot be read. @default false */
  readonly registryFailOpen?: boolean;
}

/** The defaults that more than one part reckons with. */
export const LEEWAY = Duration.seconds(30);
export const TOKEN_MAX_LIFETIME = Duration.hours(1);
export const SECRET_MAX_STALE = Duration.hours(1);

/** The places to look for a token in. */
export function tokenSources(props: VerifierProps): string[] {
  return props.tokenSources ?? ['header:Authorization'];
}

/** The settings of a verifier. */
export function verifierEnvironment(
  props: VerifierProps,
  sharedSecret: SharedSecret,
  authTable: dynamodb.ITable,
  metricsNamespace: string,
): { [name: string]: string } {
  const seconds = (duration: Duration) => String(duration.toSeconds());
  return {
    ...sharedSecret.readerEnvironment(),
    JWT_ISSUER: props.jwtIssuer,
    JWT_AUDIENCE: props.jwtAudience,
    JWT_ALGORITHMS: (props.algorithms ?? ['HS256']).join(','),
    JWT_LEEWAY_SECONDS: seconds(props.leeway ?? LEEWAY),
    JWT_MAX_LIFETIME_SECONDS: seconds(props.tokenMaxLifetime ?? TOKEN_MAX_LIFETIME),
    JWT_MAX_TOKEN_BYTES: String(props.maxTokenBytes ?? 8192),
    ...(props.defaultRole && { JWT_DEFAULT_ROLE: props.defaultRole }),
    JWT_ACCEPT_UNTYPED: String(props.acceptUntyped ?? false),
    TOKEN_SOURCES: tokenSources(props).join(','),
    KEY_CACHE_SECONDS: seconds(props.secretCacheTtl ?? Duration.minutes(5)),
    KEY_MAX_STALE_SECONDS: seconds(props.secretMaxStale ?? SECRET_MAX_STALE),
    KEY_REFRESH_COOLDOWN_SECONDS: seconds(props.secretRefreshCooldown ?? Duration.seconds(30)),
    AUTH_TABLE: authTable.tableName,
    CONSUMERS: props.consumers ? 'on' : 'off',
    REGISTRY_CACHE_SECONDS: seconds(props.registryCacheTtl ?? Duration.seconds(5)),
    REGISTRY_FAIL_OPEN: String(props.registryFailOpen ?? false),
    ...(props.accessRules && { ACCESS_RULES: JSON.stringify(props.accessRules) }),
    // The metrics carry no stage of their own: without it, two stages in one
    // account would set off each other's alarms.
    METRICS_NAMESPACE: metricsNamespace,
  };
}

/** The rights of a verifier: one secret, one table, and the keys that encrypt them. */
export function verifierStatements(sharedSecret: SharedSecret, authTable: dynamodb.ITable): iam.PolicyStatement[] {
  return [
    sharedSecret.readStatement(),
    new iam.PolicyStatement({
      sid: 'LookUpTokens',
      actions: ['dynamodb:BatchGetItem'],
      resources: [authTable.tableArn],
    }),
    ...sharedSecret.keyStatements('Decrypt', ['kms:Decrypt'], ['secretsmanager', 'dynamodb', 'ssm']),
    ...tableKeyStatements(sharedSecret, authTable),
  ];
}

/** A table that somebody brings may have a key of its own. */
function tableKeyStatements(sharedSecret: SharedSecret, authTable: dynamodb.ITable): iam.PolicyStatement[] {
  const key = authTable.encryptionKey;
  return key && key.keyArn !== sharedSecret.encryptionKey?.keyArn
    ? [throughServices(authTable, 'DecryptTable', ['kms:Decrypt'], key, ['dynamodb'])]
    : [];
}
