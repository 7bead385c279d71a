import { aws_apigateway as apigateway, aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { GatewayResponses, Role, SharedSecretAuthorizer } from 'latchkey-cdk';

/** A team's own API, which takes the tokens of the issuer from now on. */
export class OrdersStack extends Stack {
  constructor(scope: Construct, id: string, orders: lambda.Code, functionsFolder: string) {
    super(scope, id);
    const authorizer = new SharedSecretAuthorizer(this, 'Tokens', {
      jwtIssuer: 'https://auth.example.com',
      jwtAudience: 'orders',
      accessRules: [{ methods: ['*'], path: '/orders*', role: Role.USER }],
      functionsFolder,
    });
    const api = new apigateway.RestApi(this, 'Orders', {
      defaultMethodOptions: { authorizer: authorizer.restAuthorizer() },
      defaultCorsPreflightOptions: { allowOrigins: ['https://shop.example.com'] },
    });
    GatewayResponses.addTo(api, 'https://shop.example.com');
    const handler = new lambda.Function(this, 'Handler', {
      runtime: lambda.Runtime.PROVIDED_AL2023,
      handler: 'bootstrap',
      code: orders,
    });
    api.root.addResource('orders').addMethod('GET', new apigateway.LambdaIntegration(handler));
  }
}
