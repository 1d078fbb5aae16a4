package io.redoubt.persistence.packed;

import static org.assertj.core.api.Assertions.assertThat;

import com.ning.compress.lzf.LZFChunk;
import com.ning.compress.lzf.util.ChunkDecoderFactory;
import com.ning.compress.lzf.util.ChunkEncoderFactory;
import io.redoubt.protocol.Seed;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tests compression against decompression and against an independent LZF library. */
class LzfTest {

  private static byte[] sample(RandomGenerator random) {
    int length = 1 + random.nextInt(random.nextBoolean() ? 100 : 60_000);
    byte[] bytes = new byte[length];
    int alphabet = 1 + random.nextInt(60);
    for (int i = 0; i < length; ) {
      if (i > 10 && random.nextInt(3) == 0) {
        int from = random.nextInt(i);
        int run = Math.min(length - i, 1 + random.nextInt(400));
        for (int k = 0; k < run; k++) {
          bytes[i + k] = bytes[from + k];
        }
        i += run;
      } else {
        bytes[i++] = (byte) random.nextInt(alphabet);
      }
    }
    return bytes;
  }

  private static byte[] compressed(Lzf.Compressor lzf, Arena arena, byte[] plain) {
    MemorySegment source = arena.allocate(plain.length);
    MemorySegment.copy(plain, 0, source, ValueLayout.JAVA_BYTE, 0, plain.length);
    MemorySegment target = arena.allocate(plain.length + 1);
    int size = lzf.compress(source, 0, plain.length, target, 0, plain.length);
    return target.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE);
  }

  @Test
  void compressesForAnotherLibrary() throws IOException {
    RandomGenerator random = Seed.random("LzfTest");
    Lzf.Compressor lzf = new Lzf.Compressor();
    int smaller = 0;
    for (int round = 0; round < 300; round++) {
      byte[] plain = sample(random);
      try (Arena arena = Arena.ofConfined()) {
        byte[] result = compressed(lzf, arena, plain);
        if (result.length == 0) {
          continue;
        }
        smaller++;
        byte[] framed = new byte[result.length + 7];
        framed[0] = 'Z';
        framed[1] = 'V';
        framed[2] = 1;
        framed[3] = (byte) (result.length >> 8);
        framed[4] = (byte) result.length;
        framed[5] = (byte) (plain.length >> 8);
        framed[6] = (byte) plain.length;
        System.arraycopy(result, 0, framed, 7, result.length);
        assertThat(ChunkDecoderFactory.safeInstance().decode(framed)).isEqualTo(plain);
      }
    }
    assertThat(smaller).isGreaterThan(100);
  }

  @Test
  void decompressesAnotherLibrarysOutputInChunks() {
    RandomGenerator random = Seed.random("LzfTest");
    for (int round = 0; round < 300; round++) {
      byte[] plain = sample(random);
      LZFChunk chunk = ChunkEncoderFactory.safeInstance().encodeChunk(plain, 0, plain.length);
      byte[] framed = chunk.getData();
      if (framed[2] != 1) {
        continue; // no compression was possible
      }
      byte[] output = new byte[plain.length];
      MemorySegment source = MemorySegment.ofArray(framed);
      MemorySegment target = MemorySegment.ofArray(output);
      Lzf.Decompressor lzf = new Lzf.Decompressor();
      long in = 7;
      long out = 0;
      long arrived = 7;
      while (in < framed.length) {
        arrived = Math.min(framed.length, arrived + 1 + random.nextInt(2000));
        assertThat(lzf.run(source, in, arrived, target, 0, out, plain.length)).isTrue();
        in = lzf.input();
        out = lzf.output();
      }
      assertThat(output).isEqualTo(plain);
    }
  }

  /** A single call decompresses more than a block, with references across the blocks' borders. */
  @Test
  void decompressesLongDataInOneCall() {
    RandomGenerator random = Seed.random("LzfTest");
    for (int round = 0; round < 40; round++) {
      byte[] plain = new byte[1 + random.nextInt(300_000)];
      int distance = 1 + random.nextInt(1 << random.nextInt(15));
      for (int i = 0; i < plain.length; i++) {
        boolean repeats = i >= distance && random.nextInt(20) != 0;
        plain[i] = repeats ? plain[i - distance] : (byte) random.nextInt(256);
      }
      try (Arena arena = Arena.ofConfined()) {
        byte[] packed = compressed(new Lzf.Compressor(), arena, plain);
        if (packed.length == 0) {
          continue; // incompressible
        }
        byte[] output = new byte[plain.length + 10];
        Lzf.Decompressor lzf = new Lzf.Decompressor();
        boolean valid =
            lzf.run(
                MemorySegment.ofArray(packed),
                0,
                packed.length,
                MemorySegment.ofArray(output),
                5,
                5,
                5 + plain.length);
        assertThat(valid).isTrue();
        assertThat(lzf.input()).isEqualTo(packed.length);
        assertThat(lzf.output()).isEqualTo(5 + plain.length);
        assertThat(Arrays.copyOfRange(output, 5, 5 + plain.length)).isEqualTo(plain);
        assertThat(output[5 + plain.length]).isZero();
      }
    }
  }

  /** Records of one length that differ in single bytes, among them the last ones. */
  @Test
  void compressesTheSameAfterOtherData() {
    RandomGenerator random = Seed.random("LzfTest");
    Lzf.Compressor used = new Lzf.Compressor();
    for (int round = 0; round < 300; round++) {
      byte[] plain = new byte[1 + random.nextInt(random.nextBoolean() ? 200 : 40_000)];
      int distance = 3 + random.nextInt(40);
      for (int i = 0; i < plain.length; i++) {
        boolean repeats = i >= distance && random.nextInt(distance) != 0;
        plain[i] = repeats ? plain[i - distance] : (byte) random.nextInt(256);
      }
      try (Arena arena = Arena.ofConfined()) {
        byte[] packed = compressed(used, arena, plain);
        assertThat(packed).isEqualTo(compressed(new Lzf.Compressor(), arena, plain));
        if (packed.length == 0) {
          continue; // incompressible
        }
        byte[] output = new byte[plain.length];
        MemorySegment source = MemorySegment.ofArray(packed);
        MemorySegment target = MemorySegment.ofArray(output);
        Lzf.Decompressor lzf = new Lzf.Decompressor();
        assertThat(lzf.run(source, 0, packed.length, target, 0, 0, plain.length)).isTrue();
        assertThat(lzf.input()).isEqualTo(packed.length);
        assertThat(output).isEqualTo(plain);
      }
    }
  }

  @Test
  void returnsZeroForIncompressibleData() {
    byte[] noise = new byte[5000];
    Seed.random("LzfTest").nextBytes(noise);
    try (Arena arena = Arena.ofConfined()) {
      assertThat(compressed(new Lzf.Compressor(), arena, noise)).isEmpty();
    }
  }

  @Test
  void refusesReferencesBeforeTheStart() {
    MemorySegment corrupt = MemorySegment.ofArray(new byte[] {0, 'a', 0x20, 5});
    Lzf.Decompressor lzf = new Lzf.Decompressor();
    MemorySegment target = MemorySegment.ofArray(new byte[100]);
    assertThat(lzf.run(corrupt, 0, 4, target, 50, 50, 100)).isFalse();
  }
}
