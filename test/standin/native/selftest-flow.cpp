// Self-test scenarios: whole backups and restores, waits and their release. A test of a test double, never shipped.
#include <signal.h>
#include <unistd.h>

#include <cstring>

#include "selftest-rig.h"
#include "selftest.h"

namespace rig {
namespace {

using namespace standin;

void backup(size_t devices) {
  Begin begin;
  begin.devices = devices;
  begin.transfer = 262144;
  begin.buffers = 6;
  begin.block = devices == 3 ? 4096 : 512;
  std::vector<Bytes> sources;
  for (size_t i = 0; i < devices; i++) {
    const Bytes piece = someBytes(300000 + 1000 * i, static_cast<uint32_t>(i));
    writeFile(scratch("piece" + std::to_string(i)), piece);
    const std::string path = scratch("piece" + std::to_string(i));
    // 100 bytes from the middle, the piece three times over, and the piece's second half
    const size_t half = piece.size() / 2;
    begin.files.push_back(recipe("recipe" + std::to_string(i),
                                 "file " + path + " 5000 100\nrepeat " + path + " 7 " + std::to_string(half) +
                                     " 9\nfile " + path + " 4096 " + std::to_string(half) + "\n"));
    Bytes expected(piece.begin() + 5000, piece.begin() + 5100);
    for (int k = 0; k < 9; k++) expected.insert(expected.end(), piece.begin() + 7, piece.begin() + 7 + static_cast<long>(half));
    expected.insert(expected.end(), piece.begin() + 4096, piece.begin() + 4096 + static_cast<long>(half));
    sources.push_back(expected);
  }
  Tds tds(begin.line());
  Client client(devices);
  CHECK(client.start());
  CHECK(client.config.features == (VDF_WriteMedia | VDF_CompleteEnabled));
  CHECK(client.config.blockSize == begin.block && client.config.maxTransferSize == 262144);
  CHECK(client.config.alignment == begin.block && client.config.maxIODepth == 4);
  const std::vector<Served> served = serveAll(client, [&](size_t i) { return serveBackup(client.devices[i]); });
  size_t total = 0;
  for (size_t i = 0; i < devices; i++) {
    CHECK(served[i].ended == VD_E_CLOSE);
    CHECK(served[i].bytes == sources[i]);
    const std::vector<int>& commands = served[i].commands;
    CHECK(commands.size() > 2 && commands[commands.size() - 2] == VDC_Flush && commands.back() == VDC_Complete);
    CHECK(tds.heard("completed device=" + std::to_string(i)));
    total += sources[i].size();
  }
  CHECK(client.set->Close() == 0);
  CHECK(tds.line("ended") == "ended status=ok by=server bytes=" + std::to_string(total));
  CHECK(tds.heard("closed") && tds.count("ended") == 1 && tds.count("configured") == 1);
  CHECK(tds.count("open device=") == static_cast<int>(devices));
  delete client.set;
}

void backupOne() { backup(1); }
void backupThree() { backup(3); }
void backupEight() { backup(8); }

void legacyEnd(bool offered, uint32_t features) {
  Begin begin;
  begin.complete = offered;
  begin.files = {fileRecipe("a", someBytes(200000, 1))};
  Tds tds(begin.line());
  Client client(1, features);
  CHECK(client.start());
  CHECK(client.config.features == VDF_WriteMedia);
  const Served served = serveBackup(client.devices[0]);
  CHECK(served.commands.back() == VDC_Flush && served.ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  CHECK(tds.heard("completed device=0") && tds.heard("ended status=ok"));
  delete client.set;
}

void completeNotOffered() { legacyEnd(false, 0x2000); }
void completeNotAsked() { legacyEnd(true, 0); }

void restore(size_t devices, bool complete) {
  Begin begin;
  begin.restore = true;
  begin.devices = devices;
  begin.complete = complete;
  begin.buffers = 5;
  std::vector<Bytes> sources;
  for (size_t i = 0; i < devices; i++) {
    // one source is a whole number of transfers, so its end shows only in an empty Read
    sources.push_back(someBytes(i == 0 ? 65536 * 8 : 500000 + 70000 * i, 77 + static_cast<uint32_t>(i)));
    begin.files.push_back("file:" + scratch("sink" + std::to_string(i)));
  }
  Tds tds(begin.line());
  Client client(devices);
  CHECK(client.start());
  CHECK(client.config.features == (VDF_ReadMedia | (complete ? VDF_CompleteEnabled : 0u)));
  const std::vector<Served> served = serveAll(client, [&](size_t i) { return serveRestore(client.devices[i], sources[i]); });
  CHECK(client.set->Close() == 0);
  for (size_t i = 0; i < devices; i++) {
    CHECK(served[i].ended == VD_E_CLOSE);
    CHECK(readFile(scratch("sink" + std::to_string(i))) == sources[i]);
    CHECK((served[i].commands.back() == VDC_Complete) == complete);
  }
  CHECK(tds.heard("ended status=ok by=server") && tds.count("error") == 0);
  delete client.set;
}

void restoreOne() { restore(1, true); }
void restoreThree() { restore(3, false); }

// Every wait that SignalAbort must free, with the time it took.
void abortFreesWaits() {
  Begin begin;
  begin.devices = 3;
  begin.files = {fileRecipe("a", someBytes(65536, 1)), fileRecipe("b", someBytes(65536, 1)), fileRecipe("c", someBytes(65536, 1))};
  begin.extra = "silence-at=0";
  Tds tds;
  Client waiting(3);
  CHECK(waiting.create() == 0);
  int configured = 1;
  uint64_t freedAt = 0;
  std::thread asking([&] {
    configured = waiting.configure(-1);
    freedAt = milliseconds();
  });
  sleepFor(50);
  uint64_t abortedAt = milliseconds();
  CHECK(waiting.set->SignalAbort() == 0);
  asking.join();
  CHECK(configured == VD_E_ABORT && freedAt - abortedAt < 50);
  CHECK(tds.line("ended") == "ended status=aborted by=client bytes=0");
  CHECK(waiting.set->Close() == 0);
  CHECK(tds.heard("closed"));
  delete waiting.set;

  tds.answerWith(begin.line());
  Client client(3);
  CHECK(client.start());
  std::thread aborting([&] {
    sleepFor(60);
    abortedAt = milliseconds();
    client.set->SignalAbort();
  });
  const std::vector<Served> served = serveAll(client, [&](size_t i) { return serveBackup(client.devices[i]); });
  freedAt = milliseconds();
  aborting.join();
  for (const Served& one : served) CHECK(one.ended == VD_E_ABORT && one.commands.empty());
  CHECK(freedAt - abortedAt < 50);
  CHECK(client.set->Close() == 0);
  delete client.set;
}

void serverEnds(bool drop) {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(65536, 1))};
  begin.extra = "silence-at=0";
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  uint64_t at = 0;
  std::thread ending([&] {
    sleepFor(50);
    at = milliseconds();
    drop ? tds.hangUp() : tds.say("abort");
  });
  const Served served = serveBackup(client.devices[0]);
  const uint64_t freedAt = milliseconds();
  ending.join();
  CHECK(served.ended == VD_E_ABORT && freedAt - at < 50);
  VDC_Command* command = nullptr;
  CHECK(client.devices[0]->GetCommand(0, &command) == VD_E_ABORT);
  CHECK(client.configure(0) == VD_E_ABORT);
  if (!drop) CHECK(tds.line("ended") == "ended status=aborted by=server bytes=0");
  CHECK(client.set->Close() == 0);
  delete client.set;
}

void serverAborts() { serverEnds(false); }
void connectionDrops() { serverEnds(true); }

void timeouts() {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(65536, 1))};
  begin.extra = "silence-at=0";
  Tds tds;
  Client client;
  CHECK(client.create() == 0);
  uint64_t from = milliseconds();
  CHECK(client.configure(0) == VD_E_TIMEOUT && milliseconds() - from < 20);
  from = milliseconds();
  CHECK(client.configure(80) == VD_E_TIMEOUT);
  CHECK(milliseconds() - from >= 80 && milliseconds() - from < 130);
  CHECK(tds.heard("create"));
  tds.say(begin.line());
  CHECK(client.configure(4294967295) == 0 && client.open(0) == 0);
  VDC_Command* command = nullptr;
  from = milliseconds();
  CHECK(client.devices[0]->GetCommand(0, &command) == VD_E_TIMEOUT && milliseconds() - from < 20);
  CHECK(client.devices[0]->GetCommand(80, &command) == VD_E_TIMEOUT);
  CHECK(milliseconds() - from >= 80 && milliseconds() - from < 130);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

