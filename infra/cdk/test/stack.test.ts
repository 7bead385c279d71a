/** The stack of one stage, for each front door. */

import * as assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Capture, Match, Template } from 'aws-cdk-lib/assertions';
import { CASES, stackOf, templateOf } from './cases';

type Json = Record<string, any>;

const LOGS_AND_TRACES = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];
const VERIFIES = ['dynamodb:BatchGetItem', 'secretsmanager:GetSecretValue'];
const CHATS = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
];
const ASKS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
const ROTATES = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
];

function resources(name: string, type: string): Json {
  return templateOf(name).findResources(type);
}

function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

function statements(name: string): { role: string; statement: Json }[] {
  const roles = { ...resources(name, 'AWS::IAM::Role'), ...resources(name, 'AWS::IAM::ManagedPolicy') };
  return Object.entries(roles).flatMap(([role, { Properties }]) => {
    const documents = [...(Properties.Policies ?? []), Properties].flatMap(
      ({ PolicyDocument }) => PolicyDocument ?? [],
    );
    return documents.flatMap(({ Statement }) => Statement.map((statement: Json) => ({ role, statement })));
  });
}

function actions(name: string, role: string): string[] {
  const own = statements(name).filter((entry) => entry.role === role);
  return own.flatMap(({ statement }) => list<string>(statement['Action'])).sort();
}

describe('rights', () => {
  for (const [name, role, wanted] of [
    ['rest', 'AuthorizerRole', [...VERIFIES, ...LOGS_AND_TRACES]],
    ['rest', 'ChatbotRole', [...CHATS, ...LOGS_AND_TRACES]],
    ['rest', 'ChatbotStreamRole', [...CHATS, ...LOGS_AND_TRACES]],
    [
      'rest-everything',
      'ChatbotStreamRole',
      [...CHATS, ...ASKS, ...ASKS, 'bedrock:ApplyGuardrail', 'kms:Decrypt', ...LOGS_AND_TRACES],
    ],
    ['rest-cookie', 'ChatbotStreamRole', [...CHATS, ...LOGS_AND_TRACES]],
    [
      'alb-everything',
      'ChatbotRole',
      ['dynamodb:BatchGetItem', 'ssm:GetParameter', 'kms:Decrypt', ...CHATS, ...ASKS, ...LOGS_AND_TRACES],
    ],
    ['rest', 'RotatorRole', [...ROTATES, ...LOGS_AND_TRACES]],
    ['rest-everything', 'AuthorizerRole', [...VERIFIES, ...LOGS_AND_TRACES, 'kms:Decrypt']],
    ['rest-everything', 'RotatorRole', [...ROTATES, ...LOGS_AND_TRACES, 'kms:Decrypt', 'kms:GenerateDataKey']],
    ['rest-cookie', 'AuthorizerRole', ['dynamodb:BatchGetItem', 'ssm:GetParameter', ...LOGS_AND_TRACES]],
    ['alb', 'ChatbotRole', [...VERIFIES, ...CHATS, ...LOGS_AND_TRACES]],
    ['rest', 'RotationWatchRole', ['cloudwatch:PutMetricData', 'secretsmanager:DescribeSecret']],
    ['rest', 'RotationWatchScheduleRole', ['states:StartExecution']],
  ] as const) {
    it(`of ${role} in ${name} are these and no others`, () => {
      assert.deepEqual(actions(name, role), [...wanted].sort());
    });
  }

  it('are for the model that was chosen, through the profile that was chosen', () => {
    const asked = (name: string, more: Record<string, string>) => {
      const template = Template.fromStack(stackOf(name, more).stack).toJSON();
      const [policy] = template['Resources'].ChatbotRole.Properties.Policies;
      return policy.PolicyDocument.Statement.filter(({ Sid }: Json) => /^Ask/.test(Sid)).map((statement: Json) => [
        statement['Sid'],
        JSON.stringify(statement['Resource'])
          .replace(/^.*:bedrock:/, '')
          .replace(/"\]\]}$|"$/, ''),
        Object.keys(statement['Condition']?.StringEquals ?? {}),
      ]);
    };
    const bedrock = (ChatModel: string) => asked('rest', { ChatBackend: 'bedrock', ChatModel });
    const ofProfile = ['bedrock:InferenceProfileArn'];
    assert.deepEqual(asked('rest', {}), []);
    const [[sid, plain, condition]] = bedrock('amazon.nova-micro-v1:0');
    assert.deepEqual([sid, condition], ['AskModel', []]);
    assert.match(plain, /::foundation-model\/amazon\.nova-micro-v1:0$/);
    const [[, profile], [, models, through]] = bedrock('us.amazon.nova-micro-v1:0');
    assert.match(profile, /:inference-profile\/us\.amazon\.nova-micro-v1:0$/);
    assert.deepEqual([models, through], ['*::foundation-model/amazon.nova-micro-v1:0*', ofProfile]);
    const arn = 'arn:aws:bedrock:eu-central-1:111122223333:application-inference-profile/abc';
    assert.deepEqual(bedrock(arn), [
      ['AskModel', 'eu-central-1:111122223333:application-inference-profile/abc', []],
      ['AskModelOfProfile', '*::foundation-model/*', ofProfile],
    ]);
  });

  it('are on any resource for traces and metrics only', () => {
    for (const name of Object.keys(CASES)) {
      for (const { role, statement } of statements(name)) {
        if (!list(statement['Resource']).includes('*')) continue;
        const traces = list<string>(statement['Action']).every((action) => action.startsWith('xray:'));
        const metrics = statement['Action'] === 'cloudwatch:PutMetricData' && 'Condition' in statement;
        assert.ok(traces || metrics, `${name}: ${role} ${JSON.stringify(statement)}`);
      }
    }
  });

  it('name no action by a pattern, and come from no policy beside the role', () => {
    for (const name of Object.keys(CASES)) {
      for (const { role, statement } of statements(name)) {
        const patterns = list<string>(statement['Action']).filter((action) => action.includes('*'));
        assert.deepEqual(patterns, [], `${name}: ${role}`);
      }
      templateOf(name).resourceCountIs('AWS::IAM::Policy', 0);
    }
  });
});

