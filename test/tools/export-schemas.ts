/** Writes protocol/schemas: `npm run schemas`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemaFiles } from './schemas.ts';

const folder = resolve(import.meta.dirname, '../../protocol/schemas');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
for (const [file, text] of schemaFiles()) writeFileSync(resolve(folder, file), text);
console.log(`wrote ${schemaFiles().size} schemas to ${folder}`);
