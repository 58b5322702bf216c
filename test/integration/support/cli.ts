/**
 * The command line that tests start: from the sources, or, where `test/run.ts` made it, the bundle that ships, which
 * starts in a third of the time.
 */
import { join } from 'node:path';

export const cli = process.env['BALLAST_TEST_CLI'] ?? join(import.meta.dirname, '../../../agent/cli/ballast.ts');
