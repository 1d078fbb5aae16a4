package io.redoubt.persistence.aof;

/** The log of changes to the files, with Redis' texts. Thread-safe. */
public interface AofLog {

  /** Logs a normal event. */
  void notice(String text);

  /** Logs an event that needs attention. */
  void warning(String text);
}