describe('data', () => {
  it('expires, is encrypted, and can be brought back', () => {
    for (const name of Object.keys(CASES)) {
      templateOf(name).allResourcesProperties('AWS::DynamoDB::Table', {
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: Match.objectLike({ SSEEnabled: true, SSEType: 'KMS' }),
      });
    }
  });

  it('outlives the stack, unless that is switched off', () => {
    for (const type of ['AWS::DynamoDB::Table', 'AWS::SecretsManager::Secret']) {
      templateOf('rest').allResources(type, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
    templateOf('rest-cookie').allResources('AWS::DynamoDB::Table', { DeletionPolicy: 'Delete' });
    assert.deepEqual(Object.keys(resources('rest-cookie', 'AWS::DynamoDB::Table')).sort(), [
      'DisposableAuthTable',
      'DisposableChatTable',
    ]);
  });
});

it('every log is kept as long as is said', () => {
  for (const [name, days, logs] of [
    ['rest', 30, 5],
    ['rest-everything', 90, 5],
    ['alb', 30, 2],
  ] as const) {
    templateOf(name).resourcePropertiesCountIs('AWS::Logs::LogGroup', { RetentionInDays: days }, logs);
    templateOf(name).resourceCountIs('AWS::Logs::LogGroup', logs);
  }
});

describe('the REST API', () => {
  it('has the authorizer look at the Authorization header and keeps answers for a minute', () => {
    templateOf('rest').hasResourceProperties('AWS::ApiGateway::Authorizer', {
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
    });
  });

  it('asks for a token everywhere but at the page, the health check and preflight requests', () => {
    const open = Object.values(resources('rest', 'AWS::ApiGateway::Method'))
      .filter(({ Properties }) => Properties.AuthorizationType !== 'CUSTOM')
      .map(({ Properties }) => Properties.HttpMethod);
    assert.deepEqual(open.sort(), ['GET', 'GET', ...Array(6).fill('OPTIONS')]);
  });

  it('calls the functions by their alias', () => {
    const uri = (ref: string, end: string) => ({ 'Fn::Join': ['', Match.arrayWith([{ Ref: ref }, end])] });
    const calls = (properties: Json, times: number) =>
      templateOf('rest').resourcePropertiesCountIs('AWS::ApiGateway::Method', { Integration: properties }, times);
    calls({ Uri: uri('ChatbotFunctionAliaslive', '/invocations') }, 4);
    calls({ Uri: uri('ChatbotStreamFunctionAliaslive', '/response-streaming-invocations') }, 2);
    calls({ ResponseTransferMode: 'STREAM', TimeoutInMillis: 300000 }, 2);
    templateOf('rest').hasResourceProperties('AWS::ApiGateway::Authorizer', {
      AuthorizerUri: { 'Fn::Join': ['', Match.arrayWith([{ Ref: 'AuthorizerFunctionAliaslive' }])] },
    });
  });

  it('answers so that browsers can read it and clients know what to do', () => {
    const template = templateOf('rest');
    const header = (name: string) => `gatewayresponse.header.${name}`;
    template.allResourcesProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseParameters: Match.objectLike({ [header('Access-Control-Allow-Origin')]: "'*'" }),
    });
    for (const [type, status, name, value] of [
      ['UNAUTHORIZED', '401', 'WWW-Authenticate', "'Bearer'"],
      ['AUTHORIZER_FAILURE', '503', 'Retry-After', "'5'"],
      ['AUTHORIZER_CONFIGURATION_ERROR', '500', 'Retry-After', "'60'"],
    ] as const) {
      template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
        ResponseType: type,
        StatusCode: status,
        ResponseParameters: Match.objectLike({
          [header(name)]: value,
          [header('Access-Control-Expose-Headers')]: `'${name}'`,
        }),
      });
    }
  });

  it('writes neither query nor body to a log', () => {
    const format = new Capture();
    templateOf('rest').hasResourceProperties('AWS::ApiGateway::Stage', {
      AccessLogSetting: { Format: format },
      MethodSettings: [Match.objectLike({ DataTraceEnabled: false })],
    });
    const variables = Object.values(JSON.parse(format.asString())) as string[];
    assert.deepEqual(
      variables.filter((variable) => /query|\$context\.path/i.test(variable)),
      [],
    );
  });

  it('comes after the role for its logs', () => {
    templateOf('rest').hasResource('AWS::ApiGateway::Stage', { DependsOn: ['ApiLogsAccount'] });
  });
});

