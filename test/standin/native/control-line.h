// One line of the control channel: `verb key=value key=value`, values percent-encoded.
// A test double, never shipped. Text only: what a verb means is known elsewhere.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace standin {

std::string percentEncode(const std::string& text);
std::string percentDecode(const std::string& text);
std::vector<std::string> splitText(const std::string& text, char separator);

class ControlLine {
 public:
  static ControlLine parse(const std::string& line);
  const std::string& verb() const { return verb_; }
  bool has(const char* key) const;
  std::string text(const char* key) const;  // decoded; "" where absent
  uint64_t number(const char* key, uint64_t fallback) const;
  // A comma list, whether its commas were encoded with the value or not.
  std::vector<std::string> list(const char* key, size_t expected) const;

 private:
  const std::string* raw(const char* key) const;
  std::string verb_;
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace standin
