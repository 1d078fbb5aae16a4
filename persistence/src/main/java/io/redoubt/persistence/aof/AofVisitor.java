package io.redoubt.persistence.aof;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.protocol.resp.Request;

/** What an append-only file says, call by call in its order. {@link AofReader} makes the calls. */
public interface AofVisitor {

  /**
   * The file begins with an RDB: the reader to read it with, new, which is the visitor's to close.
   */
  RdbReader beginPreamble() throws RdbException;

  /** All of the RDB has been read; commands may follow. */
  void endPreamble() throws RdbException;

  /**
   * A command, {@code MULTI} and {@code EXEC} too: what stands between them takes effect only if
   * the {@code EXEC} comes.
   *
   * @param request where the command lies in memory, valid until the call returns; at least one
   *     argument
   * @param offset where it begins in the file, in bytes
   * @throws AofException when the command can't be taken
   */
  void command(Request request, long offset) throws AofException;

  /**
   * What follows has been written at this time or later.
   *
   * @param seconds of Unix time
   * @param offset where the annotation begins in the file, in bytes
   */
  void timestamp(long seconds, long offset) throws AofException;

  /**
   * An annotation that is no timestamp.
   *
   * @param text the line, with its {@code #} and without its end
   */
  default void annotation(String text) {
    // Most are of no interest to most.
  }

  /**
   * The file ended within a transaction, or within a command: what a {@code MULTI} has begun is
   * void.
   */
  void cut();

  /** All of a file has been told; of a preamble, too, that makes up the whole file. */
  void endFile(AofFile file);
}
