package io.redoubt.persistence.packed;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Test helpers that build packed collections from ISO-8859-1 strings and read them. */
public final class Packs {

  private static final String[] ODD = {
    "", "007", "-0", "+1", "-", "1 ", "9223372036854775808", "-9223372036854775809", "1e3"
  };
  private static final int[] LENGTHS = {62, 125, 4094, 16377};

  private Packs() {}

  static MemorySegment latin(String text) {
    return MemorySegment.ofArray(text.getBytes(ISO_8859_1));
  }

  static byte[] bytes(MemorySegment memory, long start, long length) {
    return memory.asSlice(start, length).toArray(ValueLayout.JAVA_BYTE);
  }

  static String text(MemorySegment memory, long at, long length) {
    return new String(bytes(memory, at, length), ISO_8859_1);
  }

  /**
   * Returns a random element: an integer of any width, a string of a length at an encoding's limit,
   * or an odd case.
   */
  static String element(RandomGenerator random) {
    return switch (random.nextInt(5)) {
      case 0 -> ODD[random.nextInt(ODD.length)];
      case 1 -> {
        boolean large = random.nextInt(10) == 0;
        int length = LENGTHS[random.nextInt(large ? LENGTHS.length : 2)] + random.nextInt(8);
        yield noise(random, length);
      }
      case 2 -> noise(random, random.nextInt(20));
      case 3 -> Integer.toString(random.nextInt(-3, 20));
      default -> Long.toString(number(random));
    };
  }

  private static String noise(RandomGenerator random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return new String(bytes, ISO_8859_1);
  }

  static long number(RandomGenerator random) {
    if (random.nextInt(3) == 0) {
      long edge = 1L << random.nextInt(64);
      return (random.nextBoolean() ? edge : -edge) + random.nextInt(-1, 2);
    }
    return random.nextLong() >> random.nextInt(64);
  }

  /** Returns a listpack built by appending. */
  public static byte[] listpack(List<String> elements) {
    long room = Listpack.EMPTY_BYTES;
    for (String element : elements) {
      MemorySegment bytes = latin(element);
      room += Listpack.entryBytes(bytes, 0, element.length());
    }
    MemorySegment memory = MemorySegment.ofArray(new byte[Math.toIntExact(room)]);
    Listpack.create(memory, 0);
    for (String element : elements) {
      Listpack.append(memory, 0, latin(element), 0, element.length(), memory, 0);
    }
    return bytes(memory, 0, room);
  }

  /** Validates a listpack and returns its elements. */
  public static List<String> elements(byte[] listpack) throws PackedException {
    MemorySegment memory = MemorySegment.ofArray(listpack);
    ListpackCheck.validate(memory, 0, listpack.length);
    return elements(memory, 0);
  }

  static List<String> elements(MemorySegment memory, long start) {
    List<String> elements = new ArrayList<>();
    for (long at = Listpack.first(memory, start);
        at != Listpack.NONE;
        at = Listpack.next(memory, at)) {
      elements.add(element(memory, at));
    }
    return elements;
  }

  static String element(MemorySegment memory, long entry) {
    MemorySegment text = MemorySegment.ofArray(new byte[Listpack.textLength(memory, entry)]);
    return text(text, 0, Listpack.copyText(memory, entry, text, 0));
  }

  /** Returns an intset built by adding. */
  public static byte[] intset(Iterable<Long> numbers) {
    MemorySegment memory = MemorySegment.ofArray(new byte[1 << 17]);
    Intset.create(memory, 0);
    for (long number : numbers) {
      Intset.add(memory, 0, number, memory, 0);
    }
    return bytes(memory, 0, Intset.sizeBytes(memory, 0));
  }

  /** Returns an intset of 16-bit numbers in the given order, which need not ascend. */
  public static byte[] unsortedIntset(List<Long> numbers) {
    ByteArrayOutputStream set = new ByteArrayOutputStream();
    little(set, 2, 4);
    little(set, numbers.size(), 4);
    numbers.forEach(number -> little(set, number.intValue(), 2));
    return set.toByteArray();
  }

  /** Returns a ziplist as an old Redis would have written it. */
  public static byte[] ziplist(List<String> elements) {
    ByteArrayOutputStream entries = new ByteArrayOutputStream();
    int before = 0;
    int last = 10;
    for (String element : elements) {
      last = 10 + entries.size();
      if (before < 254) {
        entries.write(before);
      } else {
        entries.write(254);
        little(entries, before, 4);
      }
      writeZiplistBody(entries, element);
      before = 10 + entries.size() - last;
    }
    ByteArrayOutputStream ziplist = new ByteArrayOutputStream();
    little(ziplist, entries.size() + 11, 4);
    little(ziplist, last, 4);
    little(ziplist, Math.min(elements.size(), 65535), 2);
    ziplist.writeBytes(entries.toByteArray());
    ziplist.write(255);
    return ziplist.toByteArray();
  }