describe('the HTTP API', () => {
  it('may call the authorizer', () => {
    templateOf('http').hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: { Ref: 'AuthorizerFunctionAliaslive' },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('authorizers')])] },
    });
  });

  it('asks for a token everywhere but at the page and the health check', () => {
    const open = Object.values(resources('http', 'AWS::ApiGatewayV2::Route'))
      .filter(({ Properties }) => Properties.AuthorizationType !== 'CUSTOM')
      .map(({ Properties }) => Properties.RouteKey);
    assert.deepEqual(open.sort(), ['GET /', 'GET /healthz']);
  });

  it('takes preflight requests for itself: no route is for any method', () => {
    const any = Object.values(resources('http', 'AWS::ApiGatewayV2::Route')).filter(({ Properties }) =>
      /^(ANY|OPTIONS|\$default)/.test(Properties.RouteKey),
    );
    assert.deepEqual(any, []);
  });
});

describe('the chatbots', () => {
  const told = (name: string, id: string): Json =>
    resources(name, 'AWS::Lambda::Function')[id]?.Properties.Environment.Variables;

  it('are told the same, but for how they answer', () => {
    for (const name of ['rest', 'rest-cookie', 'rest-everything']) {
      assert.deepEqual(
        { ...told(name, 'ChatbotFunction'), CHAT_RESPONSE_MODE: 'stream' },
        told(name, 'ChatbotStreamFunction'),
      );
    }
    assert.equal(told('http', 'ChatbotStreamFunction'), undefined);
    assert.equal(told('alb', 'ChatbotStreamFunction'), undefined);
  });

  it('are given the key of an endpoint by CloudFormation, and only where there is one', () => {
    assert.match(
      told('rest-cookie', 'ChatbotFunction')['OPENAI_API_KEY'],
      /^\{\{resolve:secretsmanager:arn:[^}]+\}\}$/,
    );
    assert.equal(told('rest', 'ChatbotFunction')['OPENAI_API_KEY'], undefined);
    assert.equal(told('rest-everything', 'ChatbotFunction')['OPENAI_API_KEY'], undefined);
  });
});

