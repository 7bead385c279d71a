/** What other stacks may use: the authorizer before an API, and its parts. */

export { GatewayResponses } from './constructs/gateway-responses';
export { PrebuiltFunction, type PrebuiltFunctionProps } from './constructs/prebuilt-function';
export { SecretEncoding, SharedSecret, type SharedSecretProps } from './constructs/shared-secret';
export { SharedSecretAuthorizer, type SharedSecretAuthorizerProps } from './constructs/shared-secret-authorizer';
export { Role, type AccessRule, type VerifierProps } from './constructs/verifier';
