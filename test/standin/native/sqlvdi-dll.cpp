// sqlvdi.dll: the in-process COM server over the stand-in's core. A test double, never shipped; written from
// documented facts, it contains nothing of the vendor's.
#include "sqlvdi-com.h"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "com-judge.h"
#include "core.h"

namespace standin {

static std::atomic<long> liveObjects{0};

static std::string narrow(LPCWSTR units) {
  const int length = WideCharToMultiByte(CP_UTF8, 0, units, -1, nullptr, 0, nullptr, nullptr);
  std::string text(static_cast<size_t>(length), '\0');
  WideCharToMultiByte(CP_UTF8, 0, units, -1, &text[0], length, nullptr, nullptr);
  text.pop_back();
  return text;
}

// INFINITE is for ever; every other number is milliseconds.
static int64_t patience(DWORD timeout) { return timeout == INFINITE ? -1 : static_cast<int64_t>(timeout); }

class ComDevice final : public ClientVirtualDevice {
 public:
  ComDevice(Judge& judge, std::shared_ptr<DeviceSet> set, int index)
      : com_(judge, "device"), judge_(judge), set_(std::move(set)), index_(index) {
    liveObjects++;
  }

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
    com_.enter("QueryInterface");
    if (!out) return E_POINTER;
    *out = nullptr;
    if (iid != IID_IUnknown && iid != kClientVirtualDevice) return E_NOINTERFACE;
    com_.addReference();
    *out = this;
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    com_.enter("AddRef");
    return com_.addReference();
  }
  ULONG STDMETHODCALLTYPE Release() override {
    com_.enter("Release");
    if (closed_) judge_.breach("late-call", "Release of a device after Close of its set");
    const ULONG left = com_.release();
    if (left == 0) liveObjects--;
    return left;
  }
  HRESULT STDMETHODCALLTYPE GetCommand(DWORD timeout, VDC_Command** command) override {
    com_.enter("GetCommand");
    return command ? set_->getCommand(index_, patience(timeout), command) : int32_t{VD_E_INVALID};
  }
  HRESULT STDMETHODCALLTYPE CompleteCommand(VDC_Command* command, DWORD code, DWORD bytes, DWORDLONG position) override {
    com_.enter("CompleteCommand");
    if (position != 0) judge_.breach("position", "CompleteCommand with position %llu", position);
    return set_->completeCommand(index_, command, static_cast<int32_t>(code), bytes);
  }
  void setClosed() {
    closed_ = true;
    if (com_.references() > 0) judge_.breach("reference", "Close while a device still has %lu references", com_.references());
  }

 private:
  ComObject com_;
  Judge& judge_;
  const std::shared_ptr<DeviceSet> set_;
  const int index_;
  std::atomic<bool> closed_{false};
};

class ComDeviceSet final : public ClientVirtualDeviceSet2 {
 public:
  ComDeviceSet() { liveObjects++; }

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
    com_.enter("QueryInterface");
    if (!out) return E_POINTER;
    *out = nullptr;
    const bool first = iid == kClientVirtualDeviceSetClass;
    if (first) judge_.breach("interface", "the first interface has no CreateEx; ask for IClientVirtualDeviceSet2");
    if (!first && iid != IID_IUnknown && iid != kClientVirtualDeviceSet2) return E_NOINTERFACE;
    com_.addReference();
    *out = this;
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override {
    com_.enter("AddRef");
    return com_.addReference();
  }
  ULONG STDMETHODCALLTYPE Release() override {
    com_.enter("Release");
    const ULONG left = com_.release();
    if (left > 0) return left;
    current()->abandoned("the last Release");
    liveObjects--;
    return 0;
  }
  HRESULT STDMETHODCALLTYPE Create(LPCWSTR, VDConfig*) override {
    com_.enter("Create");
    judge_.breach("slot", "Create is deprecated: CreateEx takes the instance");
    return VD_E_NOTSUPPORTED;
  }
  HRESULT STDMETHODCALLTYPE GetConfiguration(DWORD timeout, VDConfig* config) override {
    com_.enter("GetConfiguration");
    return config ? current()->getConfiguration(patience(timeout), *config) : int32_t{VD_E_INVALID};
  }
  HRESULT STDMETHODCALLTYPE OpenDevice(LPCWSTR name, ClientVirtualDevice** device) override {
    com_.enter("OpenDevice");
    if (!name || !device) return VD_E_INVALID;
    *device = nullptr;
    int index = 0;
    const std::shared_ptr<DeviceSet> set = current();
    const int32_t result = set->openDevice(narrow(name), index);
    if (result != NOERROR_) return result;
    std::lock_guard<std::mutex> held(lock_);
    devices_.push_back(new ComDevice(judge_, set, index));
    *device = devices_.back();
    return result;
  }
  HRESULT STDMETHODCALLTYPE Close() override {
    com_.enter("Close");
    {
      std::lock_guard<std::mutex> held(lock_);
      for (ComDevice* device : devices_) device->setClosed();
      devices_.clear();
    }
    return current()->close();
  }
  HRESULT STDMETHODCALLTYPE SignalAbort() override {
    com_.enter("SignalAbort");
    return current()->signalAbort();
  }
  HRESULT STDMETHODCALLTYPE OpenInSecondary(LPCWSTR) override { return unsupported("OpenInSecondary"); }
  HRESULT STDMETHODCALLTYPE GetBufferHandle(BYTE*, DWORD*) override { return unsupported("GetBufferHandle"); }
  HRESULT STDMETHODCALLTYPE MapBufferHandle(DWORD, BYTE**) override { return unsupported("MapBufferHandle"); }
  HRESULT STDMETHODCALLTYPE CreateEx(LPCWSTR instance, LPCWSTR name, VDConfig* config) override {
    com_.enter("CreateEx");
    if (!name || !config) return VD_E_INVALID;
    const std::string given = instance ? narrow(instance) : "";
    judge_.note("CreateEx instance=%s", instance ? given.c_str() : "NULL");
    if (given.find('\\') != std::string::npos) judge_.breach("instance", "the instance name holds a host: %s", given.c_str());
    if (_stricmp(given.c_str(), platform::environment("VDI_STANDIN_INSTANCE").c_str()) != 0) return VD_E_INSTANCE_NAME;
    return round([](const std::shared_ptr<DeviceSet>& set) { return set->forCreate(); })->create(narrow(name), *config);
  }
  HRESULT STDMETHODCALLTYPE OpenInSecondaryEx(LPCWSTR, LPCWSTR) override { return unsupported("OpenInSecondaryEx"); }

