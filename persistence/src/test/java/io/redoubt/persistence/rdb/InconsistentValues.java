package io.redoubt.persistence.rdb;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.redoubt.persistence.packed.Packs;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Well-formed but inconsistent values: streams of a wrong length, pending entries of no consumer or
 * of two, sorted sets and intsets out of order, duplicates, scores that are not a number, empty
 * nodes. Released servers wrote most of them and load them.
 */
public final class InconsistentValues {

  private static final int FEW = 8;

  /**
   * A value as it follows its key in a file.
   *
   * @param type the type before the key
   */
  public record Value(int type, byte[] body) {

    /** Returns the value as the payload of RESTORE. */
    public byte[] payload() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(type);
      out.writeBytes(body);
      out.write(10); // the version
      out.write(0);
      byte[] bytes = out.toByteArray();
      little(out, Crc64.update(0, MemorySegment.ofArray(bytes), 0, bytes.length));
      return out.toByteArray();
    }
  }

  private final RandomGenerator random;

  /** Creates values derived from a random generator. */
  public InconsistentValues(RandomGenerator random) {
    this.random = random;
  }

  /** Returns the next value; a few are consistent by accident. */
  public Value next() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int type = new int[] {0, 2, 3, 4, 5, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19}[random.nextInt(15)];
    switch (type) {
      case 0 -> literal(out);
      case 2 -> {
        List<String> members = names(1, true);
        length(out, members.size());
        members.forEach(member -> string(out, latin(member)));
      }
      case 3, 5 -> members(out, type);
      case 4 -> {
        List<String> pairs = names(2, true);
        length(out, pairs.size() / 2);
        pairs.forEach(text -> string(out, latin(text)));
      }
      case 9 -> string(out, Packs.zipmap(names(2, true)));
      case 11 -> string(out, Packs.unsortedIntset(numbers()));
      case 12 -> string(out, Packs.ziplist(scored()));
      case 13 -> string(out, Packs.ziplist(names(2, true)));
      case 14, 18 -> nodes(out, type);
      case 16 -> string(out, Packs.listpack(names(2, true)));
      case 17 -> string(out, Packs.listpack(scored()));
      default -> stream(out, type);
    }
    return new Value(type, out.toByteArray());
  }

  /** Returns names, the first of each tuple possibly twice. */
  private List<String> names(int tuple, boolean repeats) {
    List<String> names = new ArrayList<>();
    int count = 1 + random.nextInt(FEW);
    for (int i = 0; i < count; i++) {
      String name = (random.nextBoolean() ? "m" : "") + i;
      names.add(repeats && i > 0 && random.nextInt(4) == 0 ? names.getFirst() : name);
      for (int k = 1; k < tuple; k++) {
        names.add("v" + random.nextInt(100));
      }
    }
    return names;
  }

  private List<Long> numbers() {
    List<Long> numbers = new ArrayList<>();
    for (int i = 1 + random.nextInt(FEW); i > 0; i--) {
      numbers.add((long) random.nextInt(-FEW, FEW));
    }
    return numbers;
  }

  private List<String> scored() {
    List<String> scored = new ArrayList<>();
    boolean repeats = random.nextInt(3) == 0;
    for (String member : names(1, repeats)) {
      scored.add(member);
      scored.add(random.nextInt(FEW) == 0 ? "nan" : Integer.toString(random.nextInt(FEW)));
    }
    return scored;
  }

  private void members(ByteArrayOutputStream out, int type) {
    List<String> members = names(1, random.nextBoolean());
    length(out, members.size());
    for (String member : members) {
      string(out, latin(member));
      boolean number = random.nextInt(FEW) != 0;
      if (type == 5) {
        little(out, Double.doubleToRawLongBits(number ? random.nextInt(FEW) : Double.NaN));
      } else if (number) {
        out.write(1);
        out.write('0' + random.nextInt(FEW));
      } else {
        out.write(253);
      }
    }
  }

  /** Writes an LZF string that is longer than its content. */
  private void literal(ByteArrayOutputStream out) {
    byte[] text = latin("x".repeat(1 + random.nextInt(FEW)));
    boolean single = random.nextBoolean();
    out.write(0xc3);
    length(out, single ? 2 * text.length : text.length + 1);
    length(out, text.length);
    for (int i = 0; i < text.length; i++) {
      if (single || i == 0) {
        out.write(single ? 0 : text.length - 1);
      }
      out.write(text[i]);
    }
  }

  private void nodes(ByteArrayOutputStream out, int type) {
    int count = 1 + random.nextInt(4);
    int full = random.nextInt(count); // a node that is not empty
    length(out, count);
    for (int i = 0; i < count; i++) {
      List<String> elements = i == full || random.nextBoolean() ? names(1, true) : List.of();
      if (type == 18) {
        length(out, 2);
        string(out, Packs.listpack(elements));
      } else {
        string(out, Packs.ziplist(elements));
      }
    }
  }

  private void stream(ByteArrayOutputStream out, int type) {
    List<Integer> ids = new ArrayList<>();
    int nodes = random.nextInt(3);
    length(out, nodes);
    int id = 0;
    int alive = 0;
    for (int node = 0; node < nodes; node++) {
      int base = id + 1;
      int entries = random.nextInt(4);
      int deleted = 0;
      List<String> elements = new ArrayList<>();
      for (int i = 0; i < entries; i++) {
        id += 1 + random.nextInt(3);
        boolean isDeleted = random.nextInt(4) == 0;
        deleted += isDeleted ? 1 : 0;
        ids.add(id);
        Collections.addAll(
            elements, isDeleted ? "3" : "2", Integer.toString(id - base), "0", "v", "4");
      }
      alive += entries - deleted;
      id = Math.max(id, base);
      List<String> all = new ArrayList<>();
      all.add(Integer.toString(entries - deleted + lie()));
      all.add(Integer.toString(deleted + lie()));
      Collections.addAll(all, "1", "f", "0");
      all.addAll(elements);
      length(out, 16);
      id(out, base);
      string(out, Packs.listpack(all));
    }
    length(out, nodes == 0 && random.nextBoolean() ? 0 : alive + lie());
    length(out, Math.max(0, id + lie() - lie()));
    length(out, 0);
    if (type == 19) {
      for (int i = 0; i < 2; i++) { // the first id and the greatest deleted one
        length(out, random.nextInt(FEW));
        length(out, 0);
      }
      length(out, Math.max(0, alive - lie()));
    }
    int groups = random.nextInt(3);
    length(out, groups);
    for (int group = 0; group < groups; group++) {
      group(out, type, "g" + group, ids);
    }
  }

  private void group(ByteArrayOutputStream out, int type, String name, List<Integer> ids) {
    string(out, latin(name));
    length(out, random.nextInt(FEW));
    length(out, 0);
    if (type == 19) {
      length(out, random.nextInt(FEW));
    }
    List<Integer> pending = new ArrayList<>(ids);
    if (random.nextBoolean()) {
      Collections.shuffle(pending, random);
    }
    length(out, pending.size());
    for (int id : pending) {
      id(out, id);
      little(out, 1_700_000_000_000L);
      length(out, 1 + random.nextInt(3));
    }
    int consumers = random.nextInt(3);
    int shares = 1 + random.nextInt(consumers + 1); // some entries belong to no consumer
    length(out, consumers);
    for (int consumer = 0; consumer < consumers; consumer++) {
      string(out, latin(consumer == 1 && random.nextBoolean() ? "unassigned" : "c" + consumer));
      little(out, 1_700_000_000_000L);
      List<Integer> own = new ArrayList<>();
      for (int i = 0; i < pending.size(); i++) {
        if (i % shares == consumer || random.nextInt(FEW * 2) == 0) {
          own.add(pending.get(i));
        }
      }
      length(out, own.size());
      own.forEach(id -> id(out, id));
    }
  }

  private int lie() {
    return random.nextInt(4) == 0 ? random.nextInt(3) : 0;
  }

  private static void id(ByteArrayOutputStream out, long millis) {
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.write((int) (millis >> shift));
    }
    out.writeBytes(new byte[8]);
  }

  private static void little(ByteArrayOutputStream out, long value) {
    for (int shift = 0; shift < 64; shift += 8) {
      out.write((int) (value >> shift));
    }
  }

  private static byte[] latin(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static void length(ByteArrayOutputStream out, int length) {
    if (length >= 64) {
      out.write(0x40 | length >> 8);
    }
    out.write(length);
  }

  private static void string(ByteArrayOutputStream out, byte[] bytes) {
    length(out, bytes.length);
    out.writeBytes(bytes);
  }
}
