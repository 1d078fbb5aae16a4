package io.redoubt.persistence.rdb;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/** Builds and reads RDB files in memory. */
public final class Rdbs {

  private Rdbs() {}

  static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  public static byte[] write(Map<String, RdbContents.Value> keys, boolean compress) {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, compress, buffers)) {
      writer.begin();
      writer.aux("redis-ver", "7.2.4");
      writer.aux("redis-bits", "64");
      int selected = -1;
      RdbKey key = new RdbKey();
      for (Map.Entry<String, RdbContents.Value> entry : new TreeMap<>(keys).entrySet()) {
        int slash = entry.getKey().indexOf('/');
        int database = Integer.parseInt(entry.getKey().substring(0, slash));
        if (database != selected) {
          selected = database;
          writer.selectDb(database);
          writer.resizeDb(keys.size(), 0);
        }
        MemorySegment name = MemorySegment.ofArray(latin(entry.getKey().substring(slash + 1)));
        MemorySegment value = MemorySegment.ofArray(latin(entry.getValue().bytes()));
        key.plain().at(name, 0, (int) name.byteSize());
        key.expireAtMillis(entry.getValue().expireAtMillis());
        writer.string(key, value, 0, (int) value.byteSize());
      }
      writer.end();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** Reads bytes in chunks of random sizes up to pieceBytes. */
  static RdbContents read(byte[] file, int pieceBytes, RandomGenerator random, int largeBytes)
      throws RdbException {
    RdbContents contents = new RdbContents();
    MemorySegment bytes = MemorySegment.ofArray(file);
    try (RdbReader reader = new RdbReader(BufferMemory.offHeap(), contents, largeBytes)) {
      reader.totalBytes(file.length);
      for (int done = 0; done < file.length; ) {
        int piece = Math.min(file.length - done, 1 + random.nextInt(pieceBytes));
        reader.feed(bytes, done, piece);
        done += piece;
      }
      reader.finish();
    }
    return contents;
  }

  static RdbContents read(byte[] file) throws RdbException {
    return read(file, file.length, Seed.ofProcess(), 1 << 16);
  }

  /**
   * Returns keys in several databases with values of all kinds: numbers, short, long, compressible
   * or not.
   */
  public static Map<String, RdbContents.Value> randomKeys(RandomGenerator random, int count) {
    Map<String, RdbContents.Value> keys = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      String key =
          random.nextInt(4) == 0 ? Integer.toString(random.nextInt()) : randomBytes(random);
      long expiry =
          random.nextBoolean() ? RdbKey.NONE : 4_000_000_000_000L + random.nextInt(1_000_000);
      keys.put(
          RdbContents.name(random.nextInt(3) * 7, key),
          new RdbContents.Value(randomValue(random), expiry));
    }
    return keys;
  }

  private static String randomValue(RandomGenerator random) {
    return switch (random.nextInt(8)) {
      case 0 -> Integer.toString(random.nextInt(256) - 128);
      case 1 -> Integer.toString(random.nextInt(65536) - 32768);
      case 2 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 3 -> "0" + random.nextInt(100);
      case 4 -> "ab".repeat(random.nextInt(100));
      case 5 -> "0123456789abcdef-".repeat(random.nextInt(5000));
      case 6 -> noise(random, random.nextInt(80_000));
      default -> randomBytes(random);
    };
  }

  private static String randomBytes(RandomGenerator random) {
    return noise(random, 1 + random.nextInt(30));
  }

  static String noise(RandomGenerator random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
