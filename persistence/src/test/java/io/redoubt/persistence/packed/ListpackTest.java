package io.redoubt.persistence.packed;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.protocol.Seed;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Tests listpacks against lists, and their bytes against literals. */
class ListpackTest {

  private static final int ROOM = 1 << 20;

  private static String hex(String... elements) {
    return HexFormat.of().formatHex(Packs.listpack(List.of(elements)));
  }

  @Test
  void writesEachEncoding() {
    assertThat(hex()).isEqualTo("070000000000ff");
    assertThat(hex("0", "127")).isEqualTo("0b000000020000017f01ff");
    assertThat(hex("-1", "128", "4095", "-4096"))
        .isEqualTo("130000000400" + "dfff02" + "c08002" + "cfff02" + "d00002" + "ff");
    assertThat(hex("4096", "-32768")).isEqualTo("0f0000000200" + "f1001003" + "f1008003" + "ff");
    assertThat(hex("32768", "-8388608"))
        .isEqualTo("110000000200" + "f200800004" + "f200008004" + "ff");
    assertThat(hex("8388608", "-2147483648"))
        .isEqualTo("130000000200" + "f30000800005" + "f30000008005" + "ff");
    assertThat(hex("2147483648", "-9223372036854775808"))
        .isEqualTo("1b0000000200" + "f4000000800000000009" + "f4000000000000008009" + "ff");
    assertThat(hex("", "ab", "007"))
        .isEqualTo("120000000300" + "8001" + "82616203" + "8330303704" + "ff");
    String x64 = "x".repeat(64);
    assertThat(hex(x64)).isEqualTo("4a0000000100" + "e040" + "78".repeat(64) + "42" + "ff");
    assertThat(hex("x".repeat(126)))
        .isEqualTo("890000000100" + "e07e" + "78".repeat(126) + "0180" + "ff");
    assertThat(hex("x".repeat(4096)))
        .isEqualTo("0e1000000100" + "f000100000" + "78".repeat(4096) + "2085" + "ff");
    // 16383 fits into a back-length of two bytes; Redis uses three.
    assertThat(hex("x".repeat(16378)))
        .isEqualTo("094000000100" + "f0fa3f0000" + "78".repeat(16378) + "00ffff" + "ff");
  }

  @Test
  void writesAtOnceWhatAppendsWrite() {
    RandomGenerator random = Seed.random("ListpackTest.writer");
    for (int round = 0; round < 200; round++) {
      List<String> elements = new ArrayList<>();
      MemorySegment memory = MemorySegment.ofArray(new byte[ROOM]);
      var writer = new ListpackWriter(memory);
      writer.begin(5);
      for (int i = random.nextInt(30); i > 0; i--) {
        String element = Packs.element(random);
        elements.add(element);
        switch (random.nextInt(4)) {
          case 0 -> {
            writer.finish();
            writer.continueAt(5);
            add(writer, element);
          }
          case 1 -> {
            MemorySegment other = MemorySegment.ofArray(Packs.listpack(List.of(element)));
            writer.appendEntry(other, Listpack.first(other, 0));
          }
          default -> add(writer, element);
        }
        assertThat(writer.count()).isEqualTo(elements.size());
      }
      int bytes = writer.finish();
      assertThat(bytes).isEqualTo(writer.usedBytes() + 1);
      assertThat(Packs.bytes(memory, 5, bytes)).isEqualTo(Packs.listpack(elements));
    }
  }

  private static void add(ListpackWriter writer, String element) {
    MemorySegment bytes = Packs.latin(element);
    writer.append(bytes, 0, (int) bytes.byteSize());
  }

  /** A listpack with spare room, at changing addresses, and the list that it must equal. */
  private static final class Subject {
    final RandomGenerator random;
    final List<String> model = new ArrayList<>();
    MemorySegment memory = MemorySegment.ofArray(new byte[ROOM]);
    long start = 3;
    MemorySegment target = memory;
    long to = start;

    Subject(RandomGenerator random) {
      this.random = random;
      Listpack.create(memory, start);
    }

    /** Chooses the target of the next edit: the current address or another one. */
    void chooseTarget() {
      if (random.nextBoolean()) {
        target = memory;
        to = start;
      } else {
        target = MemorySegment.ofArray(new byte[ROOM]);
        to = random.nextInt(100);
      }
    }

    /** Returns a position by index; the index equal to the size is the end. */
    long position(int index) {
      long at = Listpack.at(memory, start, index);
      return at == Listpack.NONE ? Listpack.end(memory, start) : at;
    }

    void edited(long expectedSize) throws PackedException {
      memory = target;
      start = to;
      assertThat(Listpack.sizeBytes(memory, start)).isEqualTo(expectedSize);
      ListpackCheck.validate(memory, start, expectedSize);
      assertThat(Listpack.count(memory, start)).isEqualTo(model.size());
      assertThat(Packs.bytes(memory, start, expectedSize)).isEqualTo(Packs.listpack(model));
      assertThat(Packs.elements(memory, start)).isEqualTo(model);
    }

