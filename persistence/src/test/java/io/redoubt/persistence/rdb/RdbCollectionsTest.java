package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redoubt.persistence.packed.Packs;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests collections in every encoding of the format. */
class RdbCollectionsTest {

  static byte[] rewritten(byte[] file, int version, boolean compress) throws RdbException {
    BufferMemory buffers = BufferMemory.offHeap();
    try (BlockOutput out = new BlockOutput(buffers);
        RdbWriter writer = new RdbWriter(out, compress, buffers).version(version);
        RdbReader reader = new RdbReader(buffers, writer)) {
      reader.feed(MemorySegment.ofArray(file), 0, file.length);
      reader.finish();
      return out.memory().asSlice(out.offset(), out.sizeBytes()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 11, 12})
  void readsWrittenCollectionsInAnyChunks(int version) throws RdbException {
    RandomGenerator random = Seed.random("RdbCollectionsTest");
    for (int round = 0; round < 30; round++) {
      boolean compress = random.nextBoolean();
      byte[] file = RandomCollections.file(random, version, compress, 20);
      RdbContents whole = Rdbs.read(file);
      assertThat(whole.version).isEqualTo(version);
      assertThat(whole.keys).hasSize(20);
      RdbContents cut = Rdbs.read(file, round % 2 == 0 ? 3 : 5000, random, 1 << 16);
      assertThat(cut.keys).isEqualTo(whole.keys);
      for (int other = 9; other <= 12; other++) {
        byte[] again = rewritten(file, other, !compress);
        assertThat(Rdbs.read(again).keys).isEqualTo(whole.keys);
      }
    }
  }

  private static byte[] file(int type, Object... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Rdbs.latin("REDIS0011"));
    out.write(type);
    out.writeBytes(Rdbs.latin("\1k"));
    for (Object part : parts) {
      switch (part) {
        case Integer number -> out.write(number);
        case String text -> {
          out.write(text.length());
          out.writeBytes(Rdbs.latin(text));
        }
        case byte[] packed -> {
          out.write(0x80);
          for (int shift = 24; shift >= 0; shift -= 8) {
            out.write(packed.length >> shift);
          }
          out.writeBytes(packed);
        }
        default -> throw new IllegalArgumentException();
      }
    }
    out.write(0xff);
    out.writeBytes(new byte[8]);
    return out.toByteArray();
  }

  private static String value(byte[] file) throws RdbException {
    return Rdbs.read(file).keys.get("0/k").bytes();
  }

  @Test
  void readsEncodingsOfOldServers() throws RdbException {
    List<String> pairs = List.of("a", "1", "b", "2");
    assertThat(value(file(9, (Object) Packs.zipmap(pairs))))
        .isEqualTo("hash [a = 1 until -1, b = 2 until -1]");
    assertThat(value(file(13, (Object) Packs.ziplist(pairs))))
        .isEqualTo("hash [a = 1 until -1, b = 2 until -1]");
    assertThat(value(file(12, (Object) Packs.ziplist(pairs))))
        .isEqualTo("sorted set [a = 1.0, b = 2.0]");
    assertThat(value(file(10, (Object) Packs.ziplist(pairs)))).isEqualTo("list [a, 1, b, 2]");
    assertThat(value(file(14, 2, Packs.ziplist(pairs), Packs.ziplist(List.of("x")))))
        .isEqualTo("list [a, 1, b, 2, x]");
    assertThat(value(file(1, 2, "a", "b"))).isEqualTo("list [a, b]");
    assertThat(value(file(3, 3, "a", "1.5", "b", 254, "c", 255)))
        .isEqualTo("sorted set [a = 1.5, b = Infinity, c = -Infinity]");
  }

