package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * Receives the items of an RDB stream, call by call in their order. {@link RdbReader} makes the
 * calls, {@link RdbWriter} writes them. Every call may refuse its arguments with an {@link
 * RdbException}. References to bytes are valid until the call returns.
 */
public interface RdbVisitor extends RdbValueVisitor {

  /** Starts the stream. Ignored by default. */
  default void begin(int version) throws RdbException {}

  /** Visits an auxiliary field of the file. */
  void aux(String name, String value) throws RdbException;

  /**
   * Visits a part of the idempotent ids of the stream before it, see {@link RdbIdempotency}.
   * Ignored by default.
   */
  default void idempotency(MemorySegment memory, long offset, int length) throws RdbException {}

  /** Selects the database of the following keys. */
  void selectDb(int database) throws RdbException;

  /**
   * Visits the numbers of keys and of expiring keys of the selected database. A sizing hint,
   * possibly inexact; ignored by default.
   */
  default void resizeDb(long keys, long expiring) throws RdbException {}

  /** Visits the source text of a function library. */
  void function(MemorySegment memory, long offset, int length) throws RdbException;

  /** Visits a module's data outside the keys; its content has been skipped. */
  void moduleAux(String module) throws RdbException;

  /** Starts a large string: its bytes follow in {@link #stringPart}. */
  void beginString(RdbKey key, long length) throws RdbException;

  /** Visits the next bytes of the current string. */
  void stringPart(MemorySegment memory, long offset, int length) throws RdbException;

  void endString() throws RdbException;

  /** Ends the RDB. Its checksum, if there is one, was correct. */
  void end() throws RdbException;
}
