package io.redoubt.persistence.rdb.check;

import java.io.IOException;

/** The terminal, log and clock of a check tool. */
public interface CheckTerminal {

  /** Prints text without adding a newline. */
  void print(String text);

  /** Returns a key, or other data of users, as it may be printed. */
  default String shown(String data) {
    return data;
  }

  /** Prints a message in the format of a server's log. */
  void warn(String text);

  /** Reads a line typed by the user; empty at the end of the input. */
  String answer();

  /** Returns the operating system's text for a failure. */
  String reason(IOException failure);

  /** Returns the current Unix time in milliseconds. */
  long nowMillis();
}
