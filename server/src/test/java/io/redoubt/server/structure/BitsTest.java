package io.redoubt.server.structure;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.Seed;
import io.redoubt.server.memory.CheckingSlabs;
import io.redoubt.server.memory.Region;
import io.redoubt.server.memory.Slabs;
import io.redoubt.server.structure.Bits.Combination;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Compares bits in the region with a {@link BigInteger} of the same digits. */
final class BitsTest {
  private static final int ROUNDS = 3000;
  private static final int MAX_BYTES = 40;

  private final Random random = Seed.random("BitsTest");
  private final Slabs slabs = CheckingSlabs.create();
  private long address;
  private int length;
  private byte[] bytes = {};

  @BeforeEach
  void allocate() {
    address = slabs.allocateFar(MAX_BYTES);
  }

  @AfterEach
  void nothingIsLeft() {
    slabs.free(address, MAX_BYTES);
    slabs.close();
  }

  private void next() {
    length = 1 + random.nextInt(MAX_BYTES);
    bytes = new byte[length];
    switch (random.nextInt(3)) {
      case 0 -> random.nextBytes(bytes);
      case 1 -> bytes[random.nextInt(length)] = (byte) (1 << random.nextInt(8));
      default -> {
        Arrays.fill(bytes, (byte) -1);
        bytes[random.nextInt(length)] = (byte) ~(1 << random.nextInt(8));
      }
    }
    Region.put(address, bytes);
  }

  private int bit(long index) {
    return bytes[(int) (index >> 3)] >> (7 - (index & 7)) & 1;
  }

  @Test
  void countsAndFinds() {
    for (int round = 0; round < ROUNDS; round++) {
      next();
      long first = random.nextInt(8 * length);
      long last = first + random.nextInt(8 * length - (int) first);
      long set = 0;
      long[] found = {-1, -1};
      for (long i = last; i >= first; i--) {
        set += bit(i);
        found[bit(i)] = i;
      }
      assertThat(Bits.count(address, first, last)).isEqualTo(set);
      assertThat(Bits.indexOf(address, 0, first, last)).isEqualTo(found[0]);
      assertThat(Bits.indexOf(address, 1, first, last)).isEqualTo(found[1]);
    }
  }

  @Test
  void readsAndWritesFields() {
    for (int round = 0; round < ROUNDS; round++) {
      next();
      int bits = 1 + random.nextInt(64);
      int offset = random.nextInt(8 * MAX_BYTES);
      BigInteger padded = new BigInteger(1, bytes).shiftLeft(8 * (MAX_BYTES - length) + 64);
      int shift = 8 * MAX_BYTES + 64 - offset - bits;
      BigInteger mask = BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
      assertThat(Bits.getField(address, length, offset, bits))
          .isEqualTo(padded.shiftRight(shift).and(mask).longValue());
      if (offset + bits <= 8 * length) {
        long value = random.nextLong();
        Bits.putField(address, offset, bits, value);
        BigInteger expected =
            padded
                .andNot(mask.shiftLeft(shift))
                .or(BigInteger.valueOf(value).and(mask).shiftLeft(shift))
                .shiftRight(8 * (MAX_BYTES - length) + 64);
        assertThat(new BigInteger(1, Region.toByteArray(address, length))).isEqualTo(expected);
      }
    }
  }

  @Test
  void putsSingleBits() {
    for (int round = 0; round < ROUNDS; round++) {
      next();
      int index = random.nextInt(8 * length);
      int value = random.nextInt(2);
      assertThat(Bits.get(address, length, index)).isEqualTo(bit(index));
      assertThat(Bits.put(address, index, value)).isEqualTo(bit(index));
      assertThat(Bits.get(address, length, index)).isEqualTo(value);
      bytes[index >> 3] ^= (byte) ((bit(index) ^ value) << (7 - (index & 7)));
      assertThat(Region.toByteArray(address, length)).isEqualTo(bytes);
      assertThat(Bits.get(address, length, 8L * length + index)).isZero();
    }
  }

  @Test
  void combinesStrings() {
    long other = slabs.allocateFar(MAX_BYTES);
    long separate = slabs.allocateFar(2 * MAX_BYTES);
    for (int round = 0; round < ROUNDS; round++) {
      next();
      byte[] shorter = new byte[random.nextInt(length + 1)];
      random.nextBytes(shorter);
      Region.put(other, shorter);
      Combination how = Combination.values()[random.nextInt(Combination.values().length)];
      boolean swapped = random.nextBoolean();
      int resultLength = length + random.nextInt(MAX_BYTES);
      byte[] expected = new byte[resultLength];
      for (int i = 0; i < length; i++) {
        int with = i < shorter.length ? shorter[i] : 0;
        int first = swapped ? with : bytes[i];
        int second = swapped ? bytes[i] : with;
        expected[i] =
            switch (how) {
              case AND -> (byte) (first & second);
              case OR -> (byte) (first | second);
              case XOR -> (byte) (first ^ second);
              case ONLY_FIRST -> (byte) (first & ~second);
              case ONLY_SECOND -> (byte) (~first & second);
            };
      }
      long result = separate;
      if (swapped) {
        Bits.combine(how, other, shorter.length, address, length, result, resultLength);
      } else if (random.nextBoolean()) {
        Bits.combine(how, address, length, other, shorter.length, result, resultLength);
      } else {
        result = address;
        resultLength = length;
        Bits.combine(how, address, length, other, shorter.length, result, length);
      }
      expected = Arrays.copyOf(expected, resultLength);
      assertThat(Region.toByteArray(result, resultLength)).as("%s", how).isEqualTo(expected);
      Bits.invert(result, resultLength, result);
      for (int i = 0; i < resultLength; i++) {
        expected[i] = (byte) ~expected[i];
      }
      assertThat(Region.toByteArray(result, resultLength)).isEqualTo(expected);
    }
    slabs.free(separate, 2 * MAX_BYTES);
    slabs.free(other, MAX_BYTES);
  }
}