// The failing device gets ClearError, the others just close; the data queued behind the error is never seen.
void diskFull() {
  Begin begin;
  begin.devices = 2;
  begin.files = {fileRecipe("a", someBytes(1 << 20, 1)), fileRecipe("b", someBytes(1 << 20, 2))};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  const std::vector<Served> served = serveAll(client, [&](size_t i) {
    int writes = 0;
    return serveBackup(client.devices[i], [&, i](const VDC_Command& command, int& code, unsigned long& bytes) {
      if (i == 1 && command.commandCode == VDC_Write && ++writes == 3) {
        code = 112;
        bytes = 1000;
      }
    });
  });
  CHECK(served[0].ended == VD_E_CLOSE && served[1].ended == VD_E_CLOSE);
  CHECK(served[1].commands == std::vector<int>({VDC_Write, VDC_Write, VDC_Write, VDC_ClearError}));
  CHECK(served[0].commands.back() == VDC_Write);
  CHECK(client.set->Close() == 0);
  CHECK(tds.line("error") == "error device=1 command=Write win32=112 bytes=1000");
  CHECK(tds.heard("ended status=failed by=client") && tds.count("completed") == 0);
  delete client.set;
}

void failedComplete() {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(100000, 1))};
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  const Served served = serveBackup(client.devices[0], [](const VDC_Command& command, int& code, unsigned long&) {
    if (command.commandCode == VDC_Complete) code = 1117;
  });
  CHECK(served.commands.back() == VDC_ClearError && served.ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  CHECK(tds.line("error") == "error device=0 command=Complete win32=1117 bytes=0");
  CHECK(tds.heard("ended status=failed by=client") && tds.count("completed") == 0);
  delete client.set;
}

