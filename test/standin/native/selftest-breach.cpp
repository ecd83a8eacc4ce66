// Self-test scenarios: every BREACH code, provoked on purpose. A test of a test double, never shipped.
#include "selftest-rig.h"
#include "selftest.h"

namespace rig {
namespace {

using namespace standin;

// A set that serves one small device; `extra` as in the control line. The object outlives the scenario on purpose.
struct Small {
  explicit Small(const std::string& extra = "", size_t bytes = 300000, bool restore = false) {
    Begin begin;
    begin.restore = restore;
    begin.files = {restore ? "count:" : fileRecipe("a", someBytes(bytes, 1))};
    begin.extra = extra;
    tds = new Tds(begin.line());
    client = new Client;
    CHECK(client->start());
    device = client->devices[0];
  }
  VDC_Command* get(time_t timeout = 1000) {
    VDC_Command* command = nullptr;
    result = device->GetCommand(timeout, &command);
    return command;
  }
  int complete(VDC_Command* command, int code, unsigned long bytes) {
    return device->CompleteCommand(command, code, bytes, 0);
  }
  void end() {
    CHECK(client->set->SignalAbort() == 0);
    CHECK(client->set->Close() == 0);
    delete client->set;
  }
  Tds* tds;
  Client* client;
  ClientVirtualDevice* device;
  int result = 0;
};

void closeWithCommand() {
  Small small;
  CHECK(small.get() != nullptr);
  CHECK(small.client->set->Close() == VD_E_OPEN);
}

void abortedCloseWithCommand() {
  Small small;
  CHECK(small.get() != nullptr);
  small.end();
}

void closeUnderAWait() {
  Small small("silence-at=0");
  std::thread waiting([&] { small.get(-1); });
  sleepFor(50);
  small.client->set->Close();
  waiting.join();
  CHECK(small.result == VD_E_ABORT);
}

void closeUnderGetConfiguration() {
  Tds tds;
  Client client;
  CHECK(client.create() == 0);
  int result = 0;
  std::thread waiting([&] { result = client.configure(-1); });
  sleepFor(50);
  CHECK(client.set->Close() == 0);
  waiting.join();
  CHECK(result == VD_E_ABORT);
}

void doubleCompletion() {
  Small small;
  VDC_Command* command = small.get();
  CHECK(small.complete(command, 0, 65536) == 0);
  CHECK(small.complete(command, 0, 65536) == VD_E_INVALID);
  small.end();
}

void foreignCompletion() {
  Small small;
  VDC_Command mine{};
  CHECK(small.complete(&mine, 0, 0) == VD_E_INVALID);
  small.end();
}

void unknownCompleted() {
  Small small("unknown-command=77:0");
  VDC_Command* command = small.get();
  CHECK(command->commandCode == 77 && small.complete(command, 0, 0) == 0);
  small.end();
}

void unknownRefused() {
  Small small("unknown-command=4:65536");
  CHECK(small.complete(small.get(), 0, 65536) == 0);
  VDC_Command* command = small.get();
  CHECK(command->commandCode == 4 && command->buffer == nullptr && small.complete(command, 50, 0) == 0);
  const Served rest = serveBackup(small.device);
  CHECK(rest.ended == VD_E_CLOSE && rest.commands.back() == VDC_Complete);
  CHECK(small.client->set->Close() == 0);
  CHECK(small.tds->heard("ended status=ok") && small.tds->count("error") == 0);
}

void shortWrite() {
  Small small;
  CHECK(small.complete(small.get(), 0, 65535) == 0);
  small.end();
}

void shortRead() {
  Small small("", 0, true);
  CHECK(small.complete(small.get(), 0, 100) == 0);
  VDC_Command* clearing = small.get();
  CHECK(clearing->commandCode == VDC_ClearError && small.complete(clearing, 0, 0) == 0);
  CHECK(small.tds->heard("ended status=failed by=client"));
  small.end();
}

void lateCalls() {
  Small small;
  CHECK(small.client->set->SignalAbort() == 0);
  CHECK(small.client->set->Close() == 0);
  CHECK(small.get(0) == nullptr && small.result == VD_E_PROTOCOL);
  CHECK(small.client->set->Close() == VD_E_PROTOCOL);
  CHECK(small.client->set->SignalAbort() == VD_E_PROTOCOL);
  CHECK(small.client->configure(0) == VD_E_PROTOCOL);
  CHECK(small.client->open(0) == VD_E_PROTOCOL);
}

void callsBeforeCreate() {
  Tds tds;
  Client client;
  CHECK(client.configure(0) == VD_E_PROTOCOL);
  CHECK(client.open(0) == VD_E_PROTOCOL);
  CHECK(client.set->SignalAbort() == VD_E_PROTOCOL);
  CHECK(client.set->Close() == VD_E_PROTOCOL);
  CHECK(client.create() == 0);
  CHECK(client.create() == VD_E_PROTOCOL);
  CHECK(client.open(0) == VD_E_PROTOCOL);
  CHECK(client.set->Close() == 0);
}

void callsAfterTheEnd() {
  Small small;
  CHECK(serveBackup(small.device).ended == VD_E_CLOSE);
  CHECK(small.get(0) == nullptr && small.result == VD_E_PROTOCOL);
  CHECK(small.complete(nullptr, 0, 0) == VD_E_PROTOCOL);
  CHECK(small.client->open(0) == VD_E_PROTOCOL);
  CHECK(small.client->create() == VD_E_PROTOCOL);
  CHECK(small.client->configure(0) == 0);
  CHECK(small.client->set->Close() == 0);
}

void openedTwice() {
  Begin begin;
  begin.devices = 2;
  begin.files = {fileRecipe("a", someBytes(1000, 1)), fileRecipe("b", someBytes(1000, 1))};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.create() == 0 && client.configure() == 0 && client.open(0) == 0);
  CHECK(client.open(0) == VD_E_PROTOCOL && client.devices[0] == nullptr);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

void abortTwice() {
  Small small;
  CHECK(small.client->set->SignalAbort() == 0);
  small.end();
}

void abortAfterTheEnd() {
  Small small;
  CHECK(serveBackup(small.device).ended == VD_E_CLOSE);
  small.end();
  CHECK(small.tds->heard("closed") && small.tds->count("ended") == 1 && small.tds->heard("ended status=ok"));
}

void destructorWithoutClose() {
  Small small;
  delete small.client->set;
  CHECK(small.tds->heard("ended status=aborted by=client"));
}

void exitWithoutClose() { Small small; }

void unservedDestructor() {
  Tds tds;
  Client client;
  CHECK(client.create() == 0);
  delete client.set;
  CHECK(tds.heard("closed"));
}

void twoThreads() {
  Small small("silence-at=0");
  std::thread waiting([&] { small.get(200); });
  sleepFor(50);
  VDC_Command* command = nullptr;
  CHECK(small.device->GetCommand(0, &command) == VD_E_TIMEOUT);
  waiting.join();
  small.end();
}

void badCode(int wantedCommand, int code, unsigned long bytes, bool restore) {
  Small small("", 1000, restore);
  for (;;) {
    VDC_Command* command = small.get();
    if (!command) break;
    const bool hit = command->commandCode == wantedCommand;
    const bool data = command->commandCode <= 2;
    if (hit) {
      CHECK(small.complete(command, code, bytes) == 0);
      break;
    }
    // an honest failure brings the ClearError
    const bool failing = wantedCommand == VDC_ClearError;
    CHECK(small.complete(command, failing ? 1117 : 0, data && !failing ? static_cast<unsigned long>(command->size) : 0) == 0);
  }
  small.end();
}

void eofOnWrite() { badCode(VDC_Write, 38, 0, false); }
void unsupportedWrite() { badCode(VDC_Write, 50, 0, false); }
void hresultOnWrite() { badCode(VDC_Write, VD_E_ABORT, 0, false); }
void fullOnRead() { badCode(VDC_Read, 112, 0, true); }
void eofOnFlush() { badCode(VDC_Flush, 38, 0, false); }
void failedClearError() { badCode(VDC_ClearError, 1117, 0, false); }
void tooManyBytes() { badCode(VDC_Read, 38, 70000, true); }
void honestFailure() { badCode(VDC_ClearError, 0, 0, false); }

void completeUnanswered() {
  Small small("", 1000);
  CHECK(small.complete(small.get(), 0, 1000) == 0);  // the Write
  CHECK(small.complete(small.get(), 0, 0) == 0);     // the Flush
  CHECK(small.client->set->Close() == VD_E_OPEN);
}

}  // namespace

void addBreachScenarios(std::vector<Scenario>& all) {
  const std::vector<Scenario> mine = {
      {"Close with a command", closeWithCommand, {"close-with-command", "no-complete-answer"}},
      {"Close with a command after abort", abortedCloseWithCommand},
      {"Close under GetCommand", closeUnderAWait, {"close-with-thread"}},
      {"Close under GetConfiguration", closeUnderGetConfiguration, {"close-with-thread"}},
      {"double completion", doubleCompletion, {"double-completion"}},
      {"completion of a foreign command", foreignCompletion, {"double-completion"}},
      {"unknown command completed", unknownCompleted, {"unknown-command-completed"}},
      {"unknown command refused", unknownRefused},
      {"short success of a Write", shortWrite, {"short-success"}},
      {"short success of a Read", shortRead, {"short-success"}},
      {"calls after Close", lateCalls, {"late-call"}},
      {"calls before Create", callsBeforeCreate, {"state"}},
      {"calls after the normal end", callsAfterTheEnd, {"state"}},
      {"a device opened twice", openedTwice, {"state"}},
      {"SignalAbort twice", abortTwice, {"abort-twice"}},
      {"SignalAbort after the normal end", abortAfterTheEnd},
      {"destructor without Close", destructorWithoutClose, {"no-close"}},
      {"exit without Close", exitWithoutClose, {"no-close"}},
      {"destructor of an unserved set", unservedDestructor},
      {"two threads on one device", twoThreads, {"thread"}},
      {"EOF for a Write", eofOnWrite, {"code"}},
      {"not supported for a Write", unsupportedWrite, {"code"}},
      {"HRESULT as completion code", hresultOnWrite, {"code"}},
      {"disk full for a Read", fullOnRead, {"code"}},
      {"EOF for a Flush", eofOnFlush, {"code"}},
      {"failed ClearError", failedClearError, {"code"}},
      {"more bytes than asked for", tooManyBytes, {"code"}},
      {"an honest failure", honestFailure},
      {"Complete not answered", completeUnanswered, {"no-complete-answer"}},
  };
  all.insert(all.end(), mine.begin(), mine.end());
}

}  // namespace rig
