/** Files in the place of the functions, so that nothing has to be compiled. */

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

let made: string | undefined;

/** Returns a folder like target/lambda; it goes when the process ends. */
export function standIns(): string {
  if (made) return made;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-functions-'));
  for (const binary of ['authorizer', 'chatbot', 'rotator']) {
    fs.mkdirSync(path.join(folder, binary));
    fs.writeFileSync(path.join(folder, binary, 'bootstrap'), `stands for ${binary}\n`, { mode: 0o755 });
  }
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  made = folder;
  return folder;
}
