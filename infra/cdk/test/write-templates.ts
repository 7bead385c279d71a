/**
 * Writes the template of each case, and the table of parameters, for what
 * compares them with the SAM template.
 *
 *     write-templates.ts FOLDER
 */

import * as fs from 'node:fs';
import * as path from 'node:path';
import { fromContext } from '../lib/from-context';
import { PARAMETERS } from '../lib/parameters';
import { contextName, type Parameter } from '../lib/settle';
import { CASES, REFUSED, templateOf } from './cases';

const folder = process.argv[2];
if (!folder) throw new Error('write-templates.ts FOLDER');
fs.mkdirSync(folder, { recursive: true });
const write = (name: string, content: unknown) =>
  fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(content, null, 1));

for (const name of Object.keys(CASES)) write(name, templateOf(name).toJSON());
write('refused', Object.fromEntries(Object.entries(REFUSED).map(([name, given]) => [name, faultsOf(given)])));
const table: [string, Parameter<unknown>][] = Object.entries(PARAMETERS);
const described = table.map(([name, { pattern, ...rest }]) => [
  contextName(name),
  { ...rest, pattern: pattern?.source.replaceAll('\\/', '/') },
]);
write('parameters', Object.fromEntries(described));

function faultsOf(given: Record<string, string>): string | null {
  try {
    fromContext(given);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
