package io.redoubt.persistence.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.packed.PackedException;
import io.redoubt.persistence.packed.Packs;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that the packed collections in the DUMP payloads of a real Redis equal this project's byte
 * for byte, and that Redis accepts this project's, including old formats.
 */
class PackedPayloadTest {

  // Value types, the first byte of a payload.
  private static final int HASH_ZIPMAP = 9;
  private static final int LIST_ZIPLIST = 10;
  private static final int SET_INTSET = 11;
  private static final int HASH_LISTPACK = 16;
  private static final int LIST_QUICKLIST_2 = 18;
  private static final int FOOTER_BYTES = 10;

  @TempDir Path directory;
  private RealRedis redis;

  @BeforeAll
  static void needsRedis() {
    RealRedis.assumeInstalled();
  }

  @BeforeEach
  void start() throws Exception {
    redis = RealRedis.start(directory, "--databases", "64");
    redis.command("CONFIG", "SET", "rdbcompression", "no");
    redis.command("CONFIG", "SET", "list-max-listpack-size", "-5");
    redis.command("CONFIG", "SET", "hash-max-listpack-value", "100000");
    redis.command("CONFIG", "SET", "sanitize-dump-payload", "yes");
  }

  @AfterEach
  void stop() throws IOException {
    redis.close();
  }

  /** Returns the packed bytes in a payload of the expected type. */
  private byte[] dump(String key, int type) {
    String payload = redis.command("DUMP", key);
    assertThat(payload).isNotNull();
    byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(bytes[0]).isEqualTo((byte) type);
    int at = 1;
    if (type == LIST_QUICKLIST_2) {
      assertThat(bytes[1]).as("one node").isEqualTo((byte) 1);
      assertThat(bytes[2]).as("packed").isEqualTo((byte) 2);
      at = 3;
    }
    at +=
        switch ((bytes[at] & 0xff) >> 6) {
          case 0 -> 1;
          case 1 -> 2;
          default -> 5;
        };
    return Arrays.copyOfRange(bytes, at, bytes.length - FOOTER_BYTES);
  }

  private void restore(String key, int type, byte[] packed) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    payload.write(type);
    payload.write(0x80);
    for (int shift = 24; shift >= 0; shift -= 8) {
      payload.write(packed.length >> shift);
    }
    payload.writeBytes(packed);
    payload.write(9);
    payload.write(0);
    byte[] bytes = payload.toByteArray();
    long crc = Crc64.update(0, MemorySegment.ofArray(bytes), 0, bytes.length);
    for (int i = 0; i < 8; i++) {
      payload.write((int) (crc >> (8 * i)));
    }
    String text = payload.toString(StandardCharsets.ISO_8859_1);
    assertThat(redis.command("RESTORE", key, "0", text, "REPLACE")).isEqualTo("OK");
  }

  private static String[] words(String command, String key, List<String> arguments) {
    return Stream.concat(Stream.of(command, key), arguments.stream()).toArray(String[]::new);
  }

  private static List<List<String>> samples() {
    RandomGenerator random = Seed.random("PackedPayloadTest");
    List<List<String>> samples = new ArrayList<>();
    List<String> numbers = new ArrayList<>(List.of("0", "-1", "-0", "007", "", "12", "13"));
    for (int bit = 0; bit < 64; bit++) {
      for (int delta = -1; delta <= 1; delta++) {
        numbers.add(Long.toString((1L << bit) + delta));
        numbers.add(Long.toString(-(1L << bit) + delta));
      }
    }
    samples.add(numbers);
    for (int length : new int[] {62, 125, 126, 252, 4094, 16376, 16380}) {
      List<String> strings = new ArrayList<>();
      for (int more = 0; more < 3; more++) {
        strings.add("x".repeat(length + more));
      }
      samples.add(strings);
    }
    samples.add(Collections.nCopies(3000, "2"));
    for (int i = 0; i < 50; i++) {
      List<String> mixed = new ArrayList<>();
      for (int size = 1 + random.nextInt(40); size > 0; size--) {
        mixed.add(
            random.nextBoolean()
                ? Long.toString(random.nextLong() >> random.nextInt(64))
                : Rdbs.noise(random, random.nextInt(200)));
      }
      samples.add(mixed);
    }
    return samples;
  }

  @Test
  void lists() throws PackedException {
    for (List<String> sample : samples()) {
      redis.command("DEL", "list");
      redis.command(words("RPUSH", "list", sample));
      byte[] theirs = dump("list", LIST_QUICKLIST_2);
      assertThat(Packs.elements(theirs)).isEqualTo(sample);
      assertThat(Packs.listpack(sample)).isEqualTo(theirs);
    }
  }

  @Test
  void hashesAndOldHashes() throws PackedException {
    for (List<String> sample : samples()) {
      List<String> pairs = new ArrayList<>();
      for (int i = 0; i < Math.min(sample.size(), 100); i++) {
        pairs.add("field " + i);
        pairs.add(sample.get(i));
      }
      redis.command("DEL", "hash");
      redis.command(words("HSET", "hash", pairs));
      byte[] theirs = dump("hash", HASH_LISTPACK);
      assertThat(Packs.elements(theirs)).isEqualTo(pairs);
      assertThat(Packs.listpack(pairs)).isEqualTo(theirs);

      restore("restored", HASH_LISTPACK, Packs.listpack(pairs));
      assertThat(dump("restored", HASH_LISTPACK)).isEqualTo(theirs);
      restore("restored", HASH_ZIPMAP, Packs.zipmap(pairs));
      assertThat(dump("restored", HASH_LISTPACK)).isEqualTo(theirs);
    }
  }

  @Test
  void oldLists() throws PackedException {
    for (List<String> sample : samples()) {
      restore("list", LIST_ZIPLIST, Packs.ziplist(sample));
      assertThat(Packs.elements(dump("list", LIST_QUICKLIST_2))).isEqualTo(sample);
    }
  }

  @Test
  void sets() throws PackedException {
    RandomGenerator random = Seed.random("PackedPayloadTest");
    for (int round = 0; round < 100; round++) {
      List<Long> numbers = new ArrayList<>();
      int shift = random.nextInt(64);
      for (int size = 1 + random.nextInt(100); size > 0; size--) {
        numbers.add(random.nextLong() >> shift);
      }
      redis.command("DEL", "set");
      redis.command(words("SADD", "set", numbers.stream().map(String::valueOf).toList()));
      byte[] theirs = dump("set", SET_INTSET);
      assertThat(Packs.numbers(theirs)).isEqualTo(numbers.stream().distinct().sorted().toList());
      assertThat(Packs.intset(numbers)).isEqualTo(theirs);
      restore("restored", SET_INTSET, Packs.intset(numbers));
      assertThat(dump("restored", SET_INTSET)).isEqualTo(theirs);
    }
  }
}
