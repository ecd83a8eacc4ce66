// Microsoft's numbers under Microsoft's names, and nothing else. Sources: vdi.h and vdierror.h of
// microsoft/sql-server-samples (samples/features/sqlvdi, sqlvdi-linux). Completion codes are Win32 (base/platform/win32.ts).

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
export const VD_E_CLOSE = 0x8077000e;
