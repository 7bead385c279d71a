/** Runs every test in one process: CDK takes seconds to start, once. */

import * as fs from 'node:fs';
import * as path from 'node:path';

for (const file of fs.readdirSync(__dirname).sort()) {
  if (file.endsWith('.test.ts')) require(path.join(__dirname, file));
}