void failedRead() {
  Begin begin;
  begin.restore = true;
  begin.files = {"count:"};
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  int reads = 0;
  const Served served = serveRestore(client.devices[0], someBytes(1 << 20, 1), [&](const VDC_Command&, int& code, unsigned long& bytes) {
    if (++reads == 2) {
      code = 30;
      bytes = 0;
    }
  });
  CHECK(served.commands == std::vector<int>({VDC_Read, VDC_Read, VDC_ClearError}) && served.ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  CHECK(tds.line("error") == "error device=0 command=Read win32=30 bytes=0");
  CHECK(tds.line("ended") == "ended status=failed by=client bytes=65536");
  delete client.set;
}

// Devices share the buffers: one served alone starves once the others hold them all.
void serialClientStarves() {
  Begin begin;
  begin.devices = 2;
  begin.buffers = 4;
  begin.files = {fileRecipe("a", someBytes(1 << 20, 1)), fileRecipe("b", someBytes(1 << 20, 2))};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  VDC_Command* command = nullptr;
  int taken = 0;
  int result = 0;
  while (taken < 100 && (result = client.devices[0]->GetCommand(50, &command)) == 0) {
    taken++;
    client.devices[0]->CompleteCommand(command, 0, static_cast<unsigned long>(command->size), 0);
  }
  CHECK(result == VD_E_TIMEOUT && taken <= 5);
  CHECK(client.devices[1]->GetCommand(0, &command) == 0);
  CHECK(client.devices[1]->CompleteCommand(command, 0, static_cast<unsigned long>(command->size), 0) == 0);
  CHECK(client.devices[0]->GetCommand(50, &command) == 0);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

// The Reads planned for a device that has ended give their buffers back to the others.
void endFreesBuffers() {
  Begin begin;
  begin.restore = true;
  begin.devices = 2;
  begin.buffers = 4;
  begin.files = {"count:", "count:"};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.start());
  VDC_Command* command = nullptr;
  CHECK(client.devices[1]->GetCommand(100, &command) == 0);
  CHECK(client.devices[1]->CompleteCommand(command, 38, 0, 0) == 0);
  for (int i = 0; i < 4; i++) CHECK(client.devices[0]->GetCommand(0, &command) == 0);
  CHECK(client.devices[0]->GetCommand(0, &command) == VD_E_TIMEOUT);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

void prefetch() {
  Begin begin;
  begin.buffers = 3;
  const Bytes source = someBytes(65536 * 7, 3);
  begin.files = {fileRecipe("a", source)};
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  ClientVirtualDevice* device = client.devices[0];
  VDC_Command* held[4] = {};
  for (int i = 0; i < 3; i++) CHECK(device->GetCommand(100, &held[i]) == 0);
  CHECK(device->GetCommand(0, &held[3]) == VD_E_TIMEOUT);  // the pool is with us
  Bytes got;
  for (int i = 0; i < 3; i++) {
    got.insert(got.end(), held[i]->buffer, held[i]->buffer + held[i]->size);
    CHECK(device->CompleteCommand(held[i], 0, static_cast<unsigned long>(held[i]->size), 0) == 0);
  }
  const Served rest = serveBackup(device);
  got.insert(got.end(), rest.bytes.begin(), rest.bytes.end());
  CHECK(got == source && rest.ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  delete client.set;
}

void secondRound() {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(100000, 1))};
  Tds tds(begin.line());
  Client client;
  for (int round = 0; round < 2; round++) {
    client.config = VDConfig{};
    client.config.deviceCount = 1;
    CHECK(client.start());
    CHECK(serveBackup(client.devices[0]).ended == VD_E_CLOSE);
    CHECK(client.set->Close() == 0);
  }
  CHECK(tds.heard("closed"));
  sleepFor(30);
  CHECK(tds.count("create") == 2 && tds.count("ended status=ok") == 2);
  delete client.set;
}

void progress() {
  Begin begin;
  const Bytes piece = someBytes(65536, 1);
  writeFile(scratch("piece"), piece);
  begin.files = {recipe("a", "repeat " + scratch("piece") + " 0 65536 100\n")};
  begin.extra = "slow=3";
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  CHECK(serveBackup(client.devices[0]).ended == VD_E_CLOSE);
  CHECK(client.set->Close() == 0);
  CHECK(tds.heard("closed"));
  CHECK(tds.count("progress bytes=") >= 2 && tds.count("progress bytes=") <= 12);
  delete client.set;
}

void prefixAndAlignment() {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(65536 * 3, 1))};
  Tds tds(begin.line());
  Client client;
  client.config.prefixZoneSize = 100;
  client.config.alignment = 65536;
  CHECK(client.start());
  CHECK(client.config.alignment == 65536);
  VDC_Command* command = nullptr;
  CHECK(client.devices[0]->GetCommand(100, &command) == 0);
  CHECK(reinterpret_cast<uintptr_t>(command->buffer) % 65536 == 0);
  memset(command->buffer - 100, 1, 100);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  delete client.set;
}

