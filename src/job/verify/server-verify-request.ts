import type { RestoreRequest } from '../request/restore-request.ts';
import type { VerifyRequest } from './verify-report.ts';

/** One verification by SQL Server, after that of the files themselves; validated and frozen. */
export type ServerVerifyRequest = VerifyRequest &
  Pick<
    RestoreRequest,
    'connection' | 'assumeLocal' | 'stallTimeout' | 'vdiLibrary' | 'blockSize' | 'transferSize'
  >;
