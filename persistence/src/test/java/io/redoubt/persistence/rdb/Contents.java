package io.redoubt.persistence.rdb;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Collects what a reader tells. Bytes are kept as ISO-8859-1 text, so that they compare and print.
 */
final class Contents implements RdbVisitor {

  record Value(String bytes, long expireAtMillis) {}

  final Map<String, Value> keys = new LinkedHashMap<>();
  final Map<String, String> aux = new LinkedHashMap<>();
  int version;
  int database;
  int functions;
  String module = "";
  boolean ended;
  long idleSeconds = RdbKey.NONE;
  int frequency = RdbKey.NONE;
  int parts;

  private final ByteArrayOutputStream large = new ByteArrayOutputStream();
  private String largeKey = "";
  private long largeLength;
  private long largeExpiry;

  static String text(MemorySegment memory, long offset, long length) {
    return new String(
        memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
  }

  static String name(int database, String key) {
    return database + "/" + key;
  }

  private String name(RdbKey key) {
    idleSeconds = key.idleSeconds();
    frequency = key.frequency();
    return name(database, text(key.memory(), key.offset(), key.length()));
  }

  @Override
  public void begin(int streamVersion) {
    version = streamVersion;
  }

  @Override
  public void aux(String name, String value) {
    aux.put(name, value);
  }

  @Override
  public void selectDb(int selected) {
    database = selected;
  }

  @Override
  public void resizeDb(long count, long expiring) {
    aux.put("resize" + database, count + "," + expiring);
  }

  @Override
  public void function(MemorySegment memory, long offset, int length) {
    functions++;
  }

  @Override
  public void moduleAux(String name) {
    module = name;
  }

  @Override
  public void string(RdbKey key, MemorySegment memory, long offset, int length) {
    keys.put(name(key), new Value(text(memory, offset, length), key.expireAtMillis()));
  }

  @Override
  public void integer(RdbKey key, long value) {
    keys.put(name(key), new Value(Long.toString(value), key.expireAtMillis()));
  }

  @Override
  public void beginString(RdbKey key, long length) {
    largeKey = name(key);
    largeLength = length;
    largeExpiry = key.expireAtMillis();
    large.reset();
  }

  @Override
  public void stringPart(MemorySegment memory, long offset, int length) {
    parts++;
    large.writeBytes(memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
  }

  @Override
  public void endString() {
    if (large.size() != largeLength) {
      throw new AssertionError(large.size() + " bytes in parts, " + largeLength + " announced");
    }
    keys.put(largeKey, new Value(large.toString(StandardCharsets.ISO_8859_1), largeExpiry));
  }

  @Override
  public void end() {
    ended = true;
  }
}