  @Test
  void reportsEmptyCollections() throws RdbException {
    byte[][] files = {
      file(1, 0),
      file(2, 0),
      file(3, 0),
      file(4, 0),
      file(5, 0),
      file(10, (Object) Packs.ziplist(List.of())),
      file(11, (Object) Packs.intset(List.of())),
      file(12, (Object) Packs.ziplist(List.of())),
      file(13, (Object) Packs.ziplist(List.of())),
      file(14, 0),
      file(14, 2, Packs.ziplist(List.of()), Packs.ziplist(List.of())),
      file(16, (Object) Packs.listpack(List.of())),
      file(17, (Object) Packs.listpack(List.of())),
      file(18, 1, 2, Packs.listpack(List.of())),
      file(20, (Object) Packs.listpack(List.of())),
    };
    for (byte[] file : files) {
      RdbContents contents = Rdbs.read(file);
      assertThat(contents.keys).isEmpty();
      assertThat(contents.empty).containsExactly("0/k");
    }
  }

  private static void refused(String message, byte[] file) {
    assertThatThrownBy(() -> Rdbs.read(file))
        .isInstanceOf(RdbException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesInvalidValues() {
    refused("not whole", file(16, (Object) Packs.listpack(List.of("a", "b", "c"))));
    refused("not whole", file(25, 0, 0, 0, 0, 0, 0, 0, 0, Packs.listpack(List.of("a", "b"))));
    refused("invalid score", file(17, (Object) Packs.listpack(List.of("a", "b"))));
    refused("Invalid score", file(3, 1, "a", "nan"));
    refused("without bytes", file(18, 1, 1, ""));
    refused("container", file(18, 1, 3, Packs.listpack(List.of("a"))));
    refused("beyond the end", file(2, 0x80, 0x7f, 0xff, 0xff, 0xff));
    refused("beyond the end", file(2, 0x81, 0xff, 0, 0, 0, 0, 0, 0, 0));
    refused("listpack integrity check failed: listpack", file(16, "abcdefghi"));
    refused("ziplist integrity check failed: ziplist", file(13, "abcdefghijklmnop"));
    refused("Zipmap integrity check failed: zipmap", file(9, "abc"));
    refused("no pairs", file(9, (Object) Packs.zipmap(List.of())));
    refused("Intset integrity check failed: intset", file(11, "abcdefghi"));
    refused("module value", file(7, 0x81, 0, 0, 0, 0, 0, 0, 0, 0));
    refused("Id of a stream's node", file(15, 1, "short", Packs.listpack(List.of())));
    String id = "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1";
    refused("ends early", file(15, 1, id, Packs.listpack(List.of("1", "0"))));
    refused(
        "number of elements",
        file(15, 1, id, Packs.listpack(List.of("1", "0", "0", "0", "2", "0", "0", "4"))));
    byte[] one = Packs.listpack(List.of("1", "0", "0", "0", "2", "0", "0", "3"));
    refused("ascending order", file(15, 2, id, one, id, one));
  }

  @Test
  void namesTheKeyAndItsTypeWhenRefusingAValue() {
    refused(
        "Hash listpack integrity check failed: 3 elements are not whole (key \"k\", hash as"
            + " listpack)",
        file(16, (Object) Packs.listpack(List.of("a", "b", "c"))));
    refused("(key \"k\", set)", file(2, 3, "a", 0xc7));
    refused("(key \"k\", string)", file(0, 0xc7));
  }

  /** Inconsistent values as in files of released servers: Redis loads all of them. */
  @Test
  void repairsValuesThatContradictThemselves() throws RdbException {
    List<String> repairs = new ArrayList<>();
    repaired(
        repairs,
        "sorted set [a = 2.0, b = 1.0]",
        file(17, (Object) Packs.listpack(List.of("a", "2", "b", "1"))));
    repaired(
        repairs,
        "sorted set [a = 2.0, b = 2.0]",
        file(12, (Object) Packs.ziplist(List.of("b", "2", "a", "2"))));
    assertThat(repairs).hasSize(2).allMatch(text -> text.endsWith("were sorted"));
    repairs.clear();
    repaired(
        repairs,
        "sorted set [a = 0.0, b = 1.0]",
        file(12, (Object) Packs.ziplist(List.of("a", "nan", "b", "1"))));
    repaired(repairs, "sorted set [a = 0.0]", file(3, 1, "a", 253));
    repaired(repairs, "sorted set [a = 0.0]", file(5, 1, "a", 0, 0, 0, 0, 0, 0, 0xf8, 0x7f));
    assertThat(repairs).hasSize(3).allMatch(text -> text.contains("not a number"));
    repairs.clear();
    repaired(
        repairs, "set [1, 2, 3]", file(11, (Object) Packs.unsortedIntset(List.of(3L, 1L, 2L))));
    assertThat(repairs).containsExactly("SET_INTSET: an intset out of order was sorted");
    repairs.clear();

    // The visitor drops duplicates.
    repaired(
        repairs,
        "hash [a = b until -1, a = c until -1]",
        file(16, (Object) Packs.listpack(List.of("a", "b", "a", "c"))));
    repaired(
        repairs,
        "hash [5 = b until -1, 5 = c until -1]",
        file(13, (Object) Packs.ziplist(List.of("5", "b", "5", "c"))));
    repaired(repairs, "set [a, a, b]", file(20, (Object) Packs.listpack(List.of("a", "b", "a"))));
    repaired(
        repairs,
        "list [a, b]",
        file(
            18,
            3,
            2,
            Packs.listpack(List.of("a")),
            2,
            Packs.listpack(List.of()),
            2,
            Packs.listpack(List.of("b"))));
    assertThat(repairs).isEmpty();
    assertThat(value(file(0, 0xc3, 6, 5, 4, 104, 101, 108, 108, 111))).isEqualTo("hello");
  }

  @Test
  void repairsStreamsThatContradictThemselves() throws RdbException {
    String id = "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1";
    byte[] one = Packs.listpack(List.of("1", "0", "0", "0", "2", "0", "0", "3"));
    String whole = value(file(15, 1, id, one, 1, 1, 1, 0));
    List<String> repairs = new ArrayList<>();
    repaired(repairs, whole, file(15, 1, id, one, 2, 1, 1, 0));
    repaired(repairs, whole, file(15, 1, id, one, 0, 1, 1, 0));
    repaired(repairs, whole, file(15, 1, id, one, 1, 0, 9, 0));
    repaired(
        repairs,
        whole,
        file(
            15,
            1,
            id,
            Packs.listpack(List.of("2", "7", "0", "0", "2", "0", "0", "3")),
            1,
            1,
            1,
            0));
    repaired(repairs, null, file(15, 0, 3, 1, 1, 0));
    repaired(
        repairs, null, file(15, 1, id, Packs.listpack(List.of("0", "0", "0", "0")), 0, 1, 1, 0));
    repaired(repairs, null, file(19, 1, id, one, 1, 1, 1, 1, 1, 0, 0, 0, 0));
    assertThat(repairs)
        .containsExactly(
            "STREAM_LISTPACKS: the length of a stream of 1 entries was 2",
            "STREAM_LISTPACKS: the length of a stream of 1 entries was 0",
            "STREAM_LISTPACKS: the last id of a stream was below that of its last entry",
            "STREAM_LISTPACKS: wrong counts of entries in a node were corrected",
            "STREAM_LISTPACKS: the length of a stream of 0 entries was 3",
            "STREAM_LISTPACKS: a node without entries was dropped",
            "STREAM_LISTPACKS_2: the entries added to a stream of 1 were 0");
  }

  private static void repaired(List<String> repairs, @Nullable String value, byte[] file)
      throws RdbException {
    RdbContents contents = Rdbs.read(file);
    repairs.addAll(contents.repairs);
    if (value != null) {
      assertThat(contents.keys.get("0/k").bytes()).isEqualTo(value);
    }
  }

  @Test
  void passesManyDuplicates() throws RdbException {
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      many.add("member " + i);
      many.add(Integer.toString(i));
    }
    byte[] distinct = Packs.listpack(many);
    assertThat(value(file(20, (Object) distinct))).startsWith("set [");
    many.add("517");
    assertThat(value(file(20, (Object) Packs.listpack(many)))).contains(" 517, 517, ");
    many.set(many.size() - 1, "member 517");
    assertThat(value(file(20, (Object) Packs.listpack(many))))
        .contains(" member 517, member 517, ");
  }
}
