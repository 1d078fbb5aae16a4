package io.redoubt.persistence.aof;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.resp.Request;

/** Receives the items of an append only file in order. {@link AofReader} makes the calls. */
public interface AofVisitor {

  /** Starts an RDB preamble and returns a new reader for it, which the visitor must close. */
  RdbReader beginPreamble() throws RdbException;

  /** Ends the RDB preamble; commands may follow. */
  void endPreamble() throws RdbException;

  /**
   * Visits a command, including {@code MULTI} and {@code EXEC}: commands between them take effect
   * only with the {@code EXEC}.
   *
   * @param request the command in memory, valid until the call returns; at least one argument
   * @param offset the start of the command in the file, in bytes
   * @throws AofException if the command is refused
   */
  void command(Request request, long offset) throws AofException;

  /**
   * Visits a timestamp: the following commands were written at this time or later.
   *
   * @param seconds the Unix time
   * @param offset the start of the annotation in the file, in bytes
   */
  void timestamp(long seconds, long offset) throws AofException;

  /**
   * Visits an annotation other than a timestamp.
   *
   * @param text the line, with its {@code #}, without its end
   */
  default void annotation(String text) {
    // Ignored by default.
  }

  /** Reports that a torn end was truncated: an open {@code MULTI} is discarded. */
  void cut();

  /** Ends a file, including one that consists of a preamble. */
  void endFile(AofFile file);
}
