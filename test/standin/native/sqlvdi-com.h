// The COM interfaces of sqlvdi.dll as the stand-in offers them: methods in vtable order. A test double, never shipped.
// Declarations only, written from documented facts.
#pragma once

#include <windows.h>

#include <unknwn.h>

#include "vdi-constants.h"

namespace standin {

// {40700425-0080-11d2-851f-00c04fc21759}: the class, and also its first interface
constexpr GUID kClientVirtualDeviceSetClass = {0x40700425, 0x0080, 0x11d2, {0x85, 0x1f, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};
constexpr GUID kClientVirtualDeviceSet2 = {0xd0e6eb07, 0x7a62, 0x11d2, {0x85, 0x73, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};
constexpr GUID kClientVirtualDevice = {0x40700424, 0x0080, 0x11d2, {0x85, 0x1f, 0x00, 0xc0, 0x4f, 0xc2, 0x17, 0x59}};

struct ClientVirtualDevice : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE GetCommand(DWORD timeout, VDC_Command** command) = 0;
  virtual HRESULT STDMETHODCALLTYPE CompleteCommand(VDC_Command* command, DWORD completionCode, DWORD bytesTransferred,
                                                    DWORDLONG position) = 0;
};

struct ClientVirtualDeviceSet2 : IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Create(LPCWSTR name, VDConfig* config) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetConfiguration(DWORD timeout, VDConfig* config) = 0;
  virtual HRESULT STDMETHODCALLTYPE OpenDevice(LPCWSTR name, ClientVirtualDevice** device) = 0;
  virtual HRESULT STDMETHODCALLTYPE Close() = 0;
  virtual HRESULT STDMETHODCALLTYPE SignalAbort() = 0;
  virtual HRESULT STDMETHODCALLTYPE OpenInSecondary(LPCWSTR setName) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetBufferHandle(BYTE* buffer, DWORD* handle) = 0;
  virtual HRESULT STDMETHODCALLTYPE MapBufferHandle(DWORD handle, BYTE** buffer) = 0;
  virtual HRESULT STDMETHODCALLTYPE CreateEx(LPCWSTR instance, LPCWSTR name, VDConfig* config) = 0;
  virtual HRESULT STDMETHODCALLTYPE OpenInSecondaryEx(LPCWSTR instance, LPCWSTR setName) = 0;
};

}  // namespace standin
