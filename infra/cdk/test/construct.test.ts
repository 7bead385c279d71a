/** The construct before APIs that are not ours. */

import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import {
  App,
  aws_apigateway as apigateway,
  aws_apigatewayv2 as apigatewayv2,
  aws_apigatewayv2_integrations as integrations,
  aws_dynamodb as dynamodb,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_secretsmanager as secretsmanager,
  aws_sns as sns,
  Duration,
  Stack,
} from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, SecretEncoding, SharedSecretAuthorizer, type SharedSecretAuthorizerProps } from '../lib';
import { exampleStack } from './example';
import { standIns } from './stand-ins';

const PROPS = { jwtIssuer: 'https://auth.example.com', jwtAudience: 'orders' };

/** A team's stack with an authorizer in it, and what `use` makes of that. */
function own(
  more: Partial<SharedSecretAuthorizerProps>,
  use: (authorizer: SharedSecretAuthorizer, stack: Stack) => void = () => {},
  fill: (stack: Stack) => Partial<SharedSecretAuthorizerProps> = () => ({}),
): Template {
  // With the flags of nobody: a team has its own.
  const stack = new Stack(new App(), 'Own');
  const props = { ...PROPS, functionsFolder: standIns(), ...more, ...fill(stack) };
  use(new SharedSecretAuthorizer(stack, 'Tokens', props), stack);
  return Template.fromStack(stack);
}

function beforeRest(authorizer: SharedSecretAuthorizer, stack: Stack): void {
  const api = new apigateway.RestApi(stack, 'Rest', {
    cloudWatchRole: false,
    defaultMethodOptions: { authorizer: authorizer.restAuthorizer() },
    defaultCorsPreflightOptions: { allowOrigins: ['https://shop.example.com'] },
  });
  api.root.addMethod('GET', new apigateway.MockIntegration());
}

function beforeHttp(authorizer: SharedSecretAuthorizer, stack: Stack): void {
  const handler = lambda.Function.fromFunctionArn(
    stack,
    'Handler',
    'arn:aws:lambda:eu-central-1:111122223333:function:h',
  );
  const api = new apigatewayv2.HttpApi(stack, 'Http', { defaultAuthorizer: authorizer.httpAuthorizer() });
  const integration = new integrations.HttpLambdaIntegration('To', handler);
  api.addRoutes({ path: '/orders', methods: [apigatewayv2.HttpMethod.GET], integration });
}

const LIVE = { Ref: Match.stringLikeRegexp('^TokensAuthorizerLive') };

describe('before a REST API', () => {
  it('asks for a bearer token, at the alias, and keeps answers for a minute', () => {
    const template = own({}, beforeRest);
    template.hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
      IdentityValidationExpression: Match.stringLikeRegexp('^\\^\\[Bb\\]'),
      AuthorizerUri: { 'Fn::Join': ['', Match.arrayWith([LIVE, '/invocations'])] },
    });
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'GET',
      AuthorizationType: 'CUSTOM',
      AuthorizerId: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: LIVE,
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('/authorizers/')])] },
    });
  });

  it('leaves preflight requests open', () => {
    const template = own({}, beforeRest);
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'OPTIONS', AuthorizationType: 'NONE' });
    template.resourcePropertiesCountIs(
      'AWS::ApiGateway::Method',
      { HttpMethod: 'OPTIONS', AuthorizationType: 'CUSTOM' },
      0,
    );
  });

  it('looks at the one place a token may be in', () => {
    for (const [source, expression] of [
      ['cookie:session', 'method.request.header.Cookie'],
      ['query:token', 'method.request.querystring.token'],
      ['header:X-Token', 'method.request.header.X-Token'],
    ] as const) {
      own({ tokenSources: [source] }, beforeRest).hasResourceProperties('AWS::ApiGateway::Authorizer', {
        Type: 'REQUEST',
        IdentitySource: expression,
        AuthorizerResultTtlInSeconds: 60,
      });
    }
  });

  it('keeps no answer where a token may be in several places', () => {
    const several = { tokenSources: ['header:Authorization', 'cookie:session'], resultsCacheTtl: Duration.minutes(9) };
    own(several, beforeRest).hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'REQUEST',
      AuthorizerResultTtlInSeconds: 0,
    });
  });
});

