package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that copied records equal those written by the visitor's calls. */
class RecordCopierTest {

  private static byte[] rewritten(
      byte[] file,
      boolean passing,
      boolean compress,
      int version,
      int pieces,
      RandomGenerator random)
      throws RdbException {
    BufferMemory buffers = BufferMemory.offHeap();
    MemorySegment bytes = MemorySegment.ofArray(file);
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, compress, buffers).version(version);
        RdbReader reader =
            new RdbReader(buffers, writer, RdbWriter.LONGEST_COMPRESSED_BYTES)
                .checksum(false)
                .trusting()) {
      if (passing) {
        reader.passingTo(writer);
      }
      for (int done = 0; done < file.length; ) {
        int piece = Math.min(file.length - done, 1 + random.nextInt(pieces));
        reader.feed(bytes, done, piece);
        done += piece;
      }
      reader.finish();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  /** Returns strings as the event loop's writer writes them, with all attributes of keys. */
  private static byte[] strings(RandomGenerator random, boolean plain) {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, false, buffers).version(RdbFormat.NEWEST_VERSION)) {
      if (plain) {
        writer.plain();
      }
      writer.begin();
      RdbKey key = new RdbKey();
      for (int i = 0; i < 100; i++) {
        if (random.nextInt(10) == 0) {
          writer.selectDb(random.nextInt(3));
        }
        byte[] name = Rdbs.latin(text(random));
        byte[] value = Rdbs.latin(text(random));
        key.plain().at(MemorySegment.ofArray(name), 0, name.length);
        if (random.nextInt(3) == 0) {
          key.expireAtMillis(random.nextLong() >>> 1);
        }
        switch (random.nextInt(4)) {
          case 0 -> key.idleSeconds(random.nextLong() >>> 1 + random.nextInt(63));
          case 1 -> key.frequency(random.nextInt(256));
          default -> key.idleSeconds(RdbKey.NONE);
        }
        writer.string(key, MemorySegment.ofArray(value), 0, value.length);
      }
      writer.end();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static String text(RandomGenerator random) {
    return switch (random.nextInt(6)) {
      case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
      case 1 -> "0" + random.nextInt(100);
      case 2 -> "abc".repeat(random.nextInt(40));
      case 3 -> Rdbs.noise(random, random.nextInt(100));
      case 4 -> random.nextInt(10) > 0 ? "" : "0123456789".repeat(random.nextInt(4000));
      default -> Rdbs.noise(random, random.nextInt(20));
    };
  }

  private static void assertSame(byte[] told, byte[] passed) {
    assertThat(Arrays.mismatch(told, passed)).as("place of the first difference").isEqualTo(-1);
  }

  @Test
  void copiesStringsUnchanged() throws RdbException {
    RandomGenerator random = Seed.random("RecordCopierTest.strings");
    for (int round = 0; round < 40; round++) {
      byte[] file = strings(random, random.nextBoolean());
      boolean compress = random.nextBoolean();
      byte[] told = rewritten(file, false, compress, 9, 1000, random);
      int pieces = random.nextBoolean() ? 20 : 20_000;
      assertSame(told, rewritten(file, true, compress, 9, pieces, random));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 11, 12})
  void copiesCollectionsUnchanged(int version) throws RdbException {
    RandomGenerator random = Seed.random("RecordCopierTest.collections");
    for (int round = 0; round < 20; round++) {
      byte[] file = RandomCollections.file(random, RdbFormat.NEWEST_VERSION, false, 30);
      boolean compress = random.nextBoolean();
      byte[] told = rewritten(file, false, compress, version, 1000, random);
      int pieces = random.nextBoolean() ? 20 : 20_000;
      assertSame(told, rewritten(file, true, compress, version, pieces, random));
    }
  }
}
