package io.redoubt.server.differential;

import io.redoubt.persistence.packed.Packs;
import io.redoubt.persistence.rdb.Crc64;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Random payloads for RESTORE: valid ones in forms that no server writes, and old and odd forms.
 */
final class LimitPayloads {
  private static final int VERSION = 9;

  private final RandomGenerator random;
  private final LimitValues values;
  private ByteArrayOutputStream out = new ByteArrayOutputStream();

  LimitPayloads(RandomGenerator random, LimitValues values) {
    this.random = random;
    this.values = values;
  }

  /** Returns a payload, one character per byte; for Redoubt alone, with types later than 7.0. */
  String next(boolean alone) {
    out = new ByteArrayOutputStream();
    switch (random.nextInt(alone ? 18 : 17)) {
      case 0 -> value(0, values.text());
      case 1 -> collection(1, values.several(1), 1);
      case 2 -> collection(2, distinct(), 1);
      case 3 -> zset(3);
      case 4 -> zset(5);
      case 5 -> collection(4, pairs(), 2);
      case 6 -> packed(9, Packs.zipmap(pairs()));
      case 7 -> packed(10, Packs.ziplist(values.several(1)));
      case 8 -> packed(11, intset());
      case 9 -> packed(12, Packs.ziplist(scored()));
      case 10 -> packed(13, Packs.ziplist(pairs()));
      case 11 -> packed(16, Packs.listpack(pairs()));
      case 12 -> packed(17, Packs.listpack(scored()));
      case 13 -> quicklist();
      case 14 -> plainQuicklist();
      case 15 -> stream(15);
      case 16 -> stream(19);
      default -> packed(20, Packs.listpack(new ArrayList<>(distinct())));
    }
    return withFooter();
  }

