package io.redoubt.persistence.rdb;

import io.redoubt.protocol.bytes.BufferMemory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Small RDB files with strings, for tests of other packages. */
public final class RdbStrings implements AutoCloseable {

  private final Contents contents = new Contents();
  private final RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents);

  /** A file with these keys of database 0 and their values. */
  public static byte[] write(Map<String, String> keys) {
    Map<String, Contents.Value> values = new TreeMap<>();
    keys.forEach(
        (key, value) -> values.put(Contents.name(0, key), new Contents.Value(value, RdbKey.NONE)));
    return Rdbs.write(values, true);
  }

  /** The reader that the file is to be given to. */
  public RdbReader reader() {
    return reader;
  }

  /** The keys read so far and their values. */
  public Map<String, String> keys() {
    Map<String, String> keys = new TreeMap<>();
    contents.keys.forEach(
        (name, value) -> keys.put(name.substring(name.indexOf('/') + 1), value.bytes()));
    return keys;
  }

  /** The names of the keys read so far. */
  public List<String> names() {
    return List.copyOf(keys().keySet());
  }

  @Override
  public void close() {
    reader.close();
  }
}
