/** The answers that a REST API gives by itself. */

import { aws_apigateway as apigateway } from 'aws-cdk-lib';

/** Makes the answers of a REST API readable to browsers and clients. */
export class GatewayResponses {
  /**
   * Lets browsers on `allowOrigin` read the answers that `api` gives by itself.
   *
   * Without the header they report each of them as a CORS failure, and hide the
   * status.
   */
  static addTo(api: apigateway.RestApi, allowOrigin: string): void {
    const cors = { 'Access-Control-Allow-Origin': `'${allowOrigin}'` };
    const exposing = (name: string) => ({ ...cors, 'Access-Control-Expose-Headers': `'${name}'` });
    api.addGatewayResponse('Unauthorized', {
      type: apigateway.ResponseType.UNAUTHORIZED,
      statusCode: '401',
      responseHeaders: { ...exposing('WWW-Authenticate'), 'WWW-Authenticate': "'Bearer'" },
    });
    api.addGatewayResponse('AccessDenied', {
      type: apigateway.ResponseType.ACCESS_DENIED,
      statusCode: '403',
      responseHeaders: cors,
    });
    // The authorizer could not tell. Worth another try, unlike a refusal.
    api.addGatewayResponse('AuthorizerFailure', {
      type: apigateway.ResponseType.AUTHORIZER_FAILURE,
      statusCode: '503',
      responseHeaders: { ...exposing('Retry-After'), 'Retry-After': "'5'" },
    });
    // It answered what the gateway does not understand: nothing that goes away
    // within seconds.
    api.addGatewayResponse('AuthorizerConfigurationError', {
      type: apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR,
      statusCode: '500',
      responseHeaders: { ...exposing('Retry-After'), 'Retry-After': "'60'" },
    });
    api.addGatewayResponse('Default4xx', { type: apigateway.ResponseType.DEFAULT_4XX, responseHeaders: cors });
    api.addGatewayResponse('Default5xx', { type: apigateway.ResponseType.DEFAULT_5XX, responseHeaders: cors });
  }

  private constructor() {}
}
