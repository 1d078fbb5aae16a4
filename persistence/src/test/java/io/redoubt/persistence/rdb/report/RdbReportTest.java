package io.redoubt.persistence.rdb.report;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.packed.Packs;
import io.redoubt.persistence.rdb.RandomCollections;
import io.redoubt.persistence.rdb.RdbException;
import io.redoubt.persistence.rdb.RdbReader;
import io.redoubt.persistence.rdb.RdbType;
import io.redoubt.persistence.rdb.Rdbs;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.bytes.BufferMemory;
import io.redoubt.protocol.bytes.ByteString;
import io.redoubt.protocol.bytes.Hash;
import io.redoubt.protocol.bytes.Numbers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the figures of a report are those of the file, whole or damaged. */
class RdbReportTest {

  private static final long NOW = 3_500_000_000_000L;
  private static final int HEADER_BYTES = 9;
  private static final int LARGE_BYTES = 300_000;

  /** Fills a server with values of each type and encoding, of many lengths. */
  private static final String FILL =
      """
      for number, size in ipairs({1, 5, 100, 127, 129, 600, 3000}) do
        for kind, text in ipairs({'', 'text', string.rep('x', 60), string.rep('y', 200)}) do
          local name = ':' .. size .. ':' .. kind
          redis.call('SET', 'string' .. name, text .. size)
          redis.call('SET', 'long' .. name, string.rep(text .. '1', size), 'PX', size * 1000000)
          for i = 1, size do
            redis.call('RPUSH', 'list' .. name, text .. i)
            redis.call('SADD', 'set' .. name, text .. i)
            redis.call('ZADD', 'zset' .. name, i / 3, text .. i)
            redis.call('HSET', 'hash' .. name, i, text .. i)
            redis.call('XADD', 'stream' .. name, i .. '-1', 'field', text .. i)
          end
          redis.call('XDEL', 'stream' .. name, '1-1')
          redis.call('XGROUP', 'CREATE', 'stream' .. name, 'group', '0')
          redis.call('XREADGROUP', 'GROUP', 'group', 'me', 'COUNT', 9, 'STREAMS', 'stream' .. name, '>')
        end
      end
      return 7
      """;

  @TempDir Path folder;

  private ReportedFile read(byte[] content) throws IOException {
    return read(content, ReportSettings.USUAL);
  }

  private ReportedFile read(byte[] content, ReportSettings settings) throws IOException {
    Path path = Files.write(folder.resolve("file.rdb"), content);
    return new RdbReportReader(new OsDisk(), settings, (read, size) -> {}, new Hash(1, 2), NOW)
        .read(path);
  }

  /** Returns the sums in a form to compare. */
  private static List<Long> sums(KeyTotals totals) {
    return List.of(
        totals.keys(),
        totals.expiring(),
        totals.expired(),
        totals.fileBytes(),
        totals.keyBytes(),
        totals.valueBytes(),
        totals.elements());
  }

  private static void assertConsistent(RdbReport report) {
    KeyTotals types = new KeyTotals();
    KeyTotals encodings = new KeyTotals();
    KeyTotals databases = new KeyTotals();
    long[] histograms = new long[3];
    for (ValueType type : ValueType.values()) {
      TypeFigures figures = report.type(type);
      types.add(figures.totals());
      KeyTotals ofType = new KeyTotals();
      report
          .encodings()
          .forEach((encoding, totals) -> {
            if (encoding.type() == type) {
              ofType.add(totals);
            }
          });
      assertThat(sums(ofType)).isEqualTo(sums(figures.totals()));
      histograms[0] += figures.valueBytes().count();
      histograms[1] += figures.elements().count();
    }
    histograms[2] = report.keyBytes().count();
    report.encodings().values().forEach(encodings::add);
    report.databases().values().forEach(database -> databases.add(database.totals()));
    databases.add(report.furtherDatabases().totals());
    assertThat(sums(types)).isEqualTo(sums(report.totals()));
    assertThat(sums(encodings)).isEqualTo(sums(report.totals()));
    assertThat(sums(databases)).isEqualTo(sums(report.totals()));
    assertThat(histograms).containsOnly(report.totals().keys());
    long ttls = report.remainingTimes().values().stream().mapToLong(keys -> keys).sum();
    assertThat(ttls).isEqualTo(report.totals().expiring());
    KeyTotals prefixes = new KeyTotals();
    report.prefixes(1).forEach(prefix -> prefixes.add(prefix.totals()));
    if (report.arePrefixesExact(1) && report.prefixes(1).size() < report.settings().largest()) {
      assertThat(sums(prefixes)).isEqualTo(sums(report.totals()));
    }
  }

