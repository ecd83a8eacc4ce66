// A connection of the package mssql to a stand-in, and everything one batch brought.
import mssql from 'mssql';
import type { StandinServer } from '../../standin/standin-server.ts';

export interface Heard {
  readonly numbers: number[];
  readonly texts: string[];
  readonly rows: Record<string, unknown>[];
  /** The driver's code when the batch failed: EREQUEST, ECANCEL, ECONNRESET … */
  code: string | undefined;
}

export interface RunningBatch {
  readonly heard: Heard;
  readonly done: Promise<Heard>;
  cancel(): void;
}

export class SqlClient {
  readonly pool: mssql.ConnectionPool;

  private constructor(pool: mssql.ConnectionPool) {
    this.pool = pool;
  }

  static async open(server: StandinServer, change: Partial<mssql.config> = {}): Promise<SqlClient> {
    const pool = new mssql.ConnectionPool({
      server: 'localhost',
      port: server.port,
      user: server.instance.login.user,
      password: server.instance.login.password,
      pool: { max: 1, min: 0 },
      requestTimeout: 0,
      validateConnection: false,
      ...change,
      options: { encrypt: false, trustServerCertificate: true, ...change.options },
    });
    pool.on('error', () => undefined);
    await pool.connect();
    return new SqlClient(pool);
  }

  start(text: string): RunningBatch {
    const request = this.pool.request();
    request.stream = true;
    const heard: Heard = { numbers: [], texts: [], rows: [], code: undefined };
    const add = (number: unknown, message: string) => {
      if (typeof number !== 'number') return;
      heard.numbers.push(number);
      heard.texts.push(message);
    };
    request.on('info', (info) => add(info.number, info.message));
    request.on('error', (error: Error & { number?: unknown; code?: string }) => {
      add(error.number, error.message);
      if (typeof error.number !== 'number') heard.code = error.code;
    });
    request.on('row', (row: Record<string, unknown>) => heard.rows.push(row));
    const done = request.batch(text).then(
      () => heard,
      (error: { code?: string }) => {
        heard.code = error.code;
        return heard;
      },
    );
    return { heard, done, cancel: () => request.cancel() };
  }

  run(text: string): Promise<Heard> {
    return this.start(text).done;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
