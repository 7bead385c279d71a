/**
 * Latchkey as one stack per stage.
 *
 * One stack, because its parts are deployed and rolled back together, and
 * because a stack made with the SAM template can be carried on with it: the
 * resources have the same logical ids, all but the API.
 */

import {
  aws_dynamodb as dynamodb,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_logs as logs,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  CfnOutput,
  Duration,
  RemovalPolicy,
  Stack,
  Tags,
  type StackProps,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { issuerPolicy, keyOperatorPolicy } from './access';
import { addressOf, protect } from './addresses';
import { Alarms } from './alarms';
import { acceptModels, chatEnvironment, chatStatements, tableKeyStatements } from './chat';
import { PrebuiltFunction } from './constructs/prebuilt-function';
import { SharedSecret, type SecretEncoding } from './constructs/shared-secret';
import { SharedSecretAuthorizer } from './constructs/shared-secret-authorizer';
import { authTable, chatTable } from './constructs/tables';
import { verifierEnvironment, verifierStatements, type Role, type VerifierProps } from './constructs/verifier';
import { dashboard } from './dashboard';
import type { FrontDoor } from './front-doors/front-door';
import { HttpFrontDoor } from './front-doors/http';
import { LoadBalancerFrontDoor } from './front-doors/load-balancer';
import { RestFrontDoor, STREAM_TIMEOUT } from './front-doors/rest';
import { name, nameFunction } from './names';
import { conflicts, PARAMETERS, type GivenParameters, type Parameters } from './parameters';
import { RotationWatch } from './rotation-watch';
import { only, settle } from './settle';
import { StepDeployment } from './step-deployment';

/** The parameters of the stack, and where its functions are. */
export type LatchkeyStackProps = StackProps &
  GivenParameters & {
    /** @default - target/lambda of this repository */
    readonly functionsFolder?: string;
  };

/** Secret, rotation, tables, authorizer, chatbot and front door of one stage. */
export class LatchkeyStack extends Stack {
  private readonly parameters: Parameters;
  private readonly functionsFolder: string | undefined;
  private readonly encryptionKey: kms.IKey | undefined;
  private readonly removalPolicy: RemovalPolicy;
  private readonly metricsNamespace: string;

  constructor(scope: Construct, id: string, props: LatchkeyStackProps) {
    super(scope, id, {
      description:
        'Latchkey: an API whose Lambda authorizer accepts HS256 tokens from an issuer outside AWS, the chatbot ' +
        'behind it, and the rotation of the shared secret.',
      ...props,
    });
    const parameters = settle(PARAMETERS, only(PARAMETERS, props), [], conflicts);
    this.parameters = parameters;
    this.functionsFolder = props.functionsFolder;
    this.encryptionKey = parameters.kmsKeyArn ? kms.Key.fromKeyArn(this, 'Key', parameters.kmsKeyArn) : undefined;
    this.removalPolicy = parameters.retainData === 'true' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.metricsNamespace = `${parameters.metricsNamespace}/${parameters.stage}`;
    Tags.of(this).add('Project', parameters.project);
    Tags.of(this).add('Stage', parameters.stage);

    const sharedSecret = this.sharedSecret();
    const auth = authTable(this, 'Auth', this.removalPolicy, this.encryptionKey);
    name(auth, this.kept('AuthTable'));
    const chat = chatTable(this, 'Chat', this.removalPolicy, this.encryptionKey);
    name(chat, this.kept('ChatTable'));
    const authorizer = parameters.frontDoor === 'alb' ? undefined : this.authorizer(sharedSecret, auth);
    const chatbot = this.chatbot(sharedSecret, auth, chat);
    const backend = chatbot.publish();
    const chatbotStream = parameters.frontDoor === 'rest' ? this.chatbotStream(chat) : undefined;
    const streamBackend = chatbotStream?.publish();
    const frontDoor = this.frontDoor(authorizer, backend, streamBackend);
    const url = addressOf(this, frontDoor, parameters);
    protect(this, frontDoor, parameters);

    const watched = {
      parameters,
      metricsNamespace: this.metricsNamespace,
      frontDoor: frontDoor.metrics,
      authorizer: authorizer?.authorizer.function,
      chatbot: chatbot.function,
      chatbotStream: chatbotStream?.function,
      authTable: auth,
      chatTable: chat,
    };
    const topic = parameters.alarmTopicArn
      ? sns.Topic.fromTopicArn(this, 'Topic', parameters.alarmTopicArn)
      : undefined;
    const alarms = new Alarms(this, 'Alarms', { ...watched, topic });
    if (sharedSecret.rotator) {
      const watch = new RotationWatch(this, 'RotationOf', {
        sharedSecret,
        metricsNamespace: this.metricsNamespace,
        encryptionKey: this.encryptionKey,
      });
      alarms.watchRotation(sharedSecret.rotator.function, watch.stateMachineArn);
    }
    const page = dashboard(this, {
      ...watched,
      alarmArns: alarms.arns,
      decisionLog: (authorizer?.authorizer ?? chatbot).logGroup,
    });
    const steps = new StepDeployment(this, 'Steps', parameters.deploymentType);
    const apiErrors = alarms.apiErrors.ref;
    if (authorizer) steps.move('Authorizer', authorizer.alias, [alarms.unavailable.alarmName, apiErrors]);
    steps.move('Chatbot', backend, [alarms.chatbotErrors.alarmName, apiErrors]);
    if (streamBackend && alarms.chatbotStreamErrors) {
      steps.move('ChatbotStream', streamBackend, [alarms.chatbotStreamErrors.alarmName, apiErrors]);
    }

    this.output('ApiUrl', url, 'Address of the API and of the chat page');
    if (sharedSecret.secret) {
      this.output('SecretArn', sharedSecret.secret.secretArn, 'The shared secret; the issuer reads it too');
    }
    this.output('AuthTableName', auth.tableName, 'Revocations and consumer credentials; the issuer writes them');
    this.output('AuthTableArn', auth.tableArn, 'The same table, for policies elsewhere');
    this.output('ChatTableName', chat.tableName, 'Conversations, and what each caller has used');
    if (authorizer) this.output('AuthorizerFunctionName', authorizer.authorizer.function.functionName);
    this.output('ChatbotFunctionName', chatbot.function.functionName);
    if (chatbotStream) this.output('ChatbotStreamFunctionName', chatbotStream.function.functionName);
    if (sharedSecret.rotator) this.output('RotatorFunctionName', sharedSecret.rotator.function.functionName);
    const issuer = issuerPolicy(this, sharedSecret, auth);
    this.output('IssuerPolicyArn', issuer.managedPolicyArn, 'The rights of an issuer outside AWS');
    if (sharedSecret.secret) {
      const operator = keyOperatorPolicy(this, sharedSecret, this.secretName);
      this.output(
        'KeyOperatorPolicyArn',
        operator.managedPolicyArn,
        'The rights of whoever rotates the secret by hand',
      );
    }
    const console = `https://console.aws.amazon.com/cloudwatch/home?region=${this.region}`;
    this.output('DashboardUrl', `${console}#dashboards:name=${page.ref}`, 'What to look at first');
  }

  private sharedSecret(): SharedSecret {
    const { parameters } = this;
    const made = new SharedSecret(this, 'SharedSecret', {
      ...this.common('rotator'),
      rotatorLogGroupName: this.logGroupName('rotator'),
      existing: parameters.secretArn
        ? secretsmanager.Secret.fromSecretCompleteArn(this, 'Existing', parameters.secretArn)
        : undefined,
      parameterName: parameters.secretParameter || undefined,
      secretName: this.secretName,
      encryptionKey: this.encryptionKey,
      field: parameters.secretField,
      encoding: parameters.secretEncoding as SecretEncoding,
      removalPolicy: this.removalPolicy,
      rotationDays: parameters.rotationDays,
      rotateExisting: parameters.rotateExistingSecret === 'true',
      tokenMaxLifetime: Duration.seconds(parameters.tokenMaxLifetimeSeconds),
      leeway: Duration.seconds(parameters.leewaySeconds),
      secretMaxStale: Duration.seconds(parameters.secretMaxStaleSeconds),
    });
    if (made.secret && !parameters.secretArn) name(made.secret, this.kept('Secret'));
    if (made.rotator) nameFunction(made.rotator, 'Rotator');
    if (made.rotationSchedule) name(made.rotationSchedule, 'SecretRotation');
    if (made.rotatorPermission) name(made.rotatorPermission, 'RotatorPermission');
    return made;
  }

  private authorizer(sharedSecret: SharedSecret, table: dynamodb.ITable): SharedSecretAuthorizer {
    const { parameters } = this;
    const made = new SharedSecretAuthorizer(this, 'Authorizer', {
      ...this.common('authorizer'),
      ...this.verifierProps(),
      sharedSecret,
      authTable: table,
      encryptionKey: this.encryptionKey,
      resultsCacheTtl: Duration.seconds(parameters.authorizerCacheSeconds),
      denyInvalidTokens: parameters.onInvalidToken === 'deny',
      policyExpiry: parameters.policyExpiry === 'on',
      reservedConcurrentExecutions: parameters.authorizerConcurrency || undefined,
      metricsNamespace: this.metricsNamespace,
    });
    nameFunction(made.authorizer, 'Authorizer');
    return made;
  }

  private chatbot(sharedSecret: SharedSecret, auth: dynamodb.ITable, chat: dynamodb.ITable): PrebuiltFunction {
    const { parameters } = this;
    // A load balancer asks no authorizer: the chatbot is told all that an
    // authorizer is told, and may do what it may do.
    const verifies = parameters.frontDoor === 'alb';
    const made = new PrebuiltFunction(this, 'Chatbot', {
      ...this.common('chatbot'),
      binary: 'chatbot',
      description: 'The chat API and its page',
      timeout: Duration.seconds(30),
      reservedConcurrentExecutions: parameters.chatbotConcurrency || undefined,
      environment: {
        ...chatEnvironment(parameters, chat, 'buffered'),
        ...(verifies && verifierEnvironment(this.verifierProps(), sharedSecret, auth, this.metricsNamespace)),
      },
      statements: [
        ...chatStatements(this, parameters, chat),
        ...(verifies ? verifierStatements(sharedSecret, auth) : tableKeyStatements(this, this.encryptionKey)),
      ],
    });
    nameFunction(made, 'Chatbot');
    acceptModels(made, parameters);
    return made;
  }

  // The same program once more. A function answers all at once or in parts, never
  // both, and a REST API is the only front door that takes parts.
  private chatbotStream(chat: dynamodb.ITable): PrebuiltFunction {
    const { parameters } = this;
    const made = new PrebuiltFunction(this, 'ChatbotStream', {
      ...this.common('chatbot-stream'),
      binary: 'chatbot',
      description: 'The chat API where it answers while the model still writes',
      timeout: STREAM_TIMEOUT,
      reservedConcurrentExecutions: parameters.chatbotConcurrency || undefined,
      environment: chatEnvironment(parameters, chat, 'stream'),
      statements: [...chatStatements(this, parameters, chat), ...tableKeyStatements(this, this.encryptionKey)],
    });
    nameFunction(made, 'ChatbotStream');
    acceptModels(made, parameters);
    return made;
  }

  private frontDoor(
    authorizer: SharedSecretAuthorizer | undefined,
    backend: lambda.Alias,
    streamBackend: lambda.Alias | undefined,
  ): FrontDoor {
    const { parameters } = this;
    if (!authorizer) return new LoadBalancerFrontDoor(this, 'FrontDoor', { parameters, backend });

    const accessLog = new logs.LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${this.stackName}`,
      encryptionKey: this.encryptionKey,
      retention: parameters.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    name(accessLog, 'ApiAccessLogGroup');
    const props = { parameters, backend, accessLog };
    return streamBackend
      ? new RestFrontDoor(this, 'FrontDoor', { ...props, streamBackend, authorizer: authorizer.restAuthorizer() })
      : new HttpFrontDoor(this, 'FrontDoor', { ...props, authorizer: authorizer.httpAuthorizer() });
  }

  private verifierProps(): VerifierProps {
    const { parameters } = this;
    return {
      jwtIssuer: parameters.jwtIssuer,
      jwtAudience: parameters.jwtAudience,
      algorithms: parameters.algorithms.split(','),
      leeway: Duration.seconds(parameters.leewaySeconds),
      tokenMaxLifetime: Duration.seconds(parameters.tokenMaxLifetimeSeconds),
      maxTokenBytes: parameters.maxTokenBytes,
      defaultRole: (parameters.defaultRole || undefined) as Role | undefined,
      acceptUntyped: parameters.acceptUntyped === 'true',
      tokenSources:
        parameters.tokenPlace === 'several'
          ? parameters.tokenSources.split(',')
          : [`${parameters.tokenPlace}:${parameters.tokenName}`],
      accessRules: parameters.accessRules ? JSON.parse(parameters.accessRules) : undefined,
      consumers: parameters.consumers === 'on',
      secretCacheTtl: Duration.seconds(parameters.secretCacheSeconds),
      secretMaxStale: Duration.seconds(parameters.secretMaxStaleSeconds),
      secretRefreshCooldown: Duration.seconds(parameters.secretRefreshCooldownSeconds),
      registryCacheTtl: Duration.seconds(parameters.registryCacheSeconds),
      registryFailOpen: parameters.registryFailOpen === 'true',
    };
  }

  private common(binary: string) {
    const { architecture, logRetentionDays } = this.parameters;
    return {
      architecture: architecture === 'arm64' ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64,
      logRetention: logRetentionDays as logs.RetentionDays,
      logGroupName: this.logGroupName(binary),
      logKey: this.encryptionKey,
      functionsFolder: this.functionsFolder,
    };
  }

  private get secretName(): string {
    return `jwt/shared-secret-${this.parameters.stage}`;
  }

  private logGroupName(binary: string): string {
    return `/aws/lambda/${this.stackName}-${binary}`;
  }

  // The SAM template fixes per resource what is kept, so it has two of each.
  private kept(logicalId: string): string {
    return this.removalPolicy === RemovalPolicy.RETAIN ? logicalId : `Disposable${logicalId}`;
  }

  private output(id: string, value: string, description?: string): void {
    name(new CfnOutput(this, `Output${id}`, { value, description }), id);
  }
}