  @Test
  void sumsOfRandomFilesAreConsistent() throws IOException {
    RandomGenerator random = Seed.random("RdbReportTest.sums");
    for (int round = 0; round < 40; round++) {
      int keys = 1 + random.nextInt(60);
      int version = 9 + random.nextInt(4);
      byte[] content =
          random.nextBoolean()
              ? Rdbs.write(Rdbs.randomKeys(random, keys), random.nextBoolean())
              : RandomCollections.file(random, version, random.nextBoolean(), keys);
      ReportedFile file = read(content);
      assertThat(file.error()).isNull();
      assertThat(file.checksum()).isTrue();
      assertThat(file.readBytes()).isEqualTo(content.length);
      assertThat(file.report().totals().keys()).isEqualTo(keys);
      // Without the header, the end with its checksum, and the other items.
      assertThat(file.report().totals().fileBytes())
          .isBetween(content.length - 200L, content.length - HEADER_BYTES - 9L);
      assertConsistent(file.report());
    }
  }

  /** Returns a small value of each type. */
  private static Map<RdbType, byte[]> smallValues() {
    Map<RdbType, byte[]> values = new EnumMap<>(RdbType.class);
    byte[] pairs = Packs.listpack(List.of("a", "1", "bcd", "22"));
    values.put(RdbType.LIST_ZIPLIST, FileBuilder.string(Packs.ziplist(List.of("one", "2", "ab"))));
    values.put(RdbType.HASH_ZIPLIST, FileBuilder.string(Packs.ziplist(List.of("f", "value"))));
    values.put(RdbType.ZSET_ZIPLIST, FileBuilder.string(Packs.ziplist(List.of("m", "1.5"))));
    values.put(
        RdbType.HASH_ZIPMAP, FileBuilder.string(Packs.zipmap(List.of("k", "v", "k2", "v2"))));
    values.put(RdbType.SET_INTSET, FileBuilder.string(Packs.intset(List.of(-5L, 7L, 100L))));
    values.put(RdbType.HASH_LISTPACK, FileBuilder.string(pairs));
    values.put(RdbType.ZSET_LISTPACK, FileBuilder.string(pairs));
    values.put(RdbType.SET_LISTPACK, FileBuilder.string(Packs.listpack(List.of("a", "bc"))));
    values.put(
        RdbType.HASH_LISTPACK_EX,
        FileBuilder.join(
            new byte[8],
            FileBuilder.string(Packs.listpack(List.of("f", "v", "0", "g", "w", "9")))));
    values.put(
        RdbType.LIST_QUICKLIST,
        FileBuilder.join(
            new byte[] {2},
            FileBuilder.string(Packs.ziplist(List.of("a"))),
            FileBuilder.string(Packs.ziplist(List.of("b", "c")))));
    values.put(
        RdbType.LIST,
        FileBuilder.join(new byte[] {1}, FileBuilder.string("x".getBytes(ISO_8859_1))));
    values.put(
        RdbType.SET,
        FileBuilder.join(new byte[] {1}, FileBuilder.string("y".getBytes(ISO_8859_1))));
    values.put(RdbType.ZSET, FileBuilder.join(new byte[] {1, 1, 'm', 3, '1', '.', '5'}));
    values.put(RdbType.HASH, FileBuilder.join(new byte[] {1, 1, 'f', 1, 'v'}));
    return values;
  }

