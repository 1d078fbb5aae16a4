package io.redoubt.server.snapshot;

import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbKey;
import io.redoubt.server.keyspace.Database;
import java.lang.foreign.MemorySegment;

/**
 * Puts the one value of a payload under a key. Everything else than a value has no place in a
 * payload.
 */
final class RestoredValue extends CollectionFiller {

  private final Database database;
  private final long keyAddress;
  private final int keyLength;
  private final long expireAtMillis;
  private long entry;

  RestoredValue(Database database, long keyAddress, int keyLength, long expireAtMillis) {
    this.database = database;
    this.keyAddress = keyAddress;
    this.keyLength = keyLength;
    this.expireAtMillis = expireAtMillis;
  }

  long entry() {
    return entry;
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    entry = database.putString(keyAddress, keyLength, offset, length, expireAtMillis);
  }

  @Override
  public void integer(RdbKey key, long value) {
    entry = database.putInteger(keyAddress, keyLength, value, expireAtMillis);
  }

  @Override
  public void empty(RdbKey key) throws RdbException {
    throw RdbException.refusal("A collection without elements");
  }

  private static RdbException misplaced() {
    return RdbException.refusal("Not a value");
  }

  @Override
  public void begin(int version) throws RdbException {
    throw misplaced();
  }

  @Override
  public void aux(String name, String value) throws RdbException {
    throw misplaced();
  }

  @Override
  public void selectDb(int index) throws RdbException {
    throw misplaced();
  }

  @Override
  public void resizeDb(long keys, long expiring) throws RdbException {
    throw misplaced();
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) throws RdbException {
    throw misplaced();
  }

  @Override
  public void moduleAux(String module) throws RdbException {
    throw misplaced();
  }

  @Override
  public void beginString(RdbKey key, long length) throws RdbException {
    throw misplaced();
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) throws RdbException {
    throw misplaced();
  }

  @Override
  public void endString() throws RdbException {
    throw misplaced();
  }

  @Override
  public void end() throws RdbException {
    throw misplaced();
  }
}
