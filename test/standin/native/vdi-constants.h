// The vendor's constants and structures, in the vendor's spelling, for the SQL Server stand-in.
// A test double, never shipped. Own declarations made from documented facts; nothing else belongs here.
#pragma once

#include <cstddef>
#include <cstdint>

struct VDConfig {
  uint32_t deviceCount;
  uint32_t features;
  uint32_t prefixZoneSize;
  uint32_t alignment;
  uint32_t softFileMarkBlockSize;
  uint32_t EOMWarningSize;
  uint32_t serverTimeOut;
  uint32_t blockSize;
  uint32_t maxIODepth;
  uint32_t maxTransferSize;
  uint32_t bufferAreaSize;
};

struct VDC_Command {
  int32_t commandCode;
  int32_t size;
  int64_t position;
  uint8_t* buffer;
};

#if UINTPTR_MAX > 0xFFFFFFFFu
static_assert(sizeof(VDConfig) == 44 && sizeof(VDC_Command) == 24, "layout of the ABI");
static_assert(offsetof(VDC_Command, buffer) == 16, "layout of the ABI");
#endif

namespace standin {

enum : int32_t {
  NOERROR_ = 0,
  VD_E_NOTOPEN = static_cast<int32_t>(0x80770002),
  VD_E_TIMEOUT = static_cast<int32_t>(0x80770003),
  VD_E_ABORT = static_cast<int32_t>(0x80770004),
  VD_E_SECURITY = static_cast<int32_t>(0x80770005),
  VD_E_INVALID = static_cast<int32_t>(0x80770006),
  VD_E_INSTANCE_NAME = static_cast<int32_t>(0x80770007),
  VD_E_NOTSUPPORTED = static_cast<int32_t>(0x80770009),
  VD_E_MEMORY = static_cast<int32_t>(0x8077000A),
  VD_E_UNEXPECTED = static_cast<int32_t>(0x8077000B),
  VD_E_PROTOCOL = static_cast<int32_t>(0x8077000C),
  VD_E_OPEN = static_cast<int32_t>(0x8077000D),
  VD_E_CLOSE = static_cast<int32_t>(0x8077000E),
  VD_E_BUSY = static_cast<int32_t>(0x8077000F),
};

enum : uint32_t {
  VDF_Removable = 0x1,
  VDF_Discard = 0x80,
  VDF_RequestComplete = 0x2000,
  VDF_WriteMedia = 0x10000,
  VDF_ReadMedia = 0x20000,
  VDF_CompleteEnabled = 0x40000,
};

enum : int32_t {
  VDC_Read = 1,
  VDC_Write = 2,
  VDC_ClearError = 3,
  VDC_Flush = 12,
  VDC_Complete = 19,
};

// ERROR_HANDLE_EOF and friends carry a trailing underscore because the Windows headers own the plain names as macros.
enum : int32_t {
  ERROR_HANDLE_EOF_ = 38,
  ERROR_HANDLE_DISK_FULL_ = 39,
  ERROR_NOT_SUPPORTED_ = 50,
  ERROR_DISK_FULL_ = 112,
  ERROR_OPERATION_ABORTED_ = 995,
  ERROR_END_OF_MEDIA_ = 1100,
  ERROR_FILEMARK_DETECTED_ = 1101,
  ERROR_NO_DATA_DETECTED_ = 1104,
};

constexpr uint32_t kMaximumDevices = 64;
constexpr uint32_t kMaximumIODepth = 4;  // the field is deprecated and always says 4

}  // namespace standin