  @Test
  void figuresOfEachEncoding() throws IOException {
    FileBuilder file = new FileBuilder();
    Map<RdbType, byte[]> values = smallValues();
    values.forEach((type, value) -> file.record(type, type.name(), value));
    ReportedFile read = read(file.end());
    assertThat(read.error()).isNull();
    Map<String, String> found = new HashMap<>();
    for (ValueType type : ValueType.values()) {
      for (LargeKey key : read.report().largest(type)) {
        found.put(
            new String(key.name().start().toByteArray(), ISO_8859_1),
            key.encoding().text()
                + " "
                + key.elements()
                + " "
                + (key.dataBytes() - key.name().lengthBytes())
                + " "
                + key.largestBytes());
      }
    }
    assertThat(found)
        .containsOnly(
            Map.entry("LIST_ZIPLIST", "ziplist 3 6 3"),
            Map.entry("HASH_ZIPLIST", "ziplist 1 6 6"),
            Map.entry("ZSET_ZIPLIST", "ziplist 1 1 1"),
            Map.entry("HASH_ZIPMAP", "zipmap 2 6 4"),
            Map.entry("SET_INTSET", "intset 3 6 3"),
            Map.entry("HASH_LISTPACK", "listpack 2 7 5"),
            Map.entry("ZSET_LISTPACK", "listpack 2 4 3"),
            Map.entry("SET_LISTPACK", "listpack 2 3 2"),
            Map.entry("HASH_LISTPACK_EX", "listpackex 2 4 2"),
            Map.entry("LIST_QUICKLIST", "quicklist 3 3 1"),
            Map.entry("LIST", "quicklist 1 1 1"),
            Map.entry("SET", "listpack 1 1 1"),
            Map.entry("ZSET", "listpack 1 1 1"),
            Map.entry("HASH", "listpack 1 2 2"));
    assertThat(read.report().hashesWithExpiringFields()).isEqualTo(1);
    assertThat(read.report().expiringFields()).isEqualTo(1);
    long stored = values.values().stream().mapToLong(value -> value.length).sum();
    long names = values.keySet().stream().mapToLong(type -> type.name().length() + 2).sum();
    assertThat(read.report().totals().fileBytes()).isEqualTo(stored + names);
    assertConsistent(read.report());
  }

  @Test
  void stringsExpiriesAndDatabases() throws IOException {
    FileBuilder file = new FileBuilder();
    file.record(RdbType.STRING, "number", FileBuilder.string("12345678901".getBytes(ISO_8859_1)));
    file.raw(0xfe, 5).raw(0xfb, 2, 2); // database 5, sizes
    file.raw(0xfc).raw(FileBuilder.little(NOW - 1)).raw(0xf9, 7);
    file.record(RdbType.STRING, "due", FileBuilder.string(new byte[44]));
    file.raw(0xfc).raw(FileBuilder.little(NOW));
    file.record(RdbType.STRING, "now", FileBuilder.string(new byte[45]));
    file.raw(0xfc).raw(FileBuilder.little(NOW + 86_400_000));
    file.record(RdbType.STRING, "later", FileBuilder.string(new byte[LARGE_BYTES]));
    file.record(RdbType.SET, "empty", new byte[1]);
    RdbReport report = read(file.end()).report();
    assertThat(sums(report.totals()))
        .containsExactly(
            4L,
            3L,
            1L,
            // types, keys with a length, values with a length, expiries, frequency
            4L + (7 + 4 + 4 + 6) + (1 + 11) + (1 + 44) + (1 + 45) + (5 + LARGE_BYTES) + 3 * 9 + 2,
            6L + 3 + 3 + 5,
            11L + 44 + 45 + LARGE_BYTES,
            4L);
    assertThat(report.encodings())
        .containsOnlyKeys(ValueEncoding.INT, ValueEncoding.EMBSTR, ValueEncoding.RAW);
    assertThat(report.databases().get(0).totals().keys()).isEqualTo(1);
    assertThat(report.databases().get(5).totals().keys()).isEqualTo(3);
    assertThat(report.emptyKeys()).isEqualTo(1);
    assertThat(report.remainingTimes())
        .containsEntry(RemainingTime.EXPIRED, 1L)
        .containsEntry(RemainingTime.MINUTE, 1L)
        .containsEntry(RemainingTime.WEEK, 1L);
    assertThat(report.largest().getFirst().database()).isEqualTo(5);
    assertConsistent(report);
  }

