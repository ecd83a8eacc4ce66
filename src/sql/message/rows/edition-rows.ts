// Messages about what this server lacks: features of an edition, FILESTREAM, contained databases, keys.

import { hasBackupCompression } from '../../facts/tde-compression.ts';
import { onAny, onBackup, onReading, type Row, type Situation } from '../explanation.ts';

const restoreElsewhere =
  'Restore it on Enterprise, Developer or Evaluation Edition; or drop the feature where the database comes from, and back it up anew.';
/** Data compression, partitioning, columnstore, CDC: every edition has them since 2016 SP1. */
const editionFeature = ({ server }: Situation): string =>
  server?.productMajor !== undefined && server.productMajor < 13
    ? `${restoreElsewhere} From SQL Server 2016 SP1 on Standard and Express have most of these features.`
    : restoreElsewhere;
const certificate =
  "Bring the certificate here with its private key: BACKUP CERTIFICATE … WITH PRIVATE KEY on the old server; here CREATE CERTIFICATE … FROM FILE = '…' WITH PRIVATE KEY (FILE = '…', DECRYPTION BY PASSWORD = '…').";
const masterKey =
  "Make or open the master key of master: CREATE MASTER KEY ENCRYPTION BY PASSWORD = '…', or OPEN MASTER KEY DECRYPTION BY PASSWORD = '…'.";

/** SQL Server 2012; 2008 and 2008 R2 have one major number, and the smaller limit is said for both. */
const firstMajorWith10GB = 11;
const firstMajorWith50GB = 17;

function compressionAdvice({ server = {} }: Situation): string {
  return hasBackupCompression(server)
    ? 'Leave out of --with what the message names, or say --compress zstd if it is compression.'
    : 'Say --compress zstd, and leave ENCRYPTION out of --with: this edition has no compression and encryption of backups.';
}

function sizeLimit({ server }: Situation): string {
  const major = server?.productMajor ?? firstMajorWith10GB;
  const now = major >= firstMajorWith50GB ? '50 GB' : '10 GB (50 GB from SQL Server 2025 on)';
  const limit = major < firstMajorWith10GB ? '4 GB (10 GB from SQL Server 2008 R2 on)' : now;
  return `Express holds databases of up to ${limit}: restore it on another edition.`;
}

// biome-ignore format: a table, each row a line or two
export const editionRows: readonly Row[] = [
  [[905, 909, 932, 933, 934, 980], onReading, 'edition-feature', editionFeature],
  [[33117], onReading, 'edition-feature',
    'This edition has no TDE (Standard has it from SQL Server 2019 on): restore it on one that has; or turn TDE off where it comes from, and back it up anew.'],
  [[1827], onReading, 'size-limit', sizeLimit],
  [[1835], onReading, 'too-many-databases', 'Drop databases that nobody needs: an instance holds 32767.'],
  [[1844], onBackup, 'compression-unsupported', compressionAdvice],
  [[3099], onBackup, 'encryption-refused', 'Leave ENCRYPTION out of --with: this server has no backup encryption (it is of SQL Server 2014).'],
  [[3096], onBackup, 'encryption-refused',
    'The certificate that ENCRYPTION names has expired: name another one, made with a later EXPIRY_DATE.'],
  [[33111], onAny, 'certificate-missing', certificate],
  [[33101], onAny, 'certificate-missing', `Its private key is missing or not protected by the master key. ${certificate}`],
  [[33104], onAny, 'certificate-missing', 'The database has no encryption key: ask for ENCRYPTION with a certificate or asymmetric key in master.'],
  [[15507, 15581], onAny, 'master-key', masterKey],
  [[12824], onReading, 'contained-databases',
    "Allow contained databases: EXEC sp_configure 'contained database authentication', 1; RECONFIGURE; then restore again."],
  [[5590, 5591, 5592, 5593, 5597], onReading, 'filestream-disabled',
    "Turn FILESTREAM on: in SQL Server Configuration Manager, and EXEC sp_configure 'filestream access level', 2; RECONFIGURE. SQL Server on Linux and 32-bit builds have none."],
];
