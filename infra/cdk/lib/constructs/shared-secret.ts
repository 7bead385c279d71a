/**
 * The shared secret and its rotation.
 *
 * Invariant: the rotator is told the same lifetimes, leeway and cache limits
 * as the verifiers, because it reckons from them how long an old key must live.
 */

import {
  Arn,
  aws_iam as iam,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  aws_secretsmanager as secretsmanager,
  Duration,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { PrebuiltFunction } from './prebuilt-function';

/** How the text of a plain secret becomes key bytes. */
export enum SecretEncoding {
  UTF8 = 'utf8',
  BASE64 = 'base64',
  BASE64URL = 'base64url',
  HEX = 'hex',
}

/** Settings of the secret, its rotation, and what the rotation reckons with. */
export interface SharedSecretProps {
  /** @default - a secret is made */
  readonly existing?: secretsmanager.ISecret;
  /** Name, from its first slash, of a parameter of Systems Manager in place of a secret; never rotated. */
  readonly parameterName?: string;
  /** Name of a secret that is made. @default - a name that CloudFormation makes */
  readonly secretName?: string;
  /** Key that encrypts the secret. @default - a key of AWS's own */
  readonly encryptionKey?: kms.IKey;
  /** The field that holds the secret, where it is a JSON object. @default JWT_SECRET */
  readonly field?: string;
  /** How the text of an existing plain secret becomes key bytes. @default SecretEncoding.UTF8 */
  readonly encoding?: SecretEncoding;
  /** What becomes of a secret that is made when it leaves the stack. */
  readonly removalPolicy: RemovalPolicy;
  /** Days between rotations; 0 switches them off. */
  readonly rotationDays: number;
  /** Rotates an existing secret too: its plain text becomes a key ring then. */
  readonly rotateExisting: boolean;
  /** Longest lifetime of a token. */
  readonly tokenMaxLifetime: Duration;
  /** Clock difference that verifiers grant. */
  readonly leeway: Duration;
  /** Age at which verifiers stop using a key ring. */
  readonly secretMaxStale: Duration;
  readonly architecture: lambda.Architecture;
  readonly logRetention: logs.RetentionDays;
  /** @default - a name that CloudFormation makes */
  readonly rotatorLogGroupName?: string;
  /** @default - logs are encrypted with a key of AWS's own */
  readonly logKey?: kms.IKey;
  /** @default - target/lambda of this repository */
  readonly functionsFolder?: string;
}

/** A secret that exists or is made here, with the function that rotates it. */
export class SharedSecret extends Construct {
  /** Absent where a parameter of Systems Manager takes its place. */
  readonly secret?: secretsmanager.ISecret;
  /** Absent where nothing rotates here. */
  readonly rotator?: PrebuiltFunction;
  readonly rotationSchedule?: secretsmanager.CfnRotationSchedule;
  readonly rotatorPermission?: lambda.CfnPermission;
  private readonly props: SharedSecretProps;

  constructor(scope: Construct, id: string, props: SharedSecretProps) {
    super(scope, id);
    this.props = props;
    if (props.parameterName) return;

    const secret = props.existing ?? this.made();
    this.secret = secret;
    if (props.rotationDays > 0 && (!props.existing || props.rotateExisting)) {
      this.rotator = this.madeRotator();
      this.rotatorPermission = new lambda.CfnPermission(this, 'RotatorPermission', {
        action: 'lambda:InvokeFunction',
        functionName: this.rotator.function.functionArn,
        principal: 'secretsmanager.amazonaws.com',
        sourceAccount: Stack.of(this).account,
        sourceArn: secret.secretArn,
      });
      this.rotationSchedule = new secretsmanager.CfnRotationSchedule(this, 'Rotation', {
        secretId: secret.secretArn,
        rotationLambdaArn: this.rotator.function.functionArn,
        // A deployment is not a reason to rotate.
        rotateImmediatelyOnUpdate: false,
        rotationRules: { automaticallyAfterDays: props.rotationDays },
      });
      this.rotationSchedule.addResourceDependency(this.rotatorPermission);
    }
  }

  /** What a reader of the secret is told. */
  readerEnvironment(): { [name: string]: string } {
    return {
      ...(this.props.parameterName && { JWT_SECRET_PARAMETER: this.props.parameterName }),
      ...(this.secret && { JWT_SECRET_ARN: this.secret.secretArn }),
      ...this.format(),
    };
  }

  /** The right to read the secret. */
  readStatement(): iam.PolicyStatement {
    const { parameterName } = this.props;
    return parameterName
      ? new iam.PolicyStatement({
          sid: 'ReadParameter',
          actions: ['ssm:GetParameter'],
          resources: [
            Arn.format({ service: 'ssm', resource: 'parameter', resourceName: parameterName.slice(1) }, Stack.of(this)),
          ],
        })
      : new iam.PolicyStatement({
          sid: 'ReadSecret',
          actions: ['secretsmanager:GetSecretValue'],
          resources: this.resources(),
        });
  }

  /** The right to use the key that encrypts it, through services; nothing where that is AWS's own. */
  keyStatements(sid: string, actions: string[], services: string[]): iam.PolicyStatement[] {
    const key = this.encryptionKey;
    return key ? [throughServices(this, sid, actions, key, services)] : [];
  }

  /** The key that encrypts the secret; absent where it is AWS's own. */
  get encryptionKey(): kms.IKey | undefined {
    return this.props.encryptionKey ?? this.secret?.encryptionKey;
  }

  /** What policies name: a secret known by its name alone has six characters more in its ARN. */
  resources(): string[] {
    return this.secret ? [this.secret.secretFullArn ?? `${this.secret.secretArn}-??????`] : [];
  }

  private format(): { [name: string]: string } {
    const existing = this.props.existing || this.props.parameterName;
    return {
      JWT_SECRET_FIELD: this.props.field ?? 'JWT_SECRET',
      // What is generated is plain text, whatever the setting says.
      JWT_SECRET_ENCODING: existing ? (this.props.encoding ?? SecretEncoding.UTF8) : SecretEncoding.UTF8,
    };
  }

  private made(): secretsmanager.Secret {
    return new secretsmanager.Secret(this, 'Secret', {
      secretName: this.props.secretName,
      encryptionKey: this.props.encryptionKey,
      description: 'Key ring that signs and verifies access tokens (HS256)',
      removalPolicy: this.props.removalPolicy,
      // A plain text to begin with; the first rotation makes a key ring of it.
      // Letters and digits only: 86 of them are 512 bits, enough for any of the
      // algorithms, and nobody has to quote them.
      generateSecretString: { passwordLength: 86, excludePunctuation: true },
    });
  }

  private madeRotator(): PrebuiltFunction {
    const { props } = this;
    return new PrebuiltFunction(this, 'Rotator', {
      binary: 'rotator',
      description: 'Adds a key to the ring and retires the one before it',
      timeout: Duration.seconds(60),
      architecture: props.architecture,
      logRetention: props.logRetention,
      logGroupName: props.rotatorLogGroupName,
      logKey: props.logKey,
      functionsFolder: props.functionsFolder,
      environment: {
        ...this.format(),
        // A key is published for this long before anyone signs with it: longer
        // than the hard limit below, the clock skew, the read lag and an hour
        // for the rotation itself.
        ROTATION_SIGN_AFTER_SECONDS: '14400',
        TOKEN_LIFETIME_SECONDS: String(props.tokenMaxLifetime.toSeconds()),
        JWT_LEEWAY_SECONDS: String(props.leeway.toSeconds()),
        KEY_MAX_STALE_SECONDS: String(props.secretMaxStale.toSeconds()),
        // The issuer stops signing when its ring is older than this.
        KEY_LEASE_SECONDS: '3600',
        CLOCK_SKEW_SECONDS: '60',
        READ_LAG_SECONDS: '60',
      },
      statements: [
        new iam.PolicyStatement({
          sid: 'RotateSecret',
          actions: [
            'secretsmanager:DescribeSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          resources: this.resources(),
        }),
        ...this.keyStatements('EncryptSecret', ['kms:Decrypt', 'kms:GenerateDataKey'], ['secretsmanager']),
      ],
    });
  }
}

/** The right to use a key, for nothing but what a service does with it. */
export function throughServices(
  scope: IConstruct,
  sid: string,
  actions: string[],
  key: kms.IKey,
  services: string[],
): iam.PolicyStatement {
  const { region, urlSuffix } = Stack.of(scope);
  const through = services.map((service) => `${service}.${region}.${urlSuffix}`);
  return new iam.PolicyStatement({
    sid,
    actions,
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': through.length === 1 ? through[0] : through } },
  });
}
