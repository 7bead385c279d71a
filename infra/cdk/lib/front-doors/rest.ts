/**
 * The REST API: every route asks the authorizer, except those named open.
 *
 * Invariant: a browser can read every answer the gateway gives by itself, and
 * its preflight requests ask for no token.
 */

import {
  aws_apigateway as apigateway,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_logs as logs,
  Duration,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accept } from '../constructs/accepted';
import { GatewayResponses } from '../constructs/gateway-responses';
import { name } from '../names';
import type { FrontDoor, GatewayProps } from './front-door';
import { accessLogFormat, CLOSED_ROUTES, CORS, OPEN_ROUTES, STREAM_ROUTES } from './routes';

/** As long as a function may answer, and the gateway waits for the end of a stream. */
export const STREAM_TIMEOUT = Duration.minutes(5);

/** What the REST API is made of. */
export interface RestFrontDoorProps extends GatewayProps {
  /** Answers the routes that may be streamed. */
  readonly streamBackend: lambda.Alias;
  readonly authorizer: apigateway.IAuthorizer;
  readonly accessLog: logs.ILogGroup;
}

/** The REST API of the stack. */
export class RestFrontDoor extends Construct implements FrontDoor {
  readonly url;
  readonly address;
  readonly webAclTarget;
  readonly metrics;
  private readonly api: apigateway.RestApi;

  constructor(scope: Construct, id: string, props: RestFrontDoorProps) {
    super(scope, id);
    const { parameters } = props;
    const stack = Stack.of(this);
    this.api = new apigateway.RestApi(this, 'Api', {
      restApiName: stack.stackName,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      cloudWatchRole: false,
      defaultMethodOptions: {
        authorizer: props.authorizer,
        authorizationType: apigateway.AuthorizationType.CUSTOM,
      },
      deployOptions: {
        stageName: parameters.stage,
        tracingEnabled: true,
        accessLogDestination: new apigateway.LogGroupLogDestination(props.accessLog),
        accessLogFormat: apigateway.AccessLogFormat.custom(accessLogFormat()),
        loggingLevel: apigateway.MethodLoggingLevel.ERROR,
        // Would write whole requests to the log, tokens among them.
        dataTraceEnabled: false,
        metricsEnabled: true,
        throttlingRateLimit: parameters.throttleRate,
        throttlingBurstLimit: parameters.throttleBurst,
      },
    });
    // Not the id of the SAM template: that API was imported with its routes, and
    // they would stand in the way of these.
    name(this.api, 'RestApi');
    // CDK's own output of the address; the stack has one.
    this.api.node.tryRemoveChild('Endpoint');
    name(this.api.deploymentStage, 'ApiStage');
    accept(
      this.api,
      'AwsSolutions-APIG2',
      'The chatbot checks its requests itself, as it must behind the other front doors',
    );
    accept(
      this.api.deploymentStage,
      'AwsSolutions-APIG3',
      'WafAclArn names the web ACL; there is none to choose by default',
    );
    this.routes(props, parameters.corsAllowOrigin);
    GatewayResponses.addTo(this.api, parameters.corsAllowOrigin);
    if (parameters.apiLogsAccountRole === 'create') this.logsAccount();

    for (const [id, called] of [
      ['ChatbotPermission', props.backend],
      ['ChatbotStreamPermission', props.streamBackend],
    ] as const) {
      const permission = new lambda.CfnPermission(this, id, {
        action: 'lambda:InvokeFunction',
        functionName: called.functionArn,
        principal: 'apigateway.amazonaws.com',
        sourceAccount: stack.account,
        sourceArn: stack.formatArn({ service: 'execute-api', resource: this.api.restApiId, resourceName: '*' }),
      });
      name(permission, id);
    }
    const stage = this.api.deploymentStage.stageName;
    this.url = `https://${this.api.restApiId}.execute-api.${stack.region}.${stack.urlSuffix}/${parameters.stage}/`;
    this.address = { apiId: this.api.restApiId, stage };
    this.webAclTarget = this.api.deploymentStage.stageArn;
    this.metrics = {
      namespace: 'AWS/ApiGateway',
      dimensions: [
        { name: 'ApiName', value: stack.stackName },
        { name: 'Stage', value: parameters.stage },
      ],
      requests: 'Count',
      clientErrors: '4XXError',
      serverErrors: '5XXError',
      latencies: ['Latency', 'IntegrationLatency'],
      latencyUnit: 'ms',
    };
  }

  private routes({ backend, streamBackend }: RestFrontDoorProps, allowOrigin: string): void {
    const chatbot = new apigateway.LambdaIntegration(called(this, 'Backend', backend), { allowTestInvoke: false });
    const stream = new apigateway.LambdaIntegration(called(this, 'StreamBackend', streamBackend), {
      allowTestInvoke: false,
      responseTransferMode: apigateway.ResponseTransferMode.STREAM,
      timeout: STREAM_TIMEOUT,
    });
    const open = { authorizationType: apigateway.AuthorizationType.NONE };
    const at = (path: string) => this.api.root.resourceForPath(path);
    const noUserPool = 'Tokens come from an issuer outside AWS: a function stands where a user pool would';
    for (const { method, path } of OPEN_ROUTES) {
      const made = at(path).addMethod(method, chatbot, open);
      accept(made, 'AwsSolutions-APIG4', 'Open by intention: the chat page and the health check');
      accept(made, 'AwsSolutions-COG4', noUserPool);
    }
    for (const { methods, path } of CLOSED_ROUTES) {
      const made = at(path).addMethod(methods.length === 1 ? methods[0]! : 'ANY', chatbot);
      accept(made, 'AwsSolutions-COG4', noUserPool);
    }
    for (const { method, path } of STREAM_ROUTES) {
      const made = at(path).addMethod(method, stream);
      accept(made, 'AwsSolutions-COG4', noUserPool);
    }
    for (const { path } of [...OPEN_ROUTES, ...CLOSED_ROUTES, ...STREAM_ROUTES]) {
      const made = at(path).addCorsPreflight({
        allowOrigins: [allowOrigin],
        allowMethods: CORS.methods,
        allowHeaders: CORS.headers,
        maxAge: Duration.minutes(10),
        statusCode: 200,
      });
      accept(made, 'AwsSolutions-APIG4', 'Browsers send no token with a preflight request');
    }
  }

  // One setting for all APIs of the account and region, which is why it stays
  // when the stack goes: another API may have come to rely on it.
  private logsAccount(): void {
    const role = new iam.Role(this, 'LogsRole', {
      assumedBy: new iam.ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    accept(
      role,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      'API Gateway names its log groups itself',
    );
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    name(role, 'ApiLogsRole');
    const account = new apigateway.CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
    name(account, 'ApiLogsAccount');
    // A stage with logging is refused while the account has no role for it.
    this.api.deploymentStage.node.addDependency(account);
  }
}

/** The alias as an API calls it: one permission for all routes is made apart. */
export function called(scope: Construct, id: string, backend: lambda.Alias): lambda.IFunction {
  return lambda.Function.fromFunctionAttributes(scope, id, {
    functionArn: backend.functionArn,
    skipPermissions: true,
  });
}
