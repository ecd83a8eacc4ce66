import type { BackupType } from '../../base/events.ts';
import type { SqlConnectionSettings } from '../../sql/sql-session.ts';

export type { SqlConnectionSettings };

export type Compression =
  /** Client zstd; level -7..19. */
  | { readonly kind: 'zstd'; readonly level: number }
  /** SQL Server's own WITH COMPRESSION; the stream is stored as sent. */
  | { readonly kind: 'server' }
  | { readonly kind: 'none' };

/** One backup, validated and frozen: nothing downstream parses a string again. */
export interface BackupRequest {
  readonly database: string;
  readonly type: BackupType;
  /** One path per stripe, absolute; a single `-` is stdout. */
  readonly files: readonly string[];
  /**
   * Where the name of the database is in `files`: what they are called instead when the server has another database whose
   * name a file system may not tell from this one.
   */
  readonly twinFiles?: readonly string[];
  readonly connection: SqlConnectionSettings;
  readonly compression: Compression;
  /** Compression threads, at least 1. */
  readonly threads: number;
  readonly assumeLocal: boolean;
  /** Bytes; undefined leaves the word out of the statement. */
  readonly transferSize: number;
  readonly bufferCount?: number;
  readonly blockSize?: number;
  readonly checksum: boolean;
  readonly overwrite: boolean;
  /** Verbatim further WITH options. */
  readonly with?: string;
  readonly name?: string;
  readonly description?: string;
  readonly dryRun: boolean;
  readonly sha256: boolean;
  /** Bytes per second over all stripes. */
  readonly rate?: number;
  /** Milliseconds; 0 = off. */
  readonly stallTimeout: number;
  /** Path given by `--vdi-library` or VDIBACKUP_VDI_LIBRARY; the platform's default otherwise. */
  readonly vdiLibrary?: string;
}
