// The socket to the TDS half of the stand-in, with the one thread that reads it. A test double, never shipped.
// It never waits for an answer: the TDS half may live on the very thread that calls us.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "platform.h"

namespace standin {

class ControlChannel {
 public:
  struct Listener {
    std::function<void(const std::string& line)> line;
    std::function<void()> dropped;
    std::function<void()> tick;
  };
  ~ControlChannel() { stop(); }
  bool open(const std::string& address);
  // `tickMilliseconds` < 0: no ticks.
  void listen(Listener listener, int tickMilliseconds);
  void send(const std::string& line);
  // Joins the reader: never call it with a lock that the listener takes.
  void stop();

 private:
  void read(const Listener& listener, int tickMilliseconds);
  platform::Socket socket_;
  std::thread reader_;
};

}  // namespace standin
