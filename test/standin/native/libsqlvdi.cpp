// The Linux library's ABI over the stand-in's core: two non-virtual classes, one private pointer each.
// A test double, never shipped; written from documented facts, it contains nothing of the vendor's.
#include <memory>
#include <mutex>

#include "core.h"
#include "sqlvdi-abi.h"

using standin::DeviceSet;

struct Round {
  std::mutex lock;
  std::shared_ptr<DeviceSet> set = DeviceSet::fresh();
  std::shared_ptr<DeviceSet> current() {
    std::lock_guard<std::mutex> held(lock);
    return set;
  }
  std::shared_ptr<DeviceSet> forCreate() {
    std::lock_guard<std::mutex> held(lock);
    set = set->forCreate();
    return set;
  }
};

// Never freed: a client that uses a device after Close is to meet the judge, not a crash.
struct Handle {
  std::shared_ptr<DeviceSet> set;
  int index;
};

ClientVirtualDeviceSet::ClientVirtualDeviceSet() : round_(new Round) {}

ClientVirtualDeviceSet::~ClientVirtualDeviceSet() {
  round_->current()->abandoned("destructor");
  delete round_;
}

int ClientVirtualDeviceSet::Create(char* name, VDConfig* config) {
  if (!name || !config) return standin::VD_E_INVALID;
  return round_->forCreate()->create(name, *config);
}

int ClientVirtualDeviceSet::GetConfiguration(time_t timeout, VDConfig* config) {
  if (!config) return standin::VD_E_INVALID;
  return round_->current()->getConfiguration(timeout, *config);
}

int ClientVirtualDeviceSet::OpenDevice(char* name, ClientVirtualDevice** device) {
  if (!name || !device) return standin::VD_E_INVALID;
  *device = nullptr;
  int index = 0;
  const std::shared_ptr<DeviceSet> set = round_->current();
  const int result = set->openDevice(name, index);
  if (result != standin::NOERROR_) return result;
  *device = new ClientVirtualDevice;
  (*device)->handle_ = new Handle{set, index};
  return result;
}

int ClientVirtualDeviceSet::Close() { return round_->current()->close(); }

#ifndef STANDIN_WITHOUT_SIGNAL_ABORT
int ClientVirtualDeviceSet::SignalAbort() { return round_->current()->signalAbort(); }
#endif

int ClientVirtualDeviceSet::OpenInSecondary(char*) { return round_->current()->unsupported("OpenInSecondary"); }

int ClientVirtualDeviceSet::GetBufferHandle(uint8_t*, unsigned int*) {
  return round_->current()->unsupported("GetBufferHandle");
}

int ClientVirtualDeviceSet::MapBufferHandle(int, uint8_t**) {
  return round_->current()->unsupported("MapBufferHandle");
}

void ClientVirtualDeviceSet::RegisterDeviceClosed() {}

int ClientVirtualDevice::GetCommand(time_t timeout, VDC_Command** command) {
  if (!command) return standin::VD_E_INVALID;
  return handle_->set->getCommand(handle_->index, timeout, command);
}

int ClientVirtualDevice::CompleteCommand(VDC_Command* command, int code, unsigned long bytes, int64_t) {
  return handle_->set->completeCommand(handle_->index, command, code, bytes);
}
