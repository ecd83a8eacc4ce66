// Microsoft's numbers under Microsoft's names, and nothing else. Sources: vdi.h and vdierror.h of
// microsoft/sql-server-samples (samples/features/sqlvdi, sqlvdi-linux), winerror.h for completion codes.

/** VDC_Command.commandCode. */
export const VDC_Read = 1;
export const VDC_Write = 2;
export const VDC_ClearError = 3;
export const VDC_Flush = 12;
export const VDC_Complete = 19;

/** VDConfig.features. */
export const VDF_RequestComplete = 0x2000;
export const VDF_WriteMedia = 0x10000;
export const VDF_ReadMedia = 0x20000;
export const VDF_CompleteEnabled = 0x40000;

/** HRESULTs, unsigned; an FFI that answers signed numbers is folded with `>>> 0`. */
export const NOERROR = 0;
export const VD_E_TIMEOUT = 0x80770003;
export const VD_E_ABORT = 0x80770004;
export const VD_E_NOTSUPPORTED = 0x80770009;
export const VD_E_PROTOCOL = 0x8077000c;
export const VD_E_OPEN = 0x8077000d;
export const VD_E_CLOSE = 0x8077000e;

/** Win32 completion codes (CompleteCommand takes these, never HRESULTs). */
export const ERROR_SUCCESS = 0;
export const ERROR_READ_FAULT = 30;
export const ERROR_HANDLE_EOF = 38;
export const ERROR_NOT_SUPPORTED = 50;
export const ERROR_DISK_FULL = 112;
export const ERROR_OPERATION_ABORTED = 995;
export const ERROR_IO_DEVICE = 1117;

/** At most this many devices in a set (VDConfig.deviceCount; Msg 3205). */
export const maxDeviceCount = 64;

/** Largest MAXTRANSFERSIZE of a virtual device in bytes (BACKUP documentation); larger is not believed. */
export const maxTransferSizeLimit = 4 * 1024 * 1024;
