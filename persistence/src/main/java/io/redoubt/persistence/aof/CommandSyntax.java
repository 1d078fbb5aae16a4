package io.redoubt.persistence.aof;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.redoubt.protocol.resp.Request;
import java.lang.foreign.MemorySegment;

/**
 * The strict syntax of a command in a file. Deviations that a server tolerates from clients never
 * occur in an intact file; here they indicate corruption.
 */
final class CommandSyntax {

  /** The maximum number of digits of a length. */
  private static final int MAX_DIGITS = 18;

  private CommandSyntax() {}

  /** Returns true if the request, decoded from {@code start} on, has strict syntax. */
  static boolean isStrict(MemorySegment memory, long start, Request request) {
    if (request.count() == 0) {
      return false;
    }
    long at = start;
    while (memory.get(JAVA_BYTE, at) != '\r') {
      at++;
    }
    if (memory.get(JAVA_BYTE, at + 1) != '\n') {
      return false;
    }
    for (int i = 0; i < request.count(); i++) {
      long offset = request.offset(i);
      long end = offset + request.length(i);
      if (memory.get(JAVA_BYTE, offset - 1) != '\n'
          || memory.get(JAVA_BYTE, end) != '\r'
          || memory.get(JAVA_BYTE, end + 1) != '\n') {
        return false;
      }
    }
    return true;
  }

  static boolean isPrefix(MemorySegment memory, long from, long to) {
    long line = lineEnd(memory, from, to, '*');
    if (line <= 0) {
      return line == 0;
    }
    long count = number(memory, from, line);
    if (count == 0) {
      return false;
    }
    long at = line + 2;
    for (long i = 0; i < count; i++) {
      line = lineEnd(memory, at, to, '$');
      if (line <= 0) {
        return line == 0;
      }
      long length = number(memory, at, line);
      at = line + 2;
      if (to - at < length) {
        return true;
      }
      at += length;
      if ((at < to && memory.get(JAVA_BYTE, at) != '\r')
          || (at + 1 < to && memory.get(JAVA_BYTE, at + 1) != '\n')) {
        return false;
      }
      at += 2;
      if (at >= to) {
        return true;
      }
    }
    return true;
  }

  /**
   * Returns the offset of the CR in a line of a mark and a number; 0 if the bytes end before it, -1
   * if the line is malformed.
   */
  private static long lineEnd(MemorySegment memory, long from, long to, char mark) {
    if (from >= to) {
      return 0;
    }
    if (memory.get(JAVA_BYTE, from) != mark) {
      return -1;
    }
    long at = from + 1;
    while (at < to && memory.get(JAVA_BYTE, at) >= '0' && memory.get(JAVA_BYTE, at) <= '9') {
      at++;
    }
    if (at - from > MAX_DIGITS) {
      return -1;
    }
    if (at == to) {
      return 0;
    }
    if (memory.get(JAVA_BYTE, at) != '\r' || at == from + 1) {
      return -1;
    }
    if (at + 1 == to) {
      return 0;
    }
    return memory.get(JAVA_BYTE, at + 1) == '\n' ? at : -1;
  }

  private static long number(MemorySegment memory, long from, long lineEnd) {
    long number = 0;
    for (long at = from + 1; at < lineEnd; at++) {
      number = number * 10 + memory.get(JAVA_BYTE, at) - '0';
    }
    return number;
  }
}
