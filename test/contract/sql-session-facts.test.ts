import { openMssqlSession } from '../../src/sql/tds/mssql-session.js';
import { sessionFacts } from './sql-session-facts-suite.js';

sessionFacts('the questions before a backup', openMssqlSession);