 private:
  std::shared_ptr<DeviceSet> current() {
    std::lock_guard<std::mutex> held(lock_);
    return set_;
  }
  template <typename Next>
  std::shared_ptr<DeviceSet> round(Next next) {
    std::lock_guard<std::mutex> held(lock_);
    set_ = next(set_);
    return set_;
  }
  HRESULT unsupported(const char* method) {
    com_.enter(method);
    judge_.breach("slot", "%s: nobody calls that on purpose", method);
    return current()->unsupported(method);
  }

  Judge judge_;
  ComObject com_{judge_, "device set"};
  std::mutex lock_;
  std::shared_ptr<DeviceSet> set_ = DeviceSet::fresh();
  std::vector<ComDevice*> devices_;
};

class Factory final : public IClassFactory {
 public:
  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID iid, void** out) override {
    if (!out) return E_POINTER;
    *out = iid == IID_IUnknown || iid == IID_IClassFactory ? this : nullptr;
    return *out ? S_OK : E_NOINTERFACE;
  }
  // One for the life of the library, so nothing to count.
  ULONG STDMETHODCALLTYPE AddRef() override { return 2; }
  ULONG STDMETHODCALLTYPE Release() override { return 1; }
  HRESULT STDMETHODCALLTYPE CreateInstance(IUnknown* outer, REFIID iid, void** out) override {
    if (!out) return E_POINTER;
    *out = nullptr;
    if (outer) return CLASS_E_NOAGGREGATION;
    ComDeviceSet* const set = new ComDeviceSet;
    const HRESULT result = set->QueryInterface(iid, out);
    set->Release();
    return result;
  }
  HRESULT STDMETHODCALLTYPE LockServer(BOOL lock) override {
    liveObjects += lock ? 1 : -1;
    return S_OK;
  }
};

// Reader threads and never-freed objects outlive the last Release: the code must stay where it is.
static void pin() {
  HMODULE self = nullptr;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(&pin), &self);
}

}  // namespace standin

// What COM would answer for a class that is missing or out of order, scripted: the registry is the whole prefix's.
static HRESULT scriptedAnswer() {
  return static_cast<HRESULT>(strtoul(standin::platform::environment("VDI_STANDIN_FACTORY").c_str(), nullptr, 0));
}

extern "C" __declspec(dllexport) HRESULT WINAPI DllGetClassObject(REFCLSID clsid, REFIID iid, void** out) {
  static standin::Factory factory;
  if (!out) return E_POINTER;
  *out = nullptr;
  if (scriptedAnswer() != S_OK) return scriptedAnswer();
  if (clsid != standin::kClientVirtualDeviceSetClass) return CLASS_E_CLASSNOTAVAILABLE;
  standin::pin();
  return factory.QueryInterface(iid, out);
}

extern "C" __declspec(dllexport) HRESULT WINAPI DllCanUnloadNow() {
  return standin::liveObjects == 0 ? S_OK : S_FALSE;
}