void badConfigurations() {
  Tds tds;
  for (uint32_t count : {0u, 65u}) {
    Client client(1);
    client.config.deviceCount = count;
    CHECK(client.create() == VD_E_NOTSUPPORTED);
    delete client.set;
  }
  Client disk(1, 0x200);
  CHECK(disk.create() == VD_E_NOTSUPPORTED);
  unsetenv("VDI_STANDIN_CONTROL");
  CHECK(Client(1).create() == VD_E_INSTANCE_NAME);
  setenv("VDI_STANDIN_CONTROL", "127.0.0.1:1", 1);
  CHECK(Client(1).create() == VD_E_INSTANCE_NAME);
}

void refusedNames() {
  Begin begin;
  begin.devices = 3;
  for (const char* name : {"a", "b", "c"}) begin.files.push_back(fileRecipe(name, someBytes(1000, 1)));
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.create() == 0);
  CHECK(client.configure(1000) == VD_E_ABORT);
  CHECK(tds.line("ended") == "ended status=failed by=server bytes=0");
  CHECK(client.set->Close() == 0);
  delete client.set;
}

void missingRecipe() {
  Begin begin;
  begin.files = {scratch("nowhere")};
  Tds tds(begin.line());
  Client client;
  CHECK(client.create() == 0 && client.configure(1000) == VD_E_ABORT);
  CHECK(tds.heard("ended status=failed by=server"));
  CHECK(client.set->Close() == 0);
  delete client.set;
}

