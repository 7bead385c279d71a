/**
 * The load balancer: it asks no authorizer, so the chatbot behind it checks
 * tokens itself.
 *
 * Written resource by resource: the constructs of CDK would look up the network
 * in the account at synth time, and nothing here needs an account.
 */

import { aws_ec2 as ec2, aws_elasticloadbalancingv2 as elb, aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { accept } from '../constructs/accepted';
import { name } from '../names';
import type { FrontDoor, GatewayProps } from './front-door';

/** The load balancer of the stack. */
export class LoadBalancerFrontDoor extends Construct implements FrontDoor {
  readonly url;
  readonly address;
  readonly webAclTarget;
  readonly metrics;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { parameters } = props;
    const stack = Stack.of(this);
    const from = (port: number, description: string) => ({
      description,
      ipProtocol: 'tcp',
      fromPort: port,
      toPort: port,
      cidrIp: parameters.allowedCidr,
    });
    const group = new ec2.CfnSecurityGroup(this, 'Group', {
      groupDescription: 'Clients of the chat API',
      vpcId: parameters.vpcId,
      securityGroupIngress: [from(443, 'TLS'), from(80, 'Redirected to TLS')],
      // A function is not reached through the network. Without a rule of its
      // own, a group may send anything anywhere.
      securityGroupEgress: [
        { description: 'Nothing', ipProtocol: 'tcp', fromPort: 443, toPort: 443, cidrIp: '127.0.0.1/32' },
      ],
    });
    name(group, 'LoadBalancerSecurityGroup');
    accept(group, 'AwsSolutions-EC23', 'AllowedCidr says who may connect; an API for browsers is open to all');

    const bucket = parameters.accessLogBucket;
    const balancer = new elb.CfnLoadBalancer(this, 'Balancer', {
      type: 'application',
      scheme: parameters.loadBalancerScheme,
      subnets: [...parameters.subnetIds],
      securityGroups: [group.ref],
      loadBalancerAttributes: [
        // Two readers of one odd header would be two opinions about the caller.
        { key: 'routing.http.drop_invalid_header_fields.enabled', value: 'true' },
        { key: 'routing.http.desync_mitigation_mode', value: 'strictest' },
        { key: 'deletion_protection.enabled', value: parameters.retainData },
        { key: 'access_logs.s3.enabled', value: String(bucket !== '') },
        ...(bucket ? [{ key: 'access_logs.s3.bucket', value: bucket }] : []),
      ],
    });
    name(balancer, 'LoadBalancer');
    accept(balancer, 'AwsSolutions-ELB2', 'AccessLogBucket names the bucket; there is none to choose by default');

    const groupName = `latchkey-${parameters.stage}`;
    const permission = new lambda.CfnPermission(this, 'Permission', {
      action: 'lambda:InvokeFunction',
      functionName: props.backend.functionArn,
      principal: 'elasticloadbalancing.amazonaws.com',
      sourceAccount: stack.account,
      sourceArn: stack.formatArn({
        service: 'elasticloadbalancing',
        resource: 'targetgroup',
        resourceName: `${groupName}/*`,
      }),
    });
    name(permission, 'LoadBalancerPermission');
    const target = new elb.CfnTargetGroup(this, 'Target', {
      // A name of its own, so that the permission can name the group first.
      name: groupName,
      targetType: 'lambda',
      // Each of them is a call of the function.
      healthCheckEnabled: true,
      healthCheckPath: '/healthz',
      healthCheckIntervalSeconds: 60,
      healthCheckTimeoutSeconds: 10,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
      matcher: { httpCode: '200' },
      // A header that comes twice must arrive twice: two tokens are refused.
      targetGroupAttributes: [{ key: 'lambda.multi_value_headers.enabled', value: 'true' }],
      targets: [{ id: props.backend.functionArn }],
    });
    // The load balancer tries the function when it becomes a target.
    target.addResourceDependency(permission);
    name(target, 'ChatbotTargetGroup');

    const tls = new elb.CfnListener(this, 'Tls', {
      loadBalancerArn: balancer.ref,
      port: 443,
      protocol: 'HTTPS',
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
      certificates: [{ certificateArn: parameters.certificateArn }],
      defaultActions: [{ type: 'forward', targetGroupArn: target.ref }],
    });
    name(tls, 'TlsListener');
    const redirect = new elb.CfnListener(this, 'Redirect', {
      loadBalancerArn: balancer.ref,
      port: 80,
      protocol: 'HTTP',
      defaultActions: [
        { type: 'redirect', redirectConfig: { protocol: 'HTTPS', port: '443', statusCode: 'HTTP_301' } },
      ],
    });
    name(redirect, 'RedirectListener');

    this.url = `https://${balancer.attrDnsName}/`;
    this.address = { dnsName: balancer.attrDnsName, hostedZoneId: balancer.attrCanonicalHostedZoneId };
    this.webAclTarget = balancer.ref;
    this.metrics = {
      namespace: 'AWS/ApplicationELB',
      dimensions: [{ name: 'LoadBalancer', value: balancer.attrLoadBalancerFullName }],
      requests: 'RequestCount',
      clientErrors: 'HTTPCode_Target_4XX_Count',
      // It counts its own answers and the chatbot's apart.
      serverErrors: 'HTTPCode_ELB_5XX_Count',
      backendErrors: 'HTTPCode_Target_5XX_Count',
      latencies: ['TargetResponseTime'],
      latencyUnit: 's',
    };
  }
}