  @Test
  void prefixesEndWithDelimiters() throws IOException {
    FileBuilder file = new FileBuilder();
    for (String key :
        List.of("a:1", "a:b/2", "a/x", "plain", ":", "a:b:c:d", "k".repeat(300) + ":")) {
      file.record(RdbType.STRING, key, FileBuilder.string(new byte[1]));
    }
    ReportSettings settings = new ReportSettings(ByteString.of(":/"), 3, false, 20);
    RdbReport report = read(file.end(), settings).report();
    assertThat(report.prefixes(1))
        .extracting(prefix -> prefix.prefix() + "=" + prefix.totals().keys())
        .containsExactlyInAnyOrder("a:=3", "a/=1", "=2", ":=1");
    assertThat(report.prefixes(2))
        .extracting(prefix -> prefix.prefix() + "=" + prefix.totals().keys())
        .containsExactlyInAnyOrder("a:b/=1", "a:b:=1");
    assertThat(report.prefixes(3))
        .extracting(prefix -> prefix.prefix() + "=" + prefix.totals().keys())
        .containsExactly("a:b:c:=1");
  }

  @Test
  void numbersInPrefixesAreMerged() throws IOException {
    FileBuilder file = new FileBuilder();
    for (String key : List.of("user:1:a", "user:22:b", "user::c", "user:3x:d", "7:8:e", "9:")) {
      file.record(RdbType.STRING, key, FileBuilder.string(new byte[1]));
    }
    ReportSettings settings = new ReportSettings(ByteString.of(":"), 2, true, 20);
    RdbReport report = read(file.end(), settings).report();
    assertThat(report.prefixes(1))
        .extracting(prefix -> prefix.prefix() + "=" + prefix.totals().keys())
        .containsExactlyInAnyOrder("user:=4", "*:=2");
    assertThat(report.prefixes(2))
        .extracting(prefix -> prefix.prefix() + "=" + prefix.totals().keys())
        .containsExactlyInAnyOrder("user:*:=2", "user::=1", "user:3x:=1", "*:*:=1");
  }

  @Test
  void databasesBeyondALimitAreMerged() throws IOException {
    FileBuilder file = new FileBuilder();
    for (int database = 0; database < 1000; database++) {
      file.raw(0xfe, 0x40 | database >> 8, database & 0xff);
      file.record(RdbType.STRING, "k", FileBuilder.string(new byte[1]));
    }
    RdbReport report = read(file.end()).report();
    assertThat(report.databases()).hasSize(RdbReport.MAX_DATABASES);
    assertThat(report.furtherDatabases().totals().keys()).isEqualTo(1000 - RdbReport.MAX_DATABASES);
    assertConsistent(report);
  }

  @Test
  void keepsTheLargestKeys() throws IOException {
    FileBuilder file = new FileBuilder();
    for (int i = 0; i < 500; i++) {
      int length = i * 7919 % 500;
      file.record(RdbType.STRING, "k" + length, FileBuilder.string(new byte[length]));
    }
    ReportSettings settings = new ReportSettings(ByteString.of(":"), 1, true, 3);
    assertThat(read(file.end(), settings).report().largest())
        .extracting(key -> key.name().start().toString())
        .containsExactly("k499", "k498", "k497");
  }

  @Test
  void truncatedFilesAreReportedUpToTheirEnd() throws IOException {
    FileBuilder file = new FileBuilder();
    Map<RdbType, byte[]> values = smallValues();
    file.raw(0xfa).raw(FileBuilder.string("aux".getBytes(ISO_8859_1))).raw(1, 'x');
    file.raw(0xfe, 3).raw(0xfc).raw(FileBuilder.little(NOW));
    values.forEach((type, value) -> file.record(type, type.name(), value));
    byte[] content = file.end();
    long before = 0;
    for (int length = 0; length < content.length; length++) {
      ReportedFile cut = read(Arrays.copyOf(content, length));
      assertThat(cut.error()).isNotNull();
      assertThat(cut.errorOffset()).isBetween(0L, (long) length);
      assertThat(cut.checksum()).isFalse();
      assertThat(cut.report().totals().keys()).isBetween(before, before + 1);
      before = cut.report().totals().keys();
      assertThat(cut.report().totals().fileBytes()).isLessThanOrEqualTo(length);
      assertConsistent(cut.report());
    }
    assertThat(before).isEqualTo(values.size());
  }

