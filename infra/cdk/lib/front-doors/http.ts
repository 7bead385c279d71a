/**
 * The HTTP API: the same routes, cheaper, without a web ACL.
 *
 * Invariant: API Gateway may call the authorizer. Without that permission
 * every call is an error 500 that no function knows of.
 */

import {
  aws_apigatewayv2 as apigatewayv2,
  aws_apigatewayv2_integrations as integrations,
  aws_lambda as lambda,
  aws_logs as logs,
  Duration,
  Stack,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accept } from '../constructs/accepted';
import { name } from '../names';
import type { FrontDoor, GatewayProps } from './front-door';
import { called } from './rest';
import { accessLogFormat, CLOSED_ROUTES, CORS, OPEN_ROUTES, STREAM_ROUTES } from './routes';

/** What the HTTP API is made of. */
export interface HttpFrontDoorProps extends GatewayProps {
  readonly authorizer: apigatewayv2.IHttpRouteAuthorizer;
  readonly accessLog: logs.ILogGroup;
}

/** The HTTP API of the stack. */
export class HttpFrontDoor extends Construct implements FrontDoor {
  readonly url;
  readonly address;
  readonly metrics;

  constructor(scope: Construct, id: string, props: HttpFrontDoorProps) {
    super(scope, id);
    const { parameters } = props;
    const stack = Stack.of(this);
    const api = new apigatewayv2.HttpApi(this, 'Api', {
      apiName: stack.stackName,
      createDefaultStage: false,
      corsPreflight: {
        allowOrigins: [parameters.corsAllowOrigin],
        allowMethods: CORS.methods as apigatewayv2.CorsHttpMethod[],
        allowHeaders: CORS.headers,
        exposeHeaders: CORS.exposed,
        maxAge: Duration.minutes(10),
      },
    });
    // Not the id of the SAM template: that API was imported with its routes, and
    // they would stand in the way of these.
    name(api, 'HttpRoutesApi');
    const stage = new apigatewayv2.CfnStage(this, 'Stage', {
      apiId: api.apiId,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: {
        destinationArn: props.accessLog.logGroupArn,
        format: accessLogFormat({ resource: 'routeKey', integrationError: 'integrationErrorMessage' }),
      },
      defaultRouteSettings: {
        detailedMetricsEnabled: true,
        throttlingRateLimit: parameters.throttleRate,
        throttlingBurstLimit: parameters.throttleBurst,
      },
    });
    name(stage, 'HttpApiApiGatewayDefaultStage');

    const integration = new integrations.HttpLambdaIntegration('Chatbot', called(this, 'Backend', props.backend));
    for (const { method, path } of OPEN_ROUTES) {
      const [route] = api.addRoutes({ path, methods: [method as apigatewayv2.HttpMethod], integration });
      accept(route!, 'AwsSolutions-APIG4', 'Open by intention: the chat page and the health check');
    }
    // Method by method: a route for any method would take the preflight
    // requests too, and those carry no token.
    const chat = STREAM_ROUTES.map(({ method, path }) => ({ methods: [method], path }));
    for (const { methods, path } of [...chat, ...CLOSED_ROUTES]) {
      api.addRoutes({
        path,
        methods: methods as apigatewayv2.HttpMethod[],
        integration,
        authorizer: props.authorizer,
      });
    }
    const permission = new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: props.backend.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceAccount: stack.account,
      sourceArn: stack.formatArn({ service: 'execute-api', resource: api.apiId, resourceName: '*' }),
    });
    name(permission, 'HttpChatbotPermission');
    this.url = `https://${api.apiId}.execute-api.${stack.region}.${stack.urlSuffix}/`;
    this.address = { apiId: api.apiId, stage: stage.ref };
    this.metrics = {
      namespace: 'AWS/ApiGateway',
      dimensions: [{ name: 'ApiId', value: api.apiId }],
      requests: 'Count',
      clientErrors: '4xx',
      serverErrors: '5xx',
      latencies: ['Latency', 'IntegrationLatency'],
      latencyUnit: 'ms',
    };
  }
}
