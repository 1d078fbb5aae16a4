package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Small RDB files with strings, for tests of other packages. */
public final class RdbStrings implements AutoCloseable {

  private final RdbContents contents = new RdbContents();
  private final RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents);

  /** Returns a file with these keys and values in database 0. */
  public static byte[] write(Map<String, String> keys) {
    Map<String, RdbContents.Value> values = new TreeMap<>();
    keys.forEach((key, value) ->
        values.put(RdbContents.name(0, key), new RdbContents.Value(value, RdbKey.NONE)));
    return Rdbs.write(values, true);
  }

  /** Returns the reader for the file. */
  public RdbReader reader() {
    return reader;
  }

  /** Returns the keys read so far with their values. */
  public Map<String, String> keys() {
    Map<String, String> keys = new TreeMap<>();
    contents.keys.forEach(
        (name, value) -> keys.put(name.substring(name.indexOf('/') + 1), value.bytes()));
    return keys;
  }

  /** Returns the names of the keys read so far. */
  public List<String> names() {
    return List.copyOf(keys().keySet());
  }

  @Override
  public void close() {
    reader.close();
  }
}
