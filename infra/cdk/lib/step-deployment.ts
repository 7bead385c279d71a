/** New versions take over all at once or by degrees, and are taken back by alarms. */

import { aws_codedeploy as codedeploy, aws_iam as iam, aws_lambda as lambda, CfnResource } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accept } from './constructs/accepted';
import { name } from './names';

/** What CodeDeploy needs for all functions together. */
export class StepDeployment extends Construct {
  private readonly application: codedeploy.CfnApplication;
  private readonly role: iam.Role;
  private readonly type: string;

  constructor(scope: Construct, id: string, type: string) {
    super(scope, id);
    this.type = type;
    this.application = new codedeploy.CfnApplication(this, 'Application', { computePlatform: 'Lambda' });
    name(this.application, 'ServerlessDeploymentApplication');
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('codedeploy.amazonaws.com'),
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSCodeDeployRoleForLambda')],
    });
    name(this.role, 'CodeDeployServiceRole');
    accept(
      this.role,
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda]',
      "AWS's own policy follows what CodeDeploy comes to need",
    );
  }

  /** Lets CodeDeploy move the alias of `prefix`Function. */
  move(prefix: string, alias: lambda.Alias, alarmNames: string[]): void {
    const group = new codedeploy.CfnDeploymentGroup(this, prefix, {
      applicationName: this.application.ref,
      serviceRoleArn: this.role.roleArn,
      deploymentConfigName: `CodeDeployDefault.Lambda${this.type}`,
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      alarmConfiguration: { enabled: true, alarms: alarmNames.map((alarm) => ({ name: alarm })) },
      autoRollbackConfiguration: {
        enabled: true,
        events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'],
      },
    });
    name(group, `${prefix}FunctionDeploymentGroup`);
    name(alias, `${prefix}FunctionAliaslive`);
    (alias.node.defaultChild as CfnResource).cfnOptions.updatePolicy = {
      codeDeployLambdaAliasUpdate: {
        applicationName: this.application.ref,
        deploymentGroupName: group.ref,
      },
    };
  }
}