  private String withFooter() {
    int version =
        Math.max(VERSION, out.toByteArray()[0] >= 20 ? 11 : out.toByteArray()[0] >= 16 ? 10 : 0);
    out.write(version);
    out.write(0);
    byte[] body = out.toByteArray();
    long crc = Crc64.update(0, MemorySegment.ofArray(body), 0, body.length);
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(crc);
    out.writeBytes(eight.array());
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private List<String> distinct() {
    return new ArrayList<>(new LinkedHashSet<>(values.several(1)));
  }

  private List<String> pairs() {
    List<String> pairs = new ArrayList<>();
    for (String field : distinct()) {
      pairs.add(field);
      pairs.add(values.name());
    }
    return pairs;
  }

  /** Returns members and scores in ascending order, as in a packed sorted set. */
  private List<String> scored() {
    List<String> scored = new ArrayList<>();
    double score = -1e6 * random.nextInt(3);
    for (String member : new TreeSet<>(distinct())) {
      scored.add(member);
      scored.add(Double.toString(score));
      score = Math.abs(score) / 7 + score + random.nextDouble() + 0.1;
    }
    return scored;
  }

  private byte[] intset() {
    Set<Long> numbers = new TreeSet<>();
    for (int i = random.nextInt(1, 20); i > 0; i--) {
      numbers.add(values.integer());
    }
    return Packs.intset(numbers);
  }

  private void value(int type, String text) {
    out.write(type);
    string(text);
  }

  private void collection(int type, List<String> elements, int each) {
    out.write(type);
    length(elements.size() / each);
    elements.forEach(this::string);
  }

  private void packed(int type, byte[] bytes) {
    value(type, new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private void zset(int type) {
    List<String> members = distinct();
    out.write(type);
    length(members.size());
    for (String member : members) {
      string(member);
      if (type == 5) {
        long bits = Double.doubleToLongBits(score());
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array());
      } else if (values.oneIn(4)) {
        out.write(random.nextBoolean() ? 254 : 255); // infinite
      } else {
        String text = values.oneIn(3) ? "-0" : Double.toString(random.nextGaussian());
        out.write(text.length());
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
  }

  private double score() {
    double score =
        Double.parseDouble(values.score().replace("inf", "Infinity").replace("nan", "0"));
    return Double.isNaN(score) ? 0 : score;
  }

  private void quicklist() {
    boolean ziplists = random.nextBoolean();
    out.write(ziplists ? 14 : 18);
    int nodes = random.nextInt(1, 4);
    length(nodes);
    for (int i = 0; i < nodes; i++) {
      List<String> elements = values.several(1);
      if (!ziplists) {
        length(2);
      }
      byte[] node = ziplists ? Packs.ziplist(elements) : Packs.listpack(elements);
      string(new String(node, StandardCharsets.ISO_8859_1));
    }
  }

  private void plainQuicklist() {
    out.write(18);
    int nodes = random.nextInt(1, 4);
    length(nodes);
    for (int i = 0; i < nodes; i++) {
      length(1);
      rawString("p" + values.text()); // must not be empty in Redis
    }
  }

  /** Writes a stream with one node or none; its counters and ids are at their limits. */
  private void stream(int type) {
    int entries = random.nextInt(3);
    out.write(type);
    length(entries == 0 ? 0 : 1);
    if (entries > 0) {
      rawString("\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0\0");
      List<String> node = new ArrayList<>(List.of("" + entries, "0", "1", "f", "0"));
      for (int i = 0; i < entries; i++) {
        node.addAll(List.of("2", "0", "" + i, values.text(), "4"));
      }
      string(new String(Packs.listpack(node), StandardCharsets.ISO_8859_1));
    }
    length(entries);
    boolean greatest = random.nextBoolean();
    id(greatest ? -1 : 5, greatest ? -1 : 7);
    if (type == 19) {
      id(entries > 0 ? 5 : 0, 0);
      id(random.nextInt(5), random.nextInt(3));
      length(values.oneIn(3) ? Long.MAX_VALUE - random.nextInt(2) : entries + random.nextInt(9));
    }
    int groups = random.nextInt(3);
    length(groups);
    for (int i = 0; i < groups; i++) {
      group(type, "g" + i, entries);
    }
  }

  private void group(int type, String name, int entries) {
    string(name);
    id(5, entries - 1);
    if (type == 19) {
      length(values.oneIn(3) ? -1 : values.oneIn(3) ? Long.MAX_VALUE : entries);
    }
    length(entries);
    for (int i = 0; i < entries; i++) {
      rawId(i);
      littleLong(1_700_000_000_000L);
      length(values.oneIn(2) ? Long.MAX_VALUE - random.nextInt(2) : random.nextInt(3));
    }
    length(2);
    string("m1");
    littleLong(1_700_000_000_000L);
    length(entries);
    for (int i = 0; i < entries; i++) {
      rawId(i);
    }
    string("");
    littleLong(1_700_000_000_000L);
    length(0);
  }

  private void rawId(long sequence) {
    out.writeBytes(ByteBuffer.allocate(16).putLong(5).putLong(sequence).array());
  }

  private void littleLong(long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private void id(long millis, long sequence) {
    length(millis);
    length(sequence);
  }

  /** Writes a length in any form that can hold it, not only the shortest. */
  private void length(long length) {
    int least = length < 0 ? 3 : length < 64 ? 0 : length < 1 << 14 ? 1 : length < 1L << 32 ? 2 : 3;
    switch (values.oneIn(4) ? random.nextInt(least, 4) : least) {
      case 0 -> out.write((int) length);
      case 1 -> {
        out.write(0x40 | (int) (length >> 8));
        out.write((int) length);
      }
      case 2 -> {
        out.write(0x80);
        out.writeBytes(ByteBuffer.allocate(4).putInt((int) length).array());
      }
      default -> {
        out.write(0x81);
        out.writeBytes(ByteBuffer.allocate(8).putLong(length).array());
      }
    }
  }

  /** Writes a string; a small number in any width that can hold it. */
  private void string(String text) {
    if (text.matches("-?[1-9][0-9]{0,8}")) {
      int number = Integer.parseInt(text);
      if (number == (byte) number && values.oneIn(2)) {
        out.write(0xc0);
        out.write(number);
        return;
      }
      if (values.oneIn(3)) {
        out.write(0xc2);
        out.writeBytes(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(number).array());
        return;
      }
    }
    rawString(text);
  }

  private void rawString(String text) {
    length(text.length());
    out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
