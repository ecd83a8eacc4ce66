// The judge of COM's rules in the stand-in (a test double, never shipped).
#include "com-judge.h"

#include <objbase.h>

namespace standin {

// A thread that never called CoInitializeEx is "implicitly" in the multithreaded apartment while another thread has
// one: it works until that other thread leaves, so it does not count.
static const char* apartmentFault() {
  APTTYPE type;
  APTTYPEQUALIFIER qualifier;
  if (CoGetApartmentType(&type, &qualifier) != S_OK) return "the thread has not called CoInitializeEx";
  if (type != APTTYPE_MTA) return "the thread is not in the multithreaded apartment";
  if (qualifier == APTTYPEQUALIFIER_IMPLICIT_MTA) return "the thread has not called CoInitializeEx itself";
  return nullptr;
}

ComObject::ComObject(Judge& judge, const char* kind) : judge_(judge), kind_(kind) {
  judge_.note("COM created %s", kind_);
}

void ComObject::enter(const char* method) {
  if (mark_ != kAlive) abort();
  if (const char* fault = apartmentFault()) judge_.breach("apartment", "%s of the %s: %s", method, kind_, fault);
  if (references_ == 0) judge_.breach("released", "%s on a released %s", method, kind_);
}

ULONG ComObject::addReference() { return ++references_; }

ULONG ComObject::release() {
  if (references_ == 0) return 0;
  const ULONG left = --references_;
  if (left == 0) judge_.note("COM gone %s", kind_);
  return left;
}

}  // namespace standin
