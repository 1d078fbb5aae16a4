package io.redoubt.persistence.rdb;

import java.lang.foreign.MemorySegment;

/**
 * What an RDB stream says, call by call in the order of the stream. {@link RdbReader} makes the
 * calls, {@link RdbWriter} writes them. Every call may refuse what it gets with an {@link
 * RdbException}. Bytes are given as a place in memory and are valid until the call returns.
 */
public interface RdbVisitor extends RdbValueVisitor {

  /** The stream begins. */
  void begin(int version) throws RdbException;

  /** A fact about the file, as a name and a value. */
  void aux(String name, String value) throws RdbException;

  /** The keys that follow are in this database. */
  void selectDb(int database) throws RdbException;

  /**
   * How many keys the selected database holds and how many of them expire: for sizing only, it need
   * not be exact.
   */
  void resizeDb(long keys, long expiring) throws RdbException;

  /** The source text of a function library. */
  void function(MemorySegment memory, long offset, int length) throws RdbException;

  /** Data that a module wrote beside the keys; its content has been skipped. */
  void moduleAux(String module) throws RdbException;

  /** A key with a string too long to be held at once: its bytes follow in {@link #stringPart}. */
  void beginString(RdbKey key, long length) throws RdbException;

  /** The next bytes of the string begun. */
  void stringPart(MemorySegment memory, long offset, int length) throws RdbException;

  /** All bytes of the string begun have been given. */
  void endString() throws RdbException;

  /** The stream is complete and its checksum, if it has one, is right. */
  void end() throws RdbException;
}
