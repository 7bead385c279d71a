/**
 * The authorizer to put before an API, with all that it needs.
 *
 * Invariant: without settings beyond the issuer and the audience it refuses
 * whatever it cannot prove, keeps a revocation waiting for little more than a
 * minute, and may read one secret and one table and nothing else.
 */

import {
  aws_apigateway as apigateway,
  aws_apigatewayv2 as apigatewayv2,
  aws_apigatewayv2_authorizers as authorizers,
  aws_cloudwatch as cloudwatch,
  aws_dynamodb as dynamodb,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  Duration,
  RemovalPolicy,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { failedAlarm, throttledAlarm, unavailableAlarm } from './alarms';
import { PrebuiltFunction } from './prebuilt-function';
import { SecretEncoding, SharedSecret } from './shared-secret';
import { authTable } from './tables';
import {
  LEEWAY,
  SECRET_MAX_STALE,
  TOKEN_MAX_LIFETIME,
  tokenSources,
  verifierEnvironment,
  verifierStatements,
  type VerifierProps,
} from './verifier';

/** What an API says about the tokens it takes. */
export interface SharedSecretAuthorizerProps extends VerifierProps {
  /** The secret shared with the issuer, by itself. @default - one is made, and rotated */
  readonly secret?: secretsmanager.ISecret;
  /** The secret with its rotation, where several authorizers share it. @default - one of this authorizer's own */
  readonly sharedSecret?: SharedSecret;
  /** Name of the secret that is made. @default - a name that CloudFormation makes */
  readonly secretName?: string;
  /** How the text of an existing plain secret becomes key bytes. @default SecretEncoding.UTF8 */
  readonly secretEncoding?: SecretEncoding;
  /**
   * Key that encrypts secret, table and logs that are made; its policy must let CloudWatch Logs use it.
   *
   * @default - keys of AWS's own
   */
  readonly encryptionKey?: kms.IKey;
  /** Days between rotations; 0 switches them off. @default 30 */
  readonly rotationDays?: number;
  /** Rotates an existing secret too: its plain text becomes a key ring. @default false */
  readonly rotateExistingSecret?: boolean;
  /** Revocations and consumer credentials. @default - a table is made */
  readonly authTable?: dynamodb.ITable;
  /** What becomes of the secret and the table that are made. @default RemovalPolicy.RETAIN */
  readonly removalPolicy?: RemovalPolicy;
  /** How long API Gateway keeps an answer; a revocation waits for it. @default Duration.minutes(1) */
  readonly resultsCacheTtl?: Duration;
  /** Answer a bad token with 403, which the gateway keeps and which counts no error. @default false */
  readonly denyInvalidTokens?: boolean;
  /** Whether the policy of a token ends with the token. @default true */
  readonly policyExpiry?: boolean;
  /** @default Architecture.ARM_64 */
  readonly architecture?: lambda.Architecture;
  /** Folder of the prebuilt functions. @default - target/lambda of this repository */
  readonly functionsFolder?: string;
  /** Authorizers at once, reserved from the account's limit. @default - none reserved */
  readonly reservedConcurrentExecutions?: number;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: logs.RetentionDays;
  /** @default - a name that CloudFormation makes */
  readonly logGroupName?: string;
  /** Where the authorizer's own metrics go. @default - Latchkey and the path of this construct */
  readonly metricsNamespace?: string;
  /** Topic that alarms go to. @default - no alarms */
  readonly alarmTopic?: sns.ITopic;
}

/** The shape of a bearer token; API Gateway refuses any other, without a call that costs money. */
const BEARER_TOKEN = '^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$';

/**
 * Verifies the tokens of an issuer outside AWS for a REST or an HTTP API.
 *
 * The issuer needs the secret and writes to the table: `sharedSecret` and
 * `authTable` are what to give it.
 */
export class SharedSecretAuthorizer extends Construct {
  readonly sharedSecret: SharedSecret;
  readonly authTable: dynamodb.ITable;
  readonly authorizer: PrebuiltFunction;
  /** What API Gateway calls. */
  readonly alias: lambda.Alias;
  /** Empty without a topic. */
  readonly alarms: cloudwatch.Alarm[];
  private readonly props: SharedSecretAuthorizerProps;

  constructor(scope: Construct, id: string, props: SharedSecretAuthorizerProps) {
    super(scope, id);
    this.props = props;
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    const metricsNamespace = props.metricsNamespace ?? `Latchkey/${this.node.path}`;
    const common = {
      architecture: props.architecture ?? lambda.Architecture.ARM_64,
      functionsFolder: props.functionsFolder,
      logRetention: props.logRetention ?? logs.RetentionDays.ONE_MONTH,
      logKey: props.encryptionKey,
    };
    this.sharedSecret =
      props.sharedSecret ??
      new SharedSecret(this, 'SharedSecret', {
        ...common,
        existing: props.secret,
        secretName: props.secretName,
        encryptionKey: props.encryptionKey,
        encoding: props.secretEncoding,
        rotationDays: props.rotationDays ?? 30,
        rotateExisting: props.rotateExistingSecret ?? false,
        removalPolicy,
        tokenMaxLifetime: props.tokenMaxLifetime ?? TOKEN_MAX_LIFETIME,
        leeway: props.leeway ?? LEEWAY,
        secretMaxStale: props.secretMaxStale ?? SECRET_MAX_STALE,
      });
    this.authTable = props.authTable ?? authTable(this, 'AuthTable', removalPolicy, props.encryptionKey);
    this.authorizer = new PrebuiltFunction(this, 'Authorizer', {
      ...common,
      binary: 'authorizer',
      description: 'Lets tokens through API Gateway, or refuses them',
      timeout: Duration.seconds(5),
      logGroupName: props.logGroupName,
      reservedConcurrentExecutions: props.reservedConcurrentExecutions,
      environment: {
        ...verifierEnvironment(props, this.sharedSecret, this.authTable, metricsNamespace),
        HTTP_API_RESPONSE: this.answersWithPolicies ? 'policy' : 'simple',
        ON_INVALID_TOKEN: props.denyInvalidTokens ? 'deny' : 'unauthorized',
        POLICY_EXPIRY: props.policyExpiry === false ? 'off' : 'on',
      },
      statements: verifierStatements(this.sharedSecret, this.authTable),
    });
    this.alias = this.authorizer.publish();
    this.alarms = props.alarmTopic ? this.alarmsTo(props.alarmTopic, metricsNamespace) : [];
  }

  /** Returns an authorizer for one REST API; another API takes another. */
  restAuthorizer(id = 'TokenAuthorizer'): apigateway.IAuthorizer {
    const common = { handler: this.alias, authorizerName: id, resultsCacheTtl: this.resultsCacheTtl };
    const [source] = this.identitySources;
    return source === 'header:Authorization'
      ? new apigateway.TokenAuthorizer(this, id, { ...common, validationRegex: BEARER_TOKEN })
      : new apigateway.RequestAuthorizer(this, id, {
          ...common,
          identitySources: source ? [`method.request.${gatewayExpression(source)}`] : [],
        });
  }

  /** Returns an authorizer for one HTTP API; another API takes another. */
  httpAuthorizer(id = 'TokenAuthorizer'): authorizers.HttpLambdaAuthorizer {
    return new SecondFormatAuthorizer(id, this.alias, {
      authorizerName: id,
      identitySource: this.identitySources.map((source) => `$request.${gatewayExpression(source)}`),
      responseTypes: [
        this.answersWithPolicies ? authorizers.HttpLambdaResponseType.IAM : authorizers.HttpLambdaResponseType.SIMPLE,
      ],
      resultsCacheTtl: this.resultsCacheTtl,
    });
  }

  // A gateway keeps a simple answer for every path of a route, so rules per
  // path take a policy, which is written for the whole stage.
  private get answersWithPolicies(): boolean {
    return this.props.accessRules !== undefined;
  }

  // An answer is kept by what it was given for. A gateway that could not tell
  // which of several places held the token would give one caller's answer to
  // another, so it looks at none and keeps none.
  private get identitySources(): string[] {
    const sources = tokenSources(this.props);
    return sources.length === 1 ? sources : [];
  }

  private get resultsCacheTtl(): Duration {
    if (this.identitySources.length === 0) return Duration.seconds(0);
    return this.props.resultsCacheTtl ?? Duration.minutes(1);
  }

  private alarmsTo(topic: sns.ITopic, namespace: string): cloudwatch.Alarm[] {
    const alarms = [
      unavailableAlarm(this, 'UnavailableAlarm', namespace, {
        topic,
        description:
          'It cannot be told whether tokens are good: callers get 5xx. Look at the secret and the auth table.',
      }),
      throttledAlarm(this, 'ThrottledAlarm', this.authorizer.function, {
        topic,
        description: 'Lambda refuses to start the authorizer: every route fails. Raise the concurrency.',
      }),
    ];
    if (this.props.sharedSecret || !this.sharedSecret.rotator) return alarms;
    const failed = failedAlarm(this, 'RotationFailedAlarm', this.sharedSecret.rotator.function, {
      topic,
      description: "A step of the rotation of the shared secret failed. Nothing is broken yet; read the rotator's log.",
    });
    return [...alarms, failed];
  }
}

/** `cookie:session` as gateways write it; they know a cookie by its header alone. */
function gatewayExpression(source: string): string {
  const [place, name] = [source.slice(0, source.indexOf(':')), source.slice(source.indexOf(':') + 1)];
  if (place === 'cookie') return 'header.Cookie';
  if (place === 'query') return `querystring.${name}`;
  if (place === 'header') return `header.${name}`;
  // A subprotocol is one of several in its header.
  return 'header.Sec-WebSocket-Protocol';
}

/** Sends events of format 2.0 also where a policy is the answer; CDK would go back to 1.0. */
class SecondFormatAuthorizer extends authorizers.HttpLambdaAuthorizer {
  constructor(
    private readonly name: string,
    handler: lambda.IFunction,
    private readonly settings: authorizers.HttpLambdaAuthorizerProps,
  ) {
    super(name, handler, settings);
  }

  override bind(options: apigatewayv2.HttpRouteAuthorizerBindOptions): apigatewayv2.HttpRouteAuthorizerConfig {
    const bound = super.bind(options);
    const made = options.scope.node.tryFindChild(this.name)?.node.defaultChild as
      apigatewayv2.CfnAuthorizer | undefined;
    if (made) {
      made.authorizerPayloadFormatVersion = '2.0';
      made.enableSimpleResponses =
        this.settings.responseTypes?.includes(authorizers.HttpLambdaResponseType.SIMPLE) ?? false;
    }
    return bound;
  }
}
