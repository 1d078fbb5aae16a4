package io.redoubt.server.snapshot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.persistence.packed.Packs;
import io.redoubt.persistence.rdb.Crc64;
import io.redoubt.persistence.rdb.InconsistentValues;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Mutated payloads for RESTORE, of every type and encoding since RDB version 6; some are also
 * inconsistent. Version and checksum are valid, so that the mutation reaches the decoder.
 */
public final class HostilePayloads {

  private static final int FOOTER_BYTES = 10;
  private static final int OLDEST_VERSION = 6;
  private static final int NEWEST_VERSION = 12;
  private static final int MUTANTS_OF_EACH = 8;

  /** The type of hashes with expiring fields, which start with the earliest expiry. */
  private static final byte HASH_METADATA = 24;

  private static final int EXPIRY_HIGH_BYTE = 6;

  /** Bytes with a meaning in a length, a listpack, an intset, a ziplist or a zipmap. */
  private static final int[] EDGES = {
    0, 1, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xc3, 0xdf, 0xe0, 0xf0, 0xf1, 0xf4, 0xfd, 0xfe,
    0xff
  };

  /** Counts that exceed any payload, as RDB lengths. */
  private static final byte[][] LYING_LENGTHS = {
    {0x7f, -1},
    {-128, 0x00, 0x0f, -1, -1},
    {-128, 0x7f, -1, -1, -1},
    {-128, -1, -1, -1, -1},
    {-127, 0, 0, 1, 0, 0, 0, 0, 0},
    {-127, 0x7f, -1, -1, -1, -1, -1, -1, -1},
    {-127, -1, -1, -1, -1, -1, -1, -1, -1}
  };

  private final RandomGenerator random;
  private final RandomValues values;
  private final InconsistentValues inconsistent;
  private byte[] valid = {};
  private int mutants;

  /** Creates payloads derived from a random generator. */
  public HostilePayloads(RandomGenerator random) {
    this.random = random;
    this.values = new RandomValues(random);
    this.inconsistent = new InconsistentValues(random);
  }

  /** Returns the next payload; one in nine is not mutated. */
  public byte[] next() {
    if (mutants == 0) {
      valid =
          switch (random.nextInt(6)) {
            case 0, 1 -> old();
            case 2 -> withoutFooter(inconsistent.next().payload());
            default -> withoutFooter(values.payload());
          };
      mutants = MUTANTS_OF_EACH;
      return sealed(valid);
    }
    mutants--;
    return sealed(mutated());
  }

  private static byte[] withoutFooter(byte[] payload) {
    return Arrays.copyOf(payload, payload.length - FOOTER_BYTES);
  }

  private byte[] sealed(byte[] body) {
    byte[] payload = Arrays.copyOf(body, body.length + FOOTER_BYTES);
    int at = body.length;
    payload[at] = (byte) random.nextInt(OLDEST_VERSION, NEWEST_VERSION + 1);
    long sum = Crc64.update(0, MemorySegment.ofArray(payload), 0, at + 2L);
    for (int i = 0; i < Long.BYTES; i++) {
      payload[at + 2 + i] = (byte) (sum >>> (8 * i));
    }
    return payload;
  }

