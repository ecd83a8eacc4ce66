// The two C structs that cross the border, byte for byte. VDConfig: 11 x u32, the same everywhere.
// VDC_Command: {u32 code, u32 size, u64 position, u8* buffer}, 24 bytes on every 64-bit system.

import { internalError } from '../base/errors.ts';

export const configurationBytes = 44;
export const commandBytes = 24;
export const pointerBytes = 8;

const DEVICE_COUNT = 0;
const FEATURES = 4;
const SERVER_TIMEOUT = 24;
const BLOCK_SIZE = 28;
const MAX_TRANSFER_SIZE = 36;

/** What the server decided. Sizes in bytes. */
export interface DeviceConfiguration {
  readonly deviceCount: number;
  readonly features: number;
  readonly blockSize: number;
  readonly maxTransferSize: number;
}

/** A device command as fetched; `buffer` is a native address, good until the command is completed. */
export interface DeviceCommand {
  readonly code: number;
  readonly size: number;
  readonly buffer: bigint;
}

/**
 * A VDConfig for Create: inputs only. serverTimeOut stays 0 = infinite, because the server aborts a
 * set that makes no progress for two intervals, and a slow disk must not kill a backup.
 */
export function encodeConfiguration(deviceCount: number, features: number): Buffer {
  const bytes = Buffer.alloc(configurationBytes);
  bytes.writeUInt32LE(deviceCount, DEVICE_COUNT);
  bytes.writeUInt32LE(features >>> 0, FEATURES);
  bytes.writeUInt32LE(0, SERVER_TIMEOUT);
  return bytes;
}

export function decodeConfiguration(bytes: Buffer): DeviceConfiguration {
  if (bytes.length < configurationBytes) throw internalError('a whole VDConfig', bytes.length);
  return {
    deviceCount: bytes.readUInt32LE(DEVICE_COUNT),
    features: bytes.readUInt32LE(FEATURES),
    blockSize: bytes.readUInt32LE(BLOCK_SIZE),
    maxTransferSize: bytes.readUInt32LE(MAX_TRANSFER_SIZE),
  };
}

/** Signed on Linux by its header: a negative size stays negative, so that it can be refused. */
export function decodeCommand(bytes: Buffer): DeviceCommand {
  return {
    code: bytes.readInt32LE(0),
    size: bytes.readInt32LE(4),
    buffer: bytes.readBigUInt64LE(16),
  };
}
