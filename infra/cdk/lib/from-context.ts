/** The parameters as the command line gives them: `-c JwtIssuer=...`. */

import { conflicts, PARAMETERS, PLACES, type GivenParameters } from './parameters';
import { contextName, only, settle } from './settle';

/** What the app makes its stack of. */
export type Deployment = GivenParameters & { readonly stackName: string; readonly functionsFolder?: string };

/**
 * Returns the parameters in a context, leaving out what belongs to CDK.
 *
 * Throws one error that names every fault.
 */
export function fromContext(context: Readonly<Record<string, unknown>>): Deployment {
  const table = { ...PARAMETERS, ...PLACES };
  const byContextName = new Map(Object.keys(table).map((name) => [contextName(name), name]));
  const given: Record<string, unknown> = {};
  const unknown: string[] = [];
  // CDK's own names have a colon, a slash or a hyphen in them.
  for (const [contextual, value] of Object.entries(context).filter(([name]) => /^\w+$/.test(name))) {
    const name = byContextName.get(contextual);
    if (name === undefined) unknown.push(contextual);
    else given[name] = value;
  }
  const settled = settle(table, given, unknown, conflicts);
  const { stackName, functionsFolder } = settled;
  return {
    ...(only(PARAMETERS, settled) as GivenParameters),
    stackName: stackName || `latchkey-${settled.stage}`,
    ...(functionsFolder && { functionsFolder }),
  };
}
