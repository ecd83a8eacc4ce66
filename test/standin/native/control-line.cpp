// Parsing and percent-coding of control lines for the stand-in (a test double, never shipped).
#include "control-line.h"

#include <cctype>
#include <cstdlib>
#include <cstring>

namespace standin {

std::string percentEncode(const std::string& text) {
  static const char digits[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if (isalnum(c) || (c != 0 && strchr("-_.!~*'()", c))) {
      out += static_cast<char>(c);
    } else {
      out += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return out;
}

std::string percentDecode(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); i++) {
    const bool coded = text[i] == '%' && i + 2 < text.size() && isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                       isxdigit(static_cast<unsigned char>(text[i + 2]));
    if (coded) {
      out += static_cast<char>(strtol(text.substr(i + 1, 2).c_str(), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::vector<std::string> splitText(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t from = 0;
  for (size_t at = text.find(separator); at != std::string::npos; at = text.find(separator, from)) {
    parts.push_back(text.substr(from, at - from));
    from = at + 1;
  }
  parts.push_back(text.substr(from));
  return parts;
}

ControlLine ControlLine::parse(const std::string& line) {
  ControlLine parsed;
  for (const std::string& word : splitText(line, ' ')) {
    if (word.empty()) continue;
    const size_t equals = word.find('=');
    if (parsed.verb_.empty()) {
      parsed.verb_ = word;
    } else if (equals != std::string::npos) {
      parsed.values_.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return parsed;
}

const std::string* ControlLine::raw(const char* key) const {
  for (const auto& value : values_) {
    if (value.first == key) return &value.second;
  }
  return nullptr;
}

bool ControlLine::has(const char* key) const { return raw(key) != nullptr; }

std::string ControlLine::text(const char* key) const {
  const std::string* found = raw(key);
  return found ? percentDecode(*found) : "";
}

uint64_t ControlLine::number(const char* key, uint64_t fallback) const {
  const std::string* found = raw(key);
  return found ? strtoull(percentDecode(*found).c_str(), nullptr, 0) : fallback;
}

std::vector<std::string> ControlLine::list(const char* key, size_t expected) const {
  const std::string* found = raw(key);
  if (!found || found->empty()) return {};
  std::vector<std::string> parts = splitText(*found, ',');
  if (parts.size() == 1 && expected != 1) return splitText(percentDecode(*found), ',');
  for (std::string& part : parts) part = percentDecode(part);
  return parts;
}

}  // namespace standin
