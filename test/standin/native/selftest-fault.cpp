// Self-test scenarios: every scripted fault and habit of a `begin` line. A test of a test double, never shipped.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "selftest-rig.h"
#include "selftest.h"

namespace rig {
namespace {

using namespace standin;

constexpr size_t kBytes = 1000000;

struct Run {
  Bytes source = someBytes(kBytes, 5);
  Tds* tds = nullptr;
  Client client;
  Served served;
};

// Starts a set with one device under `extra`; the caller serves it.
Run* started(const std::string& extra, bool start = true) {
  Run* run = new Run;
  Begin begin;
  begin.files = {fileRecipe("a", run->source)};
  begin.extra = extra;
  run->tds = new Tds(begin.line());
  if (start) CHECK(run->client.start());
  return run;
}

void serve(Run* run) { run->served = serveBackup(run->client.devices[0]); }

void endWell(Run* run) {
  CHECK(run->served.ended == VD_E_CLOSE && run->served.bytes == run->source);
  CHECK(run->client.set->Close() == 0);
  CHECK(run->tds->heard("ended status=ok"));
  delete run->client.set;
}

void endAborted(Run* run) {
  CHECK(run->client.set->SignalAbort() == 0 && run->client.set->Close() == 0);
  delete run->client.set;
}

long commandsOf(const Run* run, int code) {
  return std::count(run->served.commands.begin(), run->served.commands.end(), code);
}

void flushes() {
  Run* run = started("flushes=300000");
  serve(run);
  CHECK(commandsOf(run, VDC_Flush) == 4);
  CHECK(run->served.commands[5] == VDC_Flush);  // 300000 bytes end within the fifth transfer
  endWell(run);
}

void tiny() {
  Run* run = started("tiny=4096");
  serve(run);
  CHECK(commandsOf(run, VDC_Write) == 245 && run->served.sizes[0] == 4096);
  endWell(run);
}

void mixed() {
  Run* run = started("mixed=42");
  serve(run);
  std::vector<int> sizes = run->served.sizes;
  std::sort(sizes.begin(), sizes.end());
  CHECK(sizes.back() <= 65536 && std::unique(sizes.begin(), sizes.end()) - sizes.begin() > 10);
  endWell(run);
}

void slow() {
  Run* run = started("slow=10");
  const uint64_t from = milliseconds();
  serve(run);
  CHECK(milliseconds() - from >= 180);  // 16 Writes, Flush, Complete
  endWell(run);
}

void errorAt() {
  Run* run = started("error-at=200000");
  serve(run);
  CHECK(run->served.ended == VD_E_CLOSE && run->served.bytes.size() == 200192);  // whole blocks
  CHECK(commandsOf(run, VDC_Write) == 4 && run->served.commands.size() == 4);
  CHECK(run->client.set->Close() == 0);
  CHECK(run->tds->line("ended") == "ended status=failed by=server bytes=200192");
  delete run->client.set;
}

void errorAtEnd() {
  Run* run = started("error-at=1000000");
  serve(run);
  CHECK(run->served.bytes.size() == kBytes && commandsOf(run, VDC_Flush) == 0);
  CHECK(run->client.set->Close() == 0);
  CHECK(run->tds->heard("ended status=failed by=server"));
  delete run->client.set;
}

// The short device has its Flush planned already when the server gives up: it is never sent.
void errorDropsFlush() {
  Begin begin;
  begin.devices = 2;
  begin.buffers = 8;
  begin.files = {fileRecipe("a", someBytes(1000, 1)), fileRecipe("b", someBytes(kBytes, 2))};
  begin.extra = "error-at=150000";
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  const std::vector<Served> served = serveAll(client, [&](size_t i) { return serveBackup(client.devices[i]); });
  CHECK(served[0].commands == std::vector<int>({VDC_Write}) && served[0].ended == VD_E_CLOSE);
  CHECK(served[1].commands == std::vector<int>({VDC_Write, VDC_Write, VDC_Write}));
  CHECK(client.set->Close() == 0);
  CHECK(tds.heard("ended status=failed by=server"));
  delete client.set;
}

void silenceAt() {
  Run* run = started("silence-at=131072");
  VDC_Command* command = nullptr;
  for (int i = 0; i < 2; i++) {
    CHECK(run->client.devices[0]->GetCommand(100, &command) == 0);
    CHECK(run->client.devices[0]->CompleteCommand(command, 0, 65536, 0) == 0);
  }
  CHECK(run->client.devices[0]->GetCommand(100, &command) == VD_E_TIMEOUT);
  endAborted(run);
}

void abortAtGetCommand() {
  Run* run = started("abort-at=GetCommand:3");
  serve(run);
  CHECK(run->served.ended == VD_E_ABORT && run->served.commands.size() == 2);
  CHECK(run->tds->line("ended") == "ended status=aborted by=server bytes=131072");
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void abortAtComplete() {
  Run* run = started("abort-at=CompleteCommand%3A2");
  VDC_Command* command = nullptr;
  CHECK(run->client.devices[0]->GetCommand(100, &command) == 0);
  CHECK(run->client.devices[0]->CompleteCommand(command, 0, 65536, 0) == 0);
  CHECK(run->client.devices[0]->GetCommand(100, &command) == 0);
  CHECK(run->client.devices[0]->CompleteCommand(command, 0, 65536, 0) == VD_E_ABORT);
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void abortAtOpen() {
  Run* run = started("abort-at=OpenDevice:1", false);
  CHECK(run->client.create() == 0 && run->client.configure() == 0 && run->client.open(0) == VD_E_ABORT);
  CHECK(run->tds->heard("ended status=aborted by=server") && run->tds->count("open") == 0);
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void abortAtConfiguration() {
  Run* run = started("abort-at=GetConfiguration:1", false);
  CHECK(run->client.create() == 0 && run->client.configure() == VD_E_ABORT);
  CHECK(run->tds->heard("ended status=aborted by=server") && run->tds->count("configured") == 0);
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void abortAtCreate() {
  Run* run = started("", false);
  CHECK(run->client.create() == VD_E_MEMORY);
  CHECK(run->client.create() == 0 && run->client.configure() == 0 && run->client.open(0) == 0);
  serve(run);
  endWell(run);
}

void codeOfCreate() {
  Run* run = started("", false);
  CHECK(run->client.create() == static_cast<int>(0x80070005));
  CHECK(run->client.create() == VD_E_NOTSUPPORTED);
  CHECK(run->client.create() == 0 && run->client.set->Close() == 0);
  delete run->client.set;
}

void holdComplete() {
  Run* run = started("hold-complete=150");
  const uint64_t from = milliseconds();
  serve(run);
  CHECK(milliseconds() - from >= 150);
  endWell(run);
}

void holdFlush() {
  Run* run = started("hold-flush=150");
  const uint64_t from = milliseconds();
  serve(run);
  CHECK(milliseconds() - from >= 150);
  endWell(run);
}

void code() {
  Run* run = started("code=GetCommand:2:0x80070008,GetConfiguration:2:0x80770003");
  CHECK(run->client.configure(0) == VD_E_TIMEOUT);
  VDC_Command* command = nullptr;
  CHECK(run->client.devices[0]->GetCommand(100, &command) == 0);
  CHECK(run->client.devices[0]->CompleteCommand(command, 0, 65536, 0) == 0);
  CHECK(run->client.devices[0]->GetCommand(100, &command) == static_cast<int>(0x80070008) && command == nullptr);
  serve(run);
  CHECK(run->served.bytes.size() == kBytes - 65536 && run->served.ended == VD_E_CLOSE);
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void directionBit(const char* word, uint32_t bits) {
  Run* run = started(std::string("direction-bit=") + word);
  CHECK((run->client.config.features & (VDF_ReadMedia | VDF_WriteMedia)) == bits);
  endAborted(run);
}

void directionRead() { directionBit("read", VDF_ReadMedia); }
void directionNone() { directionBit("none", 0); }
void directionWrite() { directionBit("write", VDF_WriteMedia); }

void unknownCommand() {
  Run* run = started("unknown-command=9:100000");
  serve(run);
  CHECK(run->served.commands[2] == 9 && commandsOf(run, 9) == 1);
  endWell(run);
}

void silentAbort() {
  Run* run = started("silent-abort=1 silence-at=0");
  VDC_Command* command = nullptr;
  int result = 0;
  uint64_t freedAt = 0;
  std::thread waiting([&] {
    result = run->client.devices[0]->GetCommand(400, &command);
    freedAt = milliseconds();
  });
  sleepFor(50);
  const uint64_t at = milliseconds();
  CHECK(run->client.set->SignalAbort() == 0);
  waiting.join();
  CHECK(result == VD_E_TIMEOUT && freedAt - at >= 300);
  std::thread stuck([&] { result = run->client.devices[0]->GetCommand(-1, &command); });
  stuck.join();  // a call that starts after the abort is answered at once
  CHECK(result == VD_E_ABORT);
  CHECK(run->client.set->Close() == 0);
  delete run->client.set;
}

void noise() {
  const std::string path = scratch("stdout");
  const int console = open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  CHECK(dup2(console, 1) == 1);
  Run* run = started("noise=VDI%20says%20hello");
  fflush(stdout);
  const Bytes printed = readFile(path);
  CHECK(std::string(printed.begin(), printed.end()) == "VDI says hello\nVDI says hello\n");
  serve(run);
  endWell(run);
}

void limit() {
  Begin begin;
  begin.restore = true;
  begin.files = {"file:" + scratch("sink")};
  begin.extra = "limit=100000";
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  const Bytes source = someBytes(kBytes, 9);
  const Served served = serveRestore(client.devices[0], source);
  CHECK(served.commands.size() == 2 && served.ended == VD_E_CLOSE);
  CHECK(readFile(scratch("sink")) == Bytes(source.begin(), source.begin() + 100352));
  CHECK(client.set->Close() == 0);
  CHECK(tds.line("ended") == "ended status=ok by=server bytes=100352");
  delete client.set;
}

void barrier(bool on) {
  Begin begin;
  begin.devices = 2;
  begin.files = {fileRecipe("a", someBytes(1000, 1)), fileRecipe("b", someBytes(200000, 2))};
  begin.extra = on ? "barrier=1" : "";
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  VDC_Command* command = nullptr;
  CHECK(client.devices[0]->GetCommand(100, &command) == 0);
  CHECK(client.devices[0]->CompleteCommand(command, 0, 1000, 0) == 0);
  CHECK(client.devices[0]->GetCommand(50, &command) == (on ? int{VD_E_TIMEOUT} : 0));
  if (!on) CHECK(client.devices[0]->CompleteCommand(command, 0, 0, 0) == 0);
  const std::vector<Served> served = serveAll(client, [&](size_t i) { return serveBackup(client.devices[i]); });
  CHECK(served[0].ended == VD_E_CLOSE && served[1].ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  CHECK(tds.heard("ended status=ok"));
  delete client.set;
}

void barrierOn() { barrier(true); }
void barrierOff() { barrier(false); }

}  // namespace

void addFaultScenarios(std::vector<Scenario>& all) {
  std::vector<Scenario> mine = {
      {"flushes", flushes},
      {"tiny", tiny},
      {"mixed", mixed},
      {"slow", slow},
      {"error-at", errorAt},
      {"error-at the end", errorAtEnd},
      {"error-at drops a planned Flush", errorDropsFlush},
      {"silence-at", silenceAt},
      {"abort-at GetCommand", abortAtGetCommand},
      {"abort-at CompleteCommand", abortAtComplete},
      {"abort-at OpenDevice", abortAtOpen},
      {"abort-at GetConfiguration", abortAtConfiguration},
      {"hold-complete", holdComplete},
      {"hold-flush", holdFlush},
      {"code", code},
      {"direction-bit read", directionRead},
      {"direction-bit none", directionNone},
      {"direction-bit write", directionWrite},
      {"unknown-command", unknownCommand},
      {"silent-abort", silentAbort},
      {"noise", noise},
      {"limit", limit},
      {"barrier", barrierOn},
      {"no barrier", barrierOff},
      {"abort-at Create", abortAtCreate},
      {"code of Create", codeOfCreate},
  };
  mine[mine.size() - 2].script = "abort-at=Create:1";
  mine[mine.size() - 1].script = "code=Create:1:0x80070005,Create:2:0x80770009";
  all.insert(all.end(), mine.begin(), mine.end());
}

}  // namespace rig