    void insert(int index, String element) throws PackedException {
      chooseTarget();
      MemorySegment bytes = Packs.latin("<" + element + ">");
      int length = element.length();
      long expected = Listpack.sizeAfterInsert(memory, start, bytes, 1, length);
      long entry;
      if (index == model.size() && random.nextBoolean()) {
        entry = Listpack.append(memory, start, bytes, 1, length, target, to);
      } else {
        entry = Listpack.insert(memory, start, position(index), bytes, 1, length, target, to);
      }
      model.add(index, element);
      assertThat(Packs.element(target, entry)).isEqualTo(element);
      edited(expected);
    }

    void insertNumber(int index, long value) throws PackedException {
      chooseTarget();
      if (index == model.size() && random.nextBoolean()) {
        Listpack.append(memory, start, value, target, to);
      } else {
        Listpack.insert(memory, start, position(index), value, target, to);
      }
      model.add(index, Long.toString(value));
      edited(Packs.listpack(model).length);
    }

    void replace(int index, String element) throws PackedException {
      chooseTarget();
      MemorySegment bytes = Packs.latin(element);
      long entry = position(index);
      long expected = Listpack.sizeAfterReplace(memory, start, entry, bytes, 0, element.length());
      Listpack.replace(memory, start, entry, bytes, 0, element.length(), target, to);
      model.set(index, element);
      edited(expected);
    }

    void replaceNumber(int index, long value) throws PackedException {
      chooseTarget();
      long entry = position(index);
      Listpack.replace(memory, start, entry, value, target, to);
      model.set(index, Long.toString(value));
      edited(Packs.listpack(model).length);
    }

    void delete(int index, int count) throws PackedException {
      chooseTarget();
      int until = Math.min(model.size(), index + count);
      long behind = Listpack.delete(memory, start, position(index), count, target, to);
      assertThat(behind == Listpack.end(target, to)).isEqualTo(until == model.size());
      if (until < model.size()) {
        assertThat(Packs.element(target, behind)).isEqualTo(model.get(until));
      }
      model.subList(index, until).clear();
      edited(Packs.listpack(model).length);
    }

    void merge(List<String> others) throws PackedException {
      chooseTarget();
      MemorySegment other = MemorySegment.ofArray(Packs.listpack(others));
      Listpack.merge(memory, start, other, 0, target, to);
      model.addAll(others);
      edited(Packs.listpack(model).length);
    }

    void look() {
      int size = model.size();
      for (int i = 0; i < size; i++) {
        long entry = Listpack.at(memory, start, i);
        assertThat(Listpack.at(memory, start, i - size)).isEqualTo(entry);
        assertThat(Packs.element(memory, entry)).isEqualTo(model.get(i));
        assertThat(Listpack.textLength(memory, entry)).isEqualTo(model.get(i).length());
        long next = Listpack.next(memory, entry);
        assertThat(next).isEqualTo(Listpack.at(memory, start, i + 1));
        if (next != Listpack.NONE) {
          assertThat(Listpack.previous(memory, start, next)).isEqualTo(entry);
        }
        String sought = random.nextInt(3) == 0 ? Packs.element(random) : model.get(i);
        MemorySegment bytes = Packs.latin(sought);
        assertThat(Listpack.equal(memory, entry, bytes, 0, sought.length()))
            .isEqualTo(sought.equals(model.get(i)));
        int skip = random.nextInt(3);
        int expected = random.nextInt(size);
        long found = Listpack.find(memory, position(expected), bytes, 0, sought.length(), skip);
        while (expected < size && !model.get(expected).equals(sought)) {
          expected += 1 + skip;
        }
        assertThat(found).isEqualTo(expected < size ? position(expected) : Listpack.NONE);
      }
      assertThat(Listpack.at(memory, start, size)).isEqualTo(Listpack.NONE);
      assertThat(Listpack.at(memory, start, -size - 1)).isEqualTo(Listpack.NONE);
      assertThat(Listpack.last(memory, start)).isEqualTo(Listpack.at(memory, start, -1));
      assertThat(Listpack.first(memory, start)).isEqualTo(Listpack.at(memory, start, 0));
    }
  }

  @Test
  void behavesLikeAList() throws PackedException {
    RandomGenerator random = Seed.random("ListpackTest");
    for (int round = 0; round < 60; round++) {
      Subject subject = new Subject(random);
      for (int edit = 0; edit < 60; edit++) {
        int size = subject.model.size();
        switch (random.nextInt(8)) {
          case 0 -> subject.insertNumber(random.nextInt(size + 1), Packs.number(random));
          case 1 -> subject.delete(random.nextInt(size + 1), random.nextInt(4));
          case 2 -> {
            if (size > 0) {
              subject.replace(random.nextInt(size), Packs.element(random));
            }
          }
          case 3 -> {
            if (size > 0) {
              subject.replaceNumber(random.nextInt(size), Packs.number(random));
            }
          }
          case 4 -> {
            if (size < 30) {
              List<String> others = new ArrayList<>();
              for (int i = random.nextInt(5); i > 0; i--) {
                others.add(Packs.element(random));
              }
              subject.merge(others);
            }
          }
          default -> subject.insert(random.nextInt(size + 1), Packs.element(random));
        }
        if (edit % 5 == 0) {
          subject.look();
        }
      }
    }
  }

