package io.redoubt.persistence.rdb;

import java.io.IOException;

/** What a check tool has around it. */
public interface CheckTerminal {

  /** Prints a text, which may be part of a line. */
  void print(String text);

  /** Prints a message in the form of a server's log. */
  void warn(String text);

  /** Reads a line that the user types, after a question; empty at the end of the input. */
  String answer();

  /** Why something failed, in the operating system's words. */
  String reason(IOException failure);

  /** Milliseconds of Unix time. */
  long nowMillis();
}
