/**
 * The switches of CDK that concern what is made here, set in code so that tests
 * and every way of running the app see the same ones.
 */
export const FEATURE_FLAGS = {
  // A changed authorizer makes a new deployment, and so takes effect.
  '@aws-cdk/aws-apigateway:authorizerChangeDeploymentLogicalId': true,
  '@aws-cdk/aws-apigateway:disableCloudWatchRole': true,
  '@aws-cdk/aws-codedeploy:removeAlarmsFromDeploymentGroup': true,
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-lambda:useCdkManagedLogGroup': true,
  '@aws-cdk/core:checkSecretUsage': true,
  '@aws-cdk/core:explicitStackTags': true,
  // CloudFormation's own rules, read at synth time.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
};