  private static RdbReport feed(byte[] content, int longestBytes, RandomGenerator random)
      throws RdbException {
    RdbReport report = new RdbReport(ReportSettings.USUAL, new Hash(1, 2), NOW);
    ReportVisitor visitor = new ReportVisitor(report);
    try (RdbReader reader = new RdbReader(BufferMemory.offHeap(), visitor)) {
      reader.totalBytes(content.length).skippingElements(longestBytes);
      visitor.setReader(reader);
      MemorySegment bytes = MemorySegment.ofArray(content);
      for (int at = 0; at < content.length; ) {
        int part = Math.min(content.length - at, 1 + random.nextInt(1 + random.nextInt(5000)));
        reader.feed(bytes, at, part);
        at += part;
        assertThat(reader.arrivedBytes()).isEqualTo(at);
      }
      reader.finish();
      assertThat(reader.offset()).isEqualTo(content.length);
      assertThat(reader.isChecksumStored()).isTrue(); // and so it was correct
    }
    return report;
  }

  @Test
  void elementsThatAreSkippedCountAsIfTheyWereRead() throws Exception {
    RandomGenerator random = Seed.random("RdbReportTest.skipped");
    for (int round = 0; round < 60; round++) {
      byte[] content =
          RandomCollections.file(random, 9 + random.nextInt(4), random.nextBoolean(), 20);
      RdbReport all = feed(content, Integer.MAX_VALUE, random);
      RdbReport skipped = feed(content, Numbers.MAX_LONG_LENGTH + random.nextInt(200), random);
      assertThat(sums(skipped.totals())).isEqualTo(sums(all.totals()));
      assertThat(skipped.largest(ValueType.HASH)).isEqualTo(all.largest(ValueType.HASH));
      assertThat(skipped.largest(ValueType.LIST)).isEqualTo(all.largest(ValueType.LIST));
      assertThat(skipped.largest(ValueType.ZSET)).isEqualTo(all.largest(ValueType.ZSET));
      assertThat(skipped.largest(ValueType.SET)).isEqualTo(all.largest(ValueType.SET));
      for (int cut = 0; cut < 20; cut++) {
        int length = random.nextInt(content.length);
        assertThatExceptionOfType(RdbException.class)
            .isThrownBy(() -> feed(Arrays.copyOf(content, length), 50, random))
            .satisfies(e -> assertThat(e.offset()).isBetween(0L, (long) length));
      }
    }
  }

  @Test
  void truncatedRandomFiles() throws IOException {
    RandomGenerator random = Seed.random("RdbReportTest.truncated");
    for (int round = 0; round < 100; round++) {
      byte[] content = RandomCollections.file(random, 12, true, 8);
      int length = random.nextInt(content.length);
      ReportedFile cut = read(Arrays.copyOf(content, length));
      assertThat(cut.error()).isNotNull();
      assertThat(cut.errorOffset()).isBetween(0L, (long) length);
      assertThat(sums(cut.report().totals())).allMatch(sum -> sum >= 0);
      assertConsistent(cut.report());
    }
  }

  @Test
  void damagedFilesNeverEndInAnotherException() throws IOException {
    RandomGenerator random = Seed.random("RdbReportTest.damaged");
    int failed = 0;
    for (int round = 0; round < 400; round++) {
      byte[] content = RandomCollections.file(random, 9 + random.nextInt(4), false, 4);
      for (int i = 1 + random.nextInt(3); i > 0; i--) {
        content[random.nextInt(content.length)] = (byte) random.nextInt(256);
      }
      ReportedFile file = read(content);
      failed += file.error() == null ? 0 : 1;
      assertThat(file.report().totals().fileBytes()).isLessThanOrEqualTo(content.length);
    }
    assertThat(failed).isGreaterThan(100);
  }

