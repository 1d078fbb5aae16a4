package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.packed.Lzf;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class DumpPayloadTest {

  static byte[] dump(String value) {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = DumpPayload.writer(out, new Lzf.Compressor(), 9, buffers)) {
      MemorySegment bytes = MemorySegment.ofArray(Rdbs.latin(value));
      writer.string(new RdbKey(), bytes, 0, value.length());
      DumpPayload.writeFooter(out, writer);
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  static String restore(byte[] payload) throws RdbException {
    RdbContents contents = new RdbContents();
    read(payload, contents);
    return contents.keys.values().iterator().next().bytes();
  }

  /** Passes the value of a payload to a visitor. */
  static void read(byte[] payload, RdbValueVisitor visitor) throws RdbException {
    try (PayloadReader reader =
        new PayloadReader(BufferMemory.offHeap(), new Lzf.Decompressor(), visitor)) {
      reader.open(MemorySegment.ofArray(payload), 0, payload.length);
      while (reader.step()) {
        // one part after another
      }
    }
  }

  static boolean valid(byte[] payload) {
    return DumpPayload.isValid(MemorySegment.ofArray(payload), 0, payload.length, true);
  }

  @Test
  void restoresWhatItDumps() throws RdbException {
    RandomGenerator random = Seed.random("DumpPayloadTest");
    String[] values = {
      "", "1", "-129", "70000", "12345678901", "abc".repeat(100_000), Rdbs.noise(random, 200_000)
    };
    for (String value : values) {
      byte[] payload = dump(value);
      assertThat(valid(payload)).isTrue();
      assertThat(restore(payload)).isEqualTo(value);
    }
  }

  @Test
  void refusesNewerVersionsAndWrongChecksums() {
    byte[] payload = dump("hello");
    payload[payload.length - 10] = 13;
    long crc = Crc64.update(0, MemorySegment.ofArray(payload), 0, payload.length - 8);
    MemorySegment.ofArray(payload)
        .set(
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
            payload.length - 8,
            crc);
    assertThat(valid(payload)).isFalse();
    byte[] other = dump("hello");
    other[2] ^= 1;
    assertThat(valid(other)).isFalse();
    assertThat(DumpPayload.isValid(MemorySegment.ofArray(other), 0, other.length, false)).isTrue();
    assertThat(valid(new byte[9])).isFalse();
  }

  @Test
  void readsAPayloadOfRedis7() throws RdbException {
    // DUMP of a key that holds 300, by Redis 7.0.15
    byte[] payload = HexFormat.of().parseHex(REDIS_7_DUMP_OF_300);
    assertThat(valid(payload)).isTrue();
    assertThat(restore(payload)).isEqualTo("300");
  }

  @Test
  void refusesBytesBehindTheValue() {
    byte[] payload = new byte[14];
    payload[1] = 1;
    payload[2] = 'v';
    assertThatThrownBy(() -> restore(payload))
        .isInstanceOf(RdbException.class)
        .hasMessage("Bytes behind the value");
  }

  private static final String REDIS_7_DUMP_OF_300 = "00c12c010a00954261f265825c10";
}