describe('the load balancer', () => {
  it('has no authorizer, and a chatbot that is told what an authorizer is told', () => {
    const functions = resources('alb', 'AWS::Lambda::Function');
    assert.deepEqual(Object.keys(functions).sort(), ['ChatbotFunction', 'RotatorFunction']);
    const told = (name: string, id: string) =>
      Object.keys(resources(name, 'AWS::Lambda::Function')[id].Properties.Environment.Variables);
    const ofAuthorizers = ['HTTP_API_RESPONSE', 'ON_INVALID_TOKEN', 'POLICY_EXPIRY'];
    const wanted = told('rest', 'AuthorizerFunction').filter((key) => !ofAuthorizers.includes(key));
    const own = told('alb', 'ChatbotFunction').filter((key) => !key.startsWith('CHAT_'));
    assert.deepEqual(own.sort(), wanted.sort());
  });

  it('speaks TLS only, and hands doubled headers on', () => {
    templateOf('alb').hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      SslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    });
    templateOf('alb').hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [Match.objectLike({ Type: 'redirect' })],
    });
    templateOf('alb').hasResource('AWS::ElasticLoadBalancingV2::TargetGroup', {
      DependsOn: ['LoadBalancerPermission'],
      Properties: { TargetGroupAttributes: [{ Key: 'lambda.multi_value_headers.enabled', Value: 'true' }] },
    });
  });
});

describe('rotation', () => {
  it('waits for the permission, and is not set off by a deployment', () => {
    templateOf('rest').hasResource('AWS::SecretsManager::RotationSchedule', {
      DependsOn: ['RotatorPermission'],
      Properties: { RotateImmediatelyOnUpdate: false, RotationRules: { AutomaticallyAfterDays: 30 } },
    });
    templateOf('rest').hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'secretsmanager.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: { Ref: 'Secret' },
    });
  });

  it('reckons with what the verifiers are told', () => {
    for (const name of ['rest', 'rest-everything']) {
      const told = (id: string) => resources(name, 'AWS::Lambda::Function')[id].Properties.Environment.Variables;
      const [rotator, authorizer] = [told('RotatorFunction'), told('AuthorizerFunction')];
      assert.equal(rotator.TOKEN_LIFETIME_SECONDS, authorizer.JWT_MAX_LIFETIME_SECONDS);
      assert.equal(rotator.JWT_LEEWAY_SECONDS, authorizer.JWT_LEEWAY_SECONDS);
      assert.equal(rotator.KEY_MAX_STALE_SECONDS, authorizer.KEY_MAX_STALE_SECONDS);
      assert.equal(rotator.JWT_SECRET_ENCODING, authorizer.JWT_SECRET_ENCODING);
    }
  });

  it('is off at zero days, for a secret of others, and for a parameter', () => {
    const off: Record<string, string>[] = [
      { RotationDays: '0' },
      { SecretArn: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:jwt/ours-AbCdEf' },
      { SecretParameter: '/latchkey/secret' },
    ];
    for (const more of off) {
      const ids = stackOf('rest', more)
        .stack.node.findAll()
        .map(({ node }) => node.id);
      assert.ok(!ids.includes('Rotator'), JSON.stringify(more));
    }
  });
});

it('new versions are taken back by alarms', () => {
  templateOf('rest').hasResource('AWS::Lambda::Alias', {
    UpdatePolicy: {
      CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: 'AuthorizerFunctionDeploymentGroup' } },
    },
  });
  templateOf('rest').hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
    AlarmConfiguration: {
      Enabled: true,
      Alarms: [{ Name: { Ref: 'UnavailableAlarm' } }, { Name: { Ref: 'ApiErrorsAlarm' } }],
    },
  });
});

it('a changed parameter makes another version, and another deployment of the API', () => {
  const idsOf = (template: Template, kind: string) => Object.keys(template.findResources(kind)).sort();
  const changes = [
    ['AWS::Lambda::Version', { RegistryFailOpen: 'true', ChatMaxTokens: '7' }, 3],
    ['AWS::ApiGateway::Deployment', { AuthorizerCacheSeconds: '1' }, 1],
    ['AWS::ApiGateway::Deployment', { CorsAllowOrigin: 'https://chat.example.com' }, 1],
    ['AWS::ApiGateway::Deployment', { TokenName: 'X-Token' }, 1],
  ] as const;
  for (const [kind, more, count] of changes) {
    const before = idsOf(templateOf('rest'), kind);
    const after = idsOf(Template.fromStack(stackOf('rest', more).stack), kind);
    const same = before.filter((id) => after.includes(id));
    assert.deepEqual([before.length, after.length, same], [count, count, []], JSON.stringify(more));
  }
});
