// The two classes of the Linux library's ABI as the stand-in offers them. A test double, never shipped.
// Declarations only, written from documented facts: the mangled names follow from them.
#pragma once

#include <cstdint>
#include <ctime>

#include "vdi-constants.h"

#define STANDIN_EXPORT __attribute__((visibility("default")))

class STANDIN_EXPORT ClientVirtualDevice {
 public:
  int GetCommand(time_t timeout, VDC_Command** command);
  int CompleteCommand(VDC_Command* command, int completionCode, unsigned long bytesTransferred, int64_t position);

 private:
  friend class ClientVirtualDeviceSet;
  struct Handle* handle_;
};

class STANDIN_EXPORT ClientVirtualDeviceSet {
 public:
  ClientVirtualDeviceSet();
  ~ClientVirtualDeviceSet();
  int Create(char* name, VDConfig* config);
  int GetConfiguration(time_t timeout, VDConfig* config);
  int OpenDevice(char* name, ClientVirtualDevice** device);
  int Close();
  int SignalAbort();
  int OpenInSecondary(char* name);
  int GetBufferHandle(uint8_t* buffer, unsigned int* handle);
  int MapBufferHandle(int handle, uint8_t** buffer);
  void RegisterDeviceClosed();

 private:
  struct Round* round_;
};

static_assert(sizeof(ClientVirtualDeviceSet) == sizeof(void*), "one private pointer");
static_assert(sizeof(ClientVirtualDevice) == sizeof(void*), "one private pointer");