void openErrors() {
  Begin begin;
  begin.devices = 2;
  begin.files = {fileRecipe("a", someBytes(1000, 1)), fileRecipe("b", someBytes(1000, 1))};
  Tds tds(begin.line());
  Client client(2);
  CHECK(client.create() == 0 && client.configure() == 0);
  char unknown[] = "nobody";
  ClientVirtualDevice* device = client.devices[0];
  CHECK(client.set->OpenDevice(unknown, &device) == VD_E_INVALID && device == nullptr);
  CHECK(client.open(0) == 0 && client.open(1) == 0);
  CHECK(client.set->OpenDevice(unknown, &device) == VD_E_OPEN);
  CHECK(client.configure(0) == 0);
  CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  CHECK(tds.count("configured") == 1);
  delete client.set;
}

void closeWithOpenDevices() {
  Begin begin;
  begin.complete = false;
  begin.files = {fileRecipe("a", someBytes(65536, 1))};
  Tds tds(begin.line());
  Client client;
  CHECK(client.start());
  CHECK(client.set->Close() == VD_E_OPEN);
  CHECK(tds.line("ended") == "ended status=aborted by=client bytes=0");
  CHECK(tds.heard("closed"));
  delete client.set;
}

void serverTimeOut() {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(1 << 20, 1))};
  Tds tds(begin.line());
  Client client;
  client.config.serverTimeOut = 30;
  CHECK(client.start());
  VDC_Command* command = nullptr;
  CHECK(client.devices[0]->GetCommand(100, &command) == 0);
  sleepFor(200);
  CHECK(client.devices[0]->CompleteCommand(command, 0, 65536, 0) == VD_E_ABORT);
  CHECK(tds.heard("ended status=aborted by=server"));
  CHECK(client.set->Close() == 0);
  delete client.set;
}

uint8_t* bufferAfterwards(bool close, bool guard) {
  Begin begin;
  begin.files = {fileRecipe("a", someBytes(1 << 20, 1))};
  begin.extra = guard ? "guard=1" : "";
  static Tds* tds = new Tds(begin.line());
  (void)tds;
  Client client;
  CHECK(client.start());
  VDC_Command* command = nullptr;
  CHECK(client.devices[0]->GetCommand(100, &command) == 0);
  uint8_t* buffer = command->buffer;
  CHECK(buffer[0] == someBytes(1, 1)[0]);
  CHECK(client.devices[0]->CompleteCommand(command, 0, 65536, 0) == 0);
  if (close) CHECK(client.set->SignalAbort() == 0 && client.set->Close() == 0);
  if (failures()) _exit(1);
  return buffer;
}

void touchAfterClose() { *const_cast<volatile uint8_t*>(bufferAfterwards(true, false)) = 1; }
void touchAfterCompletion() { *const_cast<volatile uint8_t*>(bufferAfterwards(false, true)) = 1; }
void touchBehindBuffer() { *const_cast<volatile uint8_t*>(bufferAfterwards(false, false) + 65536) = 1; }

}  // namespace

void addFlowScenarios(std::vector<Scenario>& all) {
  const std::vector<Scenario> mine = {
      {"backup of 1 device", backupOne},
      {"backup of 3 devices", backupThree},
      {"backup of 8 devices", backupEight},
      {"Complete not offered", completeNotOffered},
      {"Complete not asked for", completeNotAsked},
      {"restore of 1 device", restoreOne},
      {"restore of 3 devices", restoreThree},
      {"SignalAbort frees every wait", abortFreesWaits},
      {"abort from the server", serverAborts},
      {"control connection drops", connectionDrops},
      {"timeouts", timeouts},
      {"disk full on one of two devices", diskFull},
      {"Complete answered with an error", failedComplete},
      {"Read answered with an error", failedRead},
      {"a serial client starves", serialClientStarves},
      {"prefetching client", prefetch},
      {"the end of a device frees its buffers", endFreesBuffers},
      {"two rounds on one object", secondRound},
      {"progress", progress},
      {"prefix zone and alignment", prefixAndAlignment},
      {"bad configurations", badConfigurations},
      {"refused names", refusedNames},
      {"missing recipe", missingRecipe},
      {"OpenDevice errors", openErrors},
      {"Close with open devices", closeWithOpenDevices},
      {"serverTimeOut", serverTimeOut},
      {"buffer touched after Close", touchAfterClose, {}, SIGSEGV},
      {"buffer touched after completion", touchAfterCompletion, {}, SIGSEGV},
      {"write behind a buffer", touchBehindBuffer, {}, SIGSEGV},
  };
  all.insert(all.end(), mine.begin(), mine.end());
}

}  // namespace rig
