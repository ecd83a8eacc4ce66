// node dist/test/docs/make-error-codes.js: writes docs/error-codes.md anew.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodesPage } from './error-codes-page.ts';

const page = join(import.meta.dirname, '..', '..', '..', 'docs', 'error-codes.md');
writeFileSync(page, errorCodesPage());