describe('before an HTTP API', () => {
  it('takes events of format 2.0 and answers simply, and may be called', () => {
    const template = own({}, beforeHttp);
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 60,
    });
    template.hasResourceProperties('AWS::ApiGatewayV2::Route', { AuthorizationType: 'CUSTOM' });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: LIVE,
      Principal: 'apigateway.amazonaws.com',
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ HTTP_API_RESPONSE: 'simple' }) },
    });
  });

  it('answers with policies where there are rules per path', () => {
    const template = own({ accessRules: [{ methods: ['*'], path: '/o*', role: Role.ADMIN }] }, beforeHttp);
    template.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: false,
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          HTTP_API_RESPONSE: 'policy',
          ACCESS_RULES: '[{"methods":["*"],"path":"/o*","role":"ADMIN"}]',
        }),
      },
    });
  });
});

describe('the secret', () => {
  it('is made, kept and rotated', () => {
    const template = own({});
    template.hasResource('AWS::SecretsManager::Secret', { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    template.hasResourceProperties('AWS::SecretsManager::RotationSchedule', {
      RotationRules: { AutomaticallyAfterDays: 30 },
      RotateImmediatelyOnUpdate: false,
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
      SourceArn: { Ref: Match.stringLikeRegexp('^TokensSharedSecret') },
    });
  });

  it('is left alone where it exists', () => {
    const name = (stack: Stack) => ({ secret: secretsmanager.Secret.fromSecretNameV2(stack, 'Old', 'jwt/old') });
    const template = own({ secretEncoding: SecretEncoding.HEX }, undefined, name);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.resourceCountIs('AWS::SecretsManager::RotationSchedule', 0);
    // Known by its name alone: six characters are added to it, and no more.
    const read = { Sid: 'ReadSecret', Resource: { 'Fn::Join': ['', Match.arrayWith([':secret:jwt/old-??????'])] } };
    template.hasResourceProperties('AWS::IAM::Role', {
      Policies: [{ PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(read)]) } }],
    });
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ JWT_SECRET_ENCODING: 'hex' }) },
    });
  });

  it('is shared by two authorizers in one stack', () => {
    const template = own({}, (first, stack) => {
      new SharedSecretAuthorizer(stack, 'Others', {
        ...PROPS,
        functionsFolder: standIns(),
        sharedSecret: first.sharedSecret,
        authTable: first.authTable,
      });
    });
    template.resourceCountIs('AWS::SecretsManager::Secret', 1);
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.resourceCountIs('AWS::Lambda::Alias', 2);
  });
});

it('a table with a key of its own can be read', () => {
  const theirs = (stack: Stack) => {
    const encryptionKey = new kms.Key(stack, 'Key');
    const partitionKey = { name: 'pk', type: dynamodb.AttributeType.STRING };
    return { authTable: new dynamodb.Table(stack, 'Theirs', { partitionKey, encryptionKey }) };
  };
  const read = {
    Sid: 'DecryptTable',
    Action: 'kms:Decrypt',
    Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
    Condition: { StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', Match.arrayWith(['dynamodb.'])] } } },
  };
  own({}, undefined, theirs).hasResourceProperties('AWS::IAM::Role', {
    Policies: [{ PolicyName: 'authorizer', PolicyDocument: { Statement: Match.arrayWith([Match.objectLike(read)]) } }],
  });
});

it('alarms go to the topic', () => {
  const topic = (stack: Stack) => ({ alarmTopic: new sns.Topic(stack, 'Night') });
  const template = own({}, undefined, topic);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 3);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', {
    AlarmActions: [{ Ref: Match.stringLikeRegexp('^Night') }],
  });
  own({}).resourceCountIs('AWS::CloudWatch::Alarm', 0);
});

it('the example in the runbook is the one that compiles', () => {
  const runbook = fs.readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8');
  const example = fs.readFileSync(path.resolve(__dirname, '../examples/orders-stack.ts'), 'utf8');
  assert.ok(runbook.includes(`\`\`\`ts\n${example}\`\`\``), 'infra/README.md does not hold examples/orders-stack.ts');
});

it('the example closes the route and opens its preflight', () => {
  const template = Template.fromStack(exampleStack());
  template.resourcePropertiesCountIs('AWS::ApiGateway::Method', { AuthorizationType: 'CUSTOM' }, 1);
  template.allResourcesProperties('AWS::ApiGateway::GatewayResponse', {
    ResponseParameters: Match.objectLike({
      'gatewayresponse.header.Access-Control-Allow-Origin': "'https://shop.example.com'",
    }),
  });
});
