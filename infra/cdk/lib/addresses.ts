/** A name of one's own, and a web ACL. */

import { aws_apigatewayv2 as apigatewayv2, aws_route53 as route53, aws_wafv2 as wafv2 } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { FrontDoor } from './front-doors/front-door';
import { name } from './names';
import type { Parameters } from './parameters';

/** Gives the front door its name, where there is one; returns the address to tell clients. */
export function addressOf(scope: Construct, frontDoor: FrontDoor, parameters: Parameters): string {
  const { domainName, certificateArn, hostedZoneId } = parameters;
  if (!domainName) return frontDoor.url;

  let target = frontDoor.address;
  if ('apiId' in target) {
    const domain = new apigatewayv2.CfnDomainName(scope, 'Domain', {
      domainName,
      domainNameConfigurations: [{ certificateArn, endpointType: 'REGIONAL', securityPolicy: 'TLS_1_2' }],
    });
    name(domain, 'ApiDomain');
    const mapping = new apigatewayv2.CfnApiMapping(scope, 'Mapping', {
      domainName: domain.ref,
      apiId: target.apiId,
      stage: target.stage,
    });
    name(mapping, 'ApiDomainMapping');
    target = { dnsName: domain.attrRegionalDomainName, hostedZoneId: domain.attrRegionalHostedZoneId };
  }
  if (hostedZoneId) {
    const record = new route53.CfnRecordSet(scope, 'HostRecord', {
      hostedZoneId,
      name: domainName,
      type: 'A',
      aliasTarget: target,
    });
    name(record, 'Record');
  }
  return `https://${domainName}/`;
}

/** Puts a web ACL before the front door, where one is given. */
export function protect(scope: Construct, frontDoor: FrontDoor, parameters: Parameters): void {
  if (!parameters.wafAclArn || !frontDoor.webAclTarget) return;
  const association = new wafv2.CfnWebACLAssociation(scope, 'WebAcl', {
    webAclArn: parameters.wafAclArn,
    resourceArn: frontDoor.webAclTarget,
  });
  name(association, 'WebAclAssociation');
}
