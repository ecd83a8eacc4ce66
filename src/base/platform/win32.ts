// Win32 error codes under Microsoft's names, and nothing else: completions of device commands, and the operating system
// errors that SQL Server's messages quote, on Linux as well. Source: winerror.h (Microsoft Learn, "System Error Codes").

export const ERROR_SUCCESS = 0;
export const ERROR_FILE_NOT_FOUND = 2;
export const ERROR_PATH_NOT_FOUND = 3;
export const ERROR_ACCESS_DENIED = 5;
export const ERROR_INVALID_DRIVE = 15;
export const ERROR_WRITE_PROTECT = 19;
export const ERROR_NOT_READY = 21;
export const ERROR_READ_FAULT = 30;
export const ERROR_SHARING_VIOLATION = 32;
export const ERROR_LOCK_VIOLATION = 33;
export const ERROR_HANDLE_EOF = 38;
export const ERROR_HANDLE_DISK_FULL = 39;
export const ERROR_NOT_SUPPORTED = 50;
export const ERROR_BAD_NETPATH = 53;
export const ERROR_BAD_NET_NAME = 67;
export const ERROR_BROKEN_PIPE = 109;
export const ERROR_DISK_FULL = 112;
export const ERROR_OPERATION_ABORTED = 995;
export const ERROR_IO_DEVICE = 1117;
export const ERROR_DISK_QUOTA_EXCEEDED = 1295;
