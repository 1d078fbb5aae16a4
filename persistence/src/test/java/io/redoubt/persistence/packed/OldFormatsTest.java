package io.redoubt.persistence.packed;

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

/** Tests the reading of ziplists and zipmaps, from literals and generated ones. */
class OldFormatsTest {

  private static byte[] parse(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  @Test
  void readsEachZiplistEncoding() throws PackedException {
    String entries =
        "00f1" // 0
            + "02fd" // 12
            + "02fe0d" // 13
            + "03c00080" // -32768
            + "04f0000080" // -8388608
            + "05d000000080" // -2147483648
            + "06e00000000000000080" // the minimum
            + "0a026162"
            + "04400161" // 14-bit length
            + "04800000000162" // 32-bit length
            + "fe07000000c0ff00"; // a small size in five bytes
    int size = 10 + entries.length() / 2 + 1;
    String header = "%02x000000%02x0000000b00".formatted(size, size - 1 - 8);
    assertThat(Packs.ziplistElements(parse(header + entries + "ff")))
        .containsExactly(
            "0",
            "12",
            "13",
            "-32768",
            "-8388608",
            "-2147483648",
            "-9223372036854775808",
            "ab",
            "a",
            "b",
            "255");
    assertThat(Packs.ziplistElements(parse("0b0000000a0000000000ff"))).isEmpty();
  }

  @Test
  void readsAZipmapWithUnusedBytesAndLongLengths() throws PackedException {
    assertThat(Packs.zipmapElements(parse("00ff"))).isEmpty();
    assertThat(
            Packs.zipmapElements(
                parse(
                    "02"
                        + "036b6579"
                        + "0102"
                        + "760000"
                        + "00"
                        + "fefe00000000"
                        + "77".repeat(254)
                        + "ff")))
        .containsExactly("key", "v", "", "w".repeat(254));
  }

  @Test
  void refusesOverlongZipmapLengths() {
    assertThatThrownBy(() -> Packs.zipmapElements(parse("0100fe02000000007677ff")))
        .isInstanceOf(PackedException.class)
        .hasMessageContaining("more bytes than necessary");
  }

  @Test
  void readsGeneratedCollections() throws PackedException {
    RandomGenerator random = Seed.random("OldFormatsTest");
    for (int round = 0; round < 500; round++) {
      List<String> elements = new ArrayList<>();
      for (int i = random.nextInt(40) * 2; i > 0; i--) {
        elements.add(Packs.element(random));
      }
      byte[] ziplist = Packs.ziplist(elements);
      assertThat(Packs.ziplistElements(ziplist)).isEqualTo(elements);
      byte[] zipmap = Packs.zipmap(elements);
      assertThat(Packs.zipmapElements(zipmap)).isEqualTo(elements);
      assertThat(Zipmap.count(MemorySegment.ofArray(zipmap), 0)).isEqualTo(elements.size() / 2);
    }
  }

  @Test
  void convertsToListpacksAndBack() throws PackedException {
    RandomGenerator random = Seed.random("OldFormatsTest");
    for (int round = 0; round < 500; round++) {
      List<String> elements = new ArrayList<>();
      for (int i = random.nextInt(40) * 2; i > 0; i--) {
        elements.add(Packs.element(random));
        int shortStrings = random.nextInt(4) == 0 ? 1 + random.nextInt(60) : 0;
        for (int j = 0; j < shortStrings; j++) {
          elements.add("s".repeat(random.nextInt(64)));
        }
      }
      byte[] ziplist = Packs.ziplist(elements);
      MemorySegment listpack =
          MemorySegment.ofArray(new byte[(int) Ziplist.maxConvertedBytes(ziplist.length)]);
      long bytes =
          Ziplist.toListpack(MemorySegment.ofArray(ziplist), 0, ziplist.length, listpack, 0);
      assertThat(Packs.bytes(listpack, 0, bytes)).isEqualTo(Packs.listpack(elements));

      MemorySegment back = MemorySegment.ofArray(new byte[(int) Ziplist.maxConvertedBytes(bytes)]);
      long backBytes = Ziplist.fromListpack(listpack, 0, back, 0);
      assertThat(Packs.bytes(back, 0, backBytes)).isEqualTo(ziplist);
    }
  }

  /** Short strings are copied in words, which may reach into the entries around them. */
  @Test
  void convertsShortStringsOfEachLengthInAnyPlace() throws PackedException {
    for (int length = 0; length < 70; length++) {
      String one = "s".repeat(length);
      for (List<String> elements :
          List.of(
              List.of(one),
              List.of(one, one + "t", one),
              List.of("0", one, "-7", one, "12345678901234"),
              List.of(one, "r".repeat(length), one + "t", one))) {
        byte[] ziplist = Packs.ziplist(elements);
        MemorySegment listpack =
            MemorySegment.ofArray(new byte[(int) Ziplist.maxConvertedBytes(ziplist.length)]);
        MemorySegment from = MemorySegment.ofArray(ziplist);
        long bytes = Ziplist.toListpack(from, 0, ziplist.length, listpack, 0);
        byte[] exactly = Packs.bytes(listpack, 0, bytes);
        assertThat(exactly).isEqualTo(Packs.listpack(elements));

        MemorySegment back =
            MemorySegment.ofArray(new byte[(int) Ziplist.maxConvertedBytes(bytes)]);
        long backBytes = Ziplist.fromListpack(MemorySegment.ofArray(exactly), 0, back, 0);
        assertThat(Packs.bytes(back, 0, backBytes)).isEqualTo(ziplist);
      }
    }
  }

  @Test
  void countsManyElementsOneByOne() throws PackedException {
    byte[] ziplist = Packs.ziplist(Collections.nCopies(65_600, "3"));
    Packs.validateZiplist(MemorySegment.ofArray(ziplist), 0, ziplist.length);
    assertThat(Packs.ziplistElements(ziplist)).hasSize(65_600);
    byte[] zipmap = Packs.zipmap(Collections.nCopies(600, "3"));
    Zipmap.validate(MemorySegment.ofArray(zipmap), 0, zipmap.length);
    assertThat(Zipmap.count(MemorySegment.ofArray(zipmap), 0)).isEqualTo(300);
  }

  @FunctionalInterface
  private interface Validation {
    void run(MemorySegment memory, long start, long length) throws PackedException;
  }

  @Test
  void reportsOffsetAndReasonOfInvalidBytes() {
    ziplistRefused("0b0000000a0000000000", 0, "fewer than 11 bytes");
    ziplistRefused("0c0000000a0000000000ff", 0, "size differs");
    ziplistRefused("0b0000000a000000000000", 10, "without end marker");
    ziplistRefused("0b0000000a0000000100ff", 8, "count");
    ziplistRefused("0b0000000b0000000000ff", 4, "last entry");
    ziplistRefused("0d0000000a000000010001f1ff", 10, "preceding entry");
    ziplistRefused("0d0000000a000000010000c1ff", 11, "unknown encoding");
    ziplistRefused("0d0000000a000000010000c0ff", 11, "beyond the end");
    ziplistRefused("0d0000000a00000001000001ff", 11, "beyond the end");
    ziplistRefused("0d0000000a0000000100fe00ff", 10, "beyond the end");
    ziplistRefused("0d0000000a0000000100ff00ff", 10, "ends early");
    refused(Zipmap::validate, "ff", 0, "fewer than 2 bytes");
    refused(Zipmap::validate, "0000", 1, "without end marker");
    refused(Zipmap::validate, "01ff", 0, "count");
    refused(Zipmap::validate, "0101610161ff", 3, "beyond the end");
    refused(Zipmap::validate, "010161ff", 1, "beyond the end");
    refused(Zipmap::validate, "010161fffeff", 3, "ends early");
    refused(Zipmap::validate, "01016101056100ff", 3, "beyond the end");
  }

  private static void ziplistRefused(String hex, long offset, String reason) {
    refused(Packs::validateZiplist, hex, offset, reason);
  }

  private static void refused(Validation validation, String hex, long offset, String reason) {
    byte[] bytes = parse(hex);
    assertThatThrownBy(() -> validation.run(MemorySegment.ofArray(bytes), 0, bytes.length))
        .as(hex)
        .isInstanceOfSatisfying(
            PackedException.class,
            e -> {
              assertThat(e.reason()).contains(reason);
              assertThat(e.offset()).isEqualTo(offset);
            });
  }
}
