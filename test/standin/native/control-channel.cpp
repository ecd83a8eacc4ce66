// The control channel's socket and reader thread for the stand-in (a test double, never shipped).
#include "control-channel.h"

#include <cstdlib>

namespace standin {

bool ControlChannel::open(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return false;
  const long port = strtol(address.c_str() + colon + 1, nullptr, 10);
  if (port <= 0 || port > 65535) return false;
  return socket_.connectTo(address.substr(0, colon), static_cast<uint16_t>(port));
}

void ControlChannel::listen(Listener listener, int tickMilliseconds) {
  reader_ = std::thread([this, listener = std::move(listener), tickMilliseconds] {
    platform::blockSignals();
    read(listener, tickMilliseconds);
  });
}

void ControlChannel::read(const Listener& listener, int tickMilliseconds) {
  std::string pending;
  char bytes[4096];
  for (;;) {
    const int got = socket_.receive(bytes, sizeof bytes, tickMilliseconds);
    if (got < 0) {
      listener.tick();
      continue;
    }
    if (got == 0) break;
    pending.append(bytes, static_cast<size_t>(got));
    for (size_t end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      listener.line(line);
    }
  }
  listener.dropped();
}

void ControlChannel::send(const std::string& line) { socket_.send(line + "\n"); }

void ControlChannel::stop() {
  socket_.shutDown();
  if (reader_.joinable()) reader_.join();
  socket_.close();
}

}  // namespace standin
