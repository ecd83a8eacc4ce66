import { openMssqlSession } from '../../src/sql/tds/mssql-session.ts';
import { sessionFacts } from './sql-session-facts-suite.ts';

sessionFacts('the questions before a backup', openMssqlSession);