  private byte[] mutated() {
    byte[] bytes = valid.clone();
    if (bytes[0] == HASH_METADATA && random.nextInt(4) == 0) {
      bytes[EXPIRY_HIGH_BYTE] = 0; // low times: expiring fields are due
    }
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 1; changes--) {
      boolean early = random.nextInt(3) == 0;
      int at = random.nextInt(early ? Math.min(bytes.length, 24) : bytes.length);
      switch (random.nextInt(9)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] += (byte) (random.nextInt(3) - 1);
        case 3 -> bytes[at] = (byte) EDGES[random.nextInt(EDGES.length)];
        case 4 -> bytes = Arrays.copyOf(bytes, random.nextInt(8) == 0 ? at + 1 : bytes.length);
        case 5 -> bytes = with(bytes, at, LYING_LENGTHS[random.nextInt(LYING_LENGTHS.length)]);
        case 6 ->
            Arrays.fill(
                bytes, at, Math.min(bytes.length, at + 8), (byte) (random.nextBoolean() ? 0 : -1));
        case 7 -> bytes[0] = (byte) random.nextInt(26); // the content as another type
        default -> {
          int from = random.nextInt(bytes.length);
          int run = Math.min(random.nextInt(40), bytes.length - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, run);
        }
      }
    }
    return bytes;
  }

  /** Returns the bytes with one byte replaced by a false length. */
  private static byte[] with(byte[] bytes, int at, byte[] length) {
    byte[] all = new byte[bytes.length - 1 + length.length];
    System.arraycopy(bytes, 0, all, 0, at);
    System.arraycopy(length, 0, all, at, length.length);
    System.arraycopy(bytes, at + 1, all, at + length.length, bytes.length - at - 1);
    return all;
  }

  /** Returns a value in an encoding that this server doesn't write, or a string. */
  private byte[] old() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int type = new int[] {0, 0, 1, 2, 3, 4, 9, 10, 11, 12, 13, 14}[random.nextInt(12)];
    out.write(type);
    List<String> elements = elements(type == 3 || type == 4 || type == 9 || type > 11 ? 2 : 1);
    switch (type) {
      case 0 -> string(out, random.nextInt(3) == 0 ? hyperLogLog() : latin(values.text()));
      case 1, 2 -> {
        length(out, elements.size());
        elements.forEach(element -> string(out, latin(element)));
      }
      case 3 -> scores(out, elements);
      case 4 -> {
        length(out, elements.size() / 2);
        elements.forEach(element -> string(out, latin(element)));
      }
      case 9 -> string(out, Packs.zipmap(elements));
      case 11 -> string(out, Packs.intset(numbers()));
      case 12 -> string(out, Packs.ziplist(withScores(elements)));
      case 14 -> {
        length(out, 2);
        string(out, Packs.ziplist(elements));
        string(out, Packs.ziplist(elements(1)));
      }
      default -> string(out, Packs.ziplist(elements));
    }
    return out.toByteArray();
  }

  private List<String> elements(int tuple) {
    List<String> elements = new ArrayList<>();
    for (int i = tuple * (1 + random.nextInt(12)); i > 0; i--) {
      elements.add(values.text());
    }
    return elements;
  }

  private List<Long> numbers() {
    List<Long> numbers = new ArrayList<>();
    for (int i = 1 + random.nextInt(20); i > 0; i--) {
      numbers.add(random.nextLong() >> random.nextInt(64));
    }
    return numbers;
  }

  private static List<String> withScores(List<String> elements) {
    List<String> scored = new ArrayList<>(elements);
    for (int i = 1; i < scored.size(); i += 2) {
      scored.set(i, Integer.toString(i));
    }
    return scored;
  }

  private void scores(ByteArrayOutputStream out, List<String> members) {
    length(out, members.size());
    for (String member : members) {
      string(out, latin(member));
      byte[] score = latin(Double.toString(random.nextGaussian()));
      switch (random.nextInt(5)) {
        case 0 -> out.write(253 + random.nextInt(3)); // nan, inf, -inf
        default -> {
          out.write(score.length);
          out.writeBytes(score);
        }
      }
    }
  }

  /** Returns a sparse or a dense HyperLogLog with arbitrary registers. */
  private byte[] hyperLogLog() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(latin("HYLL"));
    boolean dense = random.nextInt(8) == 0;
    out.write(dense ? 0 : 1);
    out.writeBytes(new byte[3]);
    out.writeBytes(new byte[7]);
    out.write(random.nextBoolean() ? 0x80 : 0);
    if (dense) {
      byte[] registers = new byte[12_288];
      random.nextBytes(registers);
      out.writeBytes(registers);
      return out.toByteArray();
    }
    int left = 1 << 14;
    for (int i = random.nextInt(20); i > 0; i--) {
      int run = 1 + random.nextInt(4);
      out.write(0x80 | random.nextInt(32) << 2 | (run - 1));
      left -= run;
    }
    int zeros = left - 1;
    out.write(0x40 | zeros >> 8);
    out.write(zeros);
    return out.toByteArray();
  }

  private static byte[] latin(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static void length(ByteArrayOutputStream out, int length) {
    if (length < 64) {
      out.write(length);
    } else {
      out.write(0x80);
      for (int shift = 24; shift >= 0; shift -= 8) {
        out.write(length >> shift);
      }
    }
  }

  private static void string(ByteArrayOutputStream out, byte[] bytes) {
    length(out, bytes.length);
    out.writeBytes(bytes);
  }
}