  @Test
  void findsStringsOfEachLengthThatDifferInOneByte() {
    for (int length = 0; length <= 70; length++) {
      List<String> elements = new ArrayList<>();
      for (int at = 0; at < length; at++) {
        elements.add("x".repeat(at) + "y" + "x".repeat(length - at - 1));
      }
      elements.add("x".repeat(length));
      // Exactly as large as the listpack, so that reading beyond it fails.
      MemorySegment memory = MemorySegment.ofArray(Packs.listpack(elements));
      long position = Listpack.firstPosition(0);
      for (String element : elements) {
        assertThat(find(memory, element)).as(element).isEqualTo(position);
        position = Listpack.after(memory, position);
      }
      assertThat(find(memory, "z".repeat(length + 1))).isEqualTo(Listpack.NONE);
      assertThat(find(memory, "x".repeat(length) + "z")).isEqualTo(Listpack.NONE);
    }
  }

  private static long find(MemorySegment memory, String element) {
    MemorySegment bytes = MemorySegment.ofArray(element.getBytes(US_ASCII));
    return Listpack.find(memory, Listpack.firstPosition(0), bytes, 0, element.length(), 0);
  }

  @Test
  void countsManyEntriesOneByOne() throws PackedException {
    int many = 65_540;
    byte[] bytes = Packs.listpack(Collections.nCopies(65_534, "1"));
    assertThat(bytes[4] & 0xff).isEqualTo(0xfe);
    bytes = Packs.listpack(Collections.nCopies(many, "1"));
    MemorySegment memory = MemorySegment.ofArray(bytes);
    assertThat(LittleEndian.unsigned16(memory, 4)).isEqualTo(65535);
    ListpackCheck.validate(memory, 0, bytes.length);
    assertThat(Listpack.count(memory, 0)).isEqualTo(many);
    long last = Listpack.last(memory, 0);
    assertThat(Listpack.at(memory, 0, many - 1)).isEqualTo(last);
    assertThat(Listpack.at(memory, 0, -1)).isEqualTo(last);
    assertThat(Listpack.at(memory, 0, -many)).isEqualTo(Listpack.first(memory, 0));
    assertThat(Listpack.at(memory, 0, many)).isEqualTo(Listpack.NONE);
    assertThat(Listpack.at(memory, 0, -many - 1)).isEqualTo(Listpack.NONE);
    Listpack.delete(memory, 0, Listpack.firstPosition(0), many - 3, memory, 0);
    assertThat(Listpack.count(memory, 0)).isEqualTo(3);
  }

  @Test
  void storesNonCanonicalNumbersAsStrings() {
    MemorySegment memory = MemorySegment.ofArray(Packs.listpack(List.of("7", "07", "-0")));
    long entry = Listpack.first(memory, 0);
    assertThat(Listpack.isInteger(memory, entry)).isTrue();
    assertThat(Listpack.integer(memory, entry)).isEqualTo(7);
    assertThat(Listpack.equal(memory, entry, Packs.latin("07"), 0, 2)).isFalse();
    assertThat(Listpack.isInteger(memory, Listpack.next(memory, entry))).isFalse();
    assertThat(Packs.elements(memory, 0)).containsExactly("7", "07", "-0");
  }

  @Test
  void reportsOffsetAndReasonOfInvalidBytes() {
    refused("070000000000", 0, "fewer than 7 bytes");
    refused("080000000000ff", 0, "size differs");
    refused("07000000000000", 6, "without end marker");
    refused("070000000100ff", 4, "count");
    refused("090000000100f501ff", 6, "unknown encoding");
    refused("090000000100" + "f401" + "ff", 6, "beyond the end");
    refused("090000000100" + "8201" + "ff", 6, "beyond the end");
    refused("0a0000000100" + "ff0001" + "ff", 6, "unknown encoding");
    refused("0a0000000100" + "816103" + "ff", 8, "back-length");
    refused("110000000100" + "f0ffffffff" + "6162636465" + "ff", 6, "beyond the end");
  }

  private static void refused(String hex, long offset, String reason) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> ListpackCheck.validate(MemorySegment.ofArray(bytes), 0, bytes.length))
        .isInstanceOfSatisfying(
            PackedException.class,
            e -> {
              assertThat(e.offset()).isEqualTo(offset);
              assertThat(e.reason()).contains(reason);
            });
  }
}