  private static void writeZiplistBody(ByteArrayOutputStream out, String element) {
    MemorySegment bytes = latin(element);
    int length = element.length();
    if (length > 0 && length < 21 && isLong(element)) {
      long value = Long.parseLong(element);
      if (value >= 0 && value <= 12) {
        out.write(0xf1 + (int) value);
        return;
      }
      int[] widths = {1, 2, 3, 4, 8};
      int[] codes = {0xfe, 0xc0, 0xf0, 0xd0, 0xe0};
      int i = 0;
      while (value >> (8 * widths[i] - 1) != value >> 63) {
        i++;
      }
      out.write(codes[i]);
      little(out, value, widths[i]);
      return;
    }
    if (length < 64) {
      out.write(length);
    } else if (length < 1 << 14) {
      out.write(0x40 | (length >> 8));
      out.write(length);
    } else {
      out.write(0x80);
      little(out, Integer.reverseBytes(length), 4);
    }
    out.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  private static boolean isLong(String element) {
    try {
      return Long.toString(Long.parseLong(element)).equals(element);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** Returns a zipmap of alternating keys and values; some values are followed by unused bytes. */
  public static byte[] zipmap(List<String> elements) {
    ByteArrayOutputStream zipmap = new ByteArrayOutputStream();
    zipmap.write(Math.min(elements.size() / 2, 254));
    for (int i = 0; i < elements.size(); i++) {
      String element = elements.get(i);
      if (element.length() < 254) {
        zipmap.write(element.length());
      } else {
        zipmap.write(254);
        little(zipmap, element.length(), 4);
      }
      int unused = i % 2 == 1 ? i % 5 : 0;
      if (i % 2 == 1) {
        zipmap.write(unused);
      }
      zipmap.writeBytes(element.getBytes(ISO_8859_1));
      zipmap.writeBytes(new byte[unused]);
    }
    zipmap.write(255);
    return zipmap.toByteArray();
  }

  private static void little(ByteArrayOutputStream out, long value, int width) {
    for (int i = 0; i < width; i++) {
      out.write((int) (value >> (8 * i)));
    }
  }

  /** Validates a ziplist; discards the listpack. */
  static void validateZiplist(MemorySegment memory, long start, long length)
      throws PackedException {
    MemorySegment target =
        MemorySegment.ofArray(new byte[(int) Ziplist.maxConvertedBytes(Math.max(length, 0))]);
    Ziplist.toListpack(memory, start, length, target, 0);
  }

  /** Validates a ziplist and returns its elements. */
  static List<String> ziplistElements(byte[] ziplist) throws PackedException {
    MemorySegment memory = MemorySegment.ofArray(ziplist);
    validateZiplist(memory, 0, ziplist.length);
    List<String> elements = new ArrayList<>();
    for (long at = Ziplist.first(memory, 0); at != Ziplist.NONE; at = Ziplist.next(memory, at)) {
      elements.add(
          Ziplist.isInteger(memory, at)
              ? Long.toString(Ziplist.integer(memory, at))
              : text(memory, Ziplist.bytesAt(memory, at), Ziplist.bytesLength(memory, at)));
    }
    return elements;
  }

  /** Validates a zipmap and returns its keys and values alternately. */
  static List<String> zipmapElements(byte[] zipmap) throws PackedException {
    MemorySegment memory = MemorySegment.ofArray(zipmap);
    Zipmap.validate(memory, 0, zipmap.length);
    List<String> elements = new ArrayList<>();
    for (long at = Zipmap.first(memory, 0); at != Zipmap.NONE; at = Zipmap.next(memory, at)) {
      elements.add(text(memory, Zipmap.keyAt(memory, at), Zipmap.keyLength(memory, at)));
      elements.add(text(memory, Zipmap.valueAt(memory, at), Zipmap.valueLength(memory, at)));
    }
    return elements;
  }

  /** Validates an intset and returns its integers. */
  public static List<Long> numbers(byte[] intset) throws PackedException {
    MemorySegment memory = MemorySegment.ofArray(intset);
    Intset.validate(memory, 0, intset.length);
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < Intset.count(memory, 0); i++) {
      numbers.add(Intset.at(memory, 0, i));
    }
    return numbers;
  }

  /** Returns the bytes with one to four random changes. */
  static byte[] mutate(byte[] valid, RandomGenerator random) {
    byte[] bytes = valid.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
      int at = random.nextInt(random.nextInt(3) == 0 ? Math.min(bytes.length, 12) : bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes[at] = (byte) (0xc0 + random.nextInt(64));
        case 3 -> bytes = Arrays.copyOf(bytes, bytes.length - 1 - random.nextInt(bytes.length));
        default -> {
          int from = random.nextInt(bytes.length);
          int run = Math.min(20, bytes.length - Math.max(at, from));
          System.arraycopy(bytes, from, bytes, at, run);
        }
      }
    }
    return bytes;
  }
}