  @Test
  void commandsBehindAPreambleAreNotRead() throws IOException {
    FileBuilder file = new FileBuilder();
    file.record(RdbType.STRING, "k", FileBuilder.string(new byte[1]));
    byte[] commands = "*1\r\n$4\r\nPING\r\n".getBytes(ISO_8859_1);
    ReportedFile read = read(FileBuilder.join(file.end(), commands));
    assertThat(read.error()).isNull();
    assertThat(read.report().totals().keys()).isEqualTo(1);
    assertThat(read.bytesBehind()).isEqualTo(commands.length);
  }

  @Test
  void agreesWithARealRedis() throws Exception {
    RealRedis.assumeInstalled();
    Path path = folder.resolve("dump.rdb");
    try (RealRedis redis = RealRedis.start(folder, "--databases", "64")) {
      assertThat(redis.command("EVAL", FILL, "0")).isEqualTo("7");
      assertThat(redis.command("SAVE")).isEqualTo("OK");
      ReportSettings all = new ReportSettings(ByteString.of(":"), 1, true, 1000);
      RdbReport report = read(Files.readAllBytes(path), all).report();
      assertConsistent(report);
      assertThat(redis.command("DBSIZE")).isEqualTo(Long.toString(report.totals().keys()));
      assertThat(report.largest()).hasSize((int) report.totals().keys());
      List<String> lengths = List.of("STRLEN", "LLEN", "SCARD", "ZCARD", "HLEN", "XLEN");
      for (LargeKey key : report.largest()) {
        String name = key.name().start().toString();
        ValueType type = key.encoding().type();
        assertThat(redis.command("TYPE", name)).isEqualTo(type.text());
        if (type != ValueType.LIST && type != ValueType.SET) { // no listpacks in 7.0
          assertThat(redis.command("OBJECT", "ENCODING", name)).isEqualTo(key.encoding().text());
        }
        long elements =
            type == ValueType.STRING ? key.dataBytes() - key.name().lengthBytes() : key.elements();
        assertThat(redis.command(lengths.get(type.ordinal()), name))
            .as(name)
            .isEqualTo(Long.toString(elements));
        assertThat(redis.command("PEXPIRETIME", name))
            .isEqualTo(Long.toString(key.expireAtMillis()));
      }
    }
  }

  /** A file of version 12 that is put together byte by byte. */
  private static final class FileBuilder {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    FileBuilder() {
      out.writeBytes("REDIS0012".getBytes(ISO_8859_1));
    }

    FileBuilder raw(int... bytes) {
      for (int b : bytes) {
        out.write(b);
      }
      return this;
    }

    FileBuilder raw(byte[] bytes) {
      out.writeBytes(bytes);
      return this;
    }

    void record(RdbType type, String key, byte[] value) {
      out.write(type.id());
      out.writeBytes(string(key.getBytes(ISO_8859_1)));
      out.writeBytes(value);
    }

    byte[] end() {
      out.write(0xff);
      out.writeBytes(new byte[8]);
      return out.toByteArray();
    }

    static byte[] little(long value) {
      byte[] bytes = new byte[8];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (value >>> (8 * i));
      }
      return bytes;
    }

    /** Returns a string with its length, of six bits or of 32. */
    static byte[] string(byte[] bytes) {
      int length = bytes.length;
      byte[] head =
          length < 64
              ? new byte[] {(byte) length}
              : new byte[] {
                (byte) 0x80,
                (byte) (length >>> 24),
                (byte) (length >>> 16),
                (byte) (length >>> 8),
                (byte) length
              };
      return join(head, bytes);
    }

    static byte[] join(byte[]... parts) {
      ByteArrayOutputStream joined = new ByteArrayOutputStream();
      for (byte[] part : parts) {
        joined.writeBytes(part);
      }
      return joined.toByteArray();
    }
  }
}
