// A BACKUP or RESTORE that ends with errors: what is said before the closing Msg 3013, in order.
import type { ServerMessage } from './sql-error.ts';

export class DeviceFailure extends Error {
  readonly messages: readonly ServerMessage[];

  constructor(messages: readonly ServerMessage[]) {
    super(messages.map(({ number, text }) => `Msg ${number}: ${text}`).join('\n'));
    this.name = 'DeviceFailure';
    this.messages = messages;
  }
}
