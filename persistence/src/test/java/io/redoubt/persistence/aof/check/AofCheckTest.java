package io.redoubt.persistence.aof.check;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.persistence.io.OsDisk;
import io.redoubt.persistence.rdb.CheckSession;
import io.redoubt.protocol.RealRedis;
import io.redoubt.protocol.Seed;
import io.redoubt.protocol.resp.RequestEncoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests that the check of an append only file prints and changes the same as Debian's
 * redis-check-aof.
 */
class AofCheckTest {

  private static final int FILES = 5;
  private static final int CHANGES = 6;

  @TempDir Path folder;

  @BeforeAll
  static void requireRedis() {
    RealRedis.assumeInstalled("redis-check-aof");
  }

  /**
   * Runs both on copies of the folder's files, and compares their output and the resulting files.
   */
  private void sameFor(String name, String answer, String... options) throws IOException {
    Path copy = Files.createTempDirectory("redoubt-check");
    try {
      List<Path> files;
      try (var entries = Files.list(folder)) {
        files = entries.toList();
      }
      for (Path file : files) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
      String[] command = new String[options.length + 2];
      command[0] = "redis-check-aof";
      System.arraycopy(options, 0, command, 1, options.length);
      command[command.length - 1] = copy.resolve(name).toString();
      String real = CheckSession.real(copy, answer, command);

      boolean fixes = Arrays.asList(options).contains("--fix");
      long until = options.length == 2 ? Long.parseLong(options[1]) : 0;
      CheckSession session = new CheckSession(answer);
      int status =
          new AofCheck(new OsDisk(), session, fixes, until).run(folder.resolve(name).toString());
      String ours = session.ended(status).replace(folder + "/", copy + "/");
      assertThat(CheckSession.lines(ours)).isEqualTo(CheckSession.lines(real));
      for (Path file : files) {
        assertThat(file).hasSameBinaryContentAs(copy.resolve(file.getFileName()));
      }
    } finally {
      try (var entries = Files.list(copy)) {
        for (Path file : entries.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(copy);
    }
  }

  private void write(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  private void write(String name, String content) throws IOException {
    write(name, content.getBytes(ISO_8859_1));
  }

  private static byte[] commands(RandomGenerator random, int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long seconds = 1000;
    for (int i = 0; i < count; i++) {
      if (random.nextInt(5) == 0) {
        seconds += random.nextInt(3);
        out.writeBytes(("#TS:" + seconds + "\r\n").getBytes(ISO_8859_1));
      }
      if (random.nextInt(4) == 0) {
        out.writeBytes(RequestEncoder.encode("MULTI"));
        out.writeBytes(RequestEncoder.encode("SET", "k" + i, "v".repeat(random.nextInt(200))));
        out.writeBytes(RequestEncoder.encode("INCR", "n"));
        out.writeBytes(RequestEncoder.encode("EXEC"));
      } else {
        out.writeBytes(RequestEncoder.encode("RPUSH", "list", "line\r\n" + i));
      }
    }
    return out.toByteArray();
  }

  private static byte[] changed(byte[] content, RandomGenerator random) {
    byte[] bytes = content.clone();
    switch (random.nextInt(4)) {
      case 0 -> {
        return Arrays.copyOf(bytes, random.nextInt(bytes.length));
      }
      case 1 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      case 2 -> bytes[random.nextInt(bytes.length)]++;
      default -> {
        int at = random.nextInt(bytes.length - 1);
        System.arraycopy(content, at + 1, bytes, at, bytes.length - at - 1);
      }
    }
    return bytes;
  }

  @Test
  void checksFilesOfCommands() throws IOException {
    RandomGenerator random = Seed.random("AofCheckTest.checksFilesOfCommands");
    for (int i = 0; i < FILES; i++) {
      byte[] whole = commands(random, 20);
      write("file.aof", whole);
      sameFor("file.aof", "");
      for (int k = 0; k < CHANGES; k++) {
        write("file.aof", changed(whole, random));
        switch (random.nextInt(3)) {
          case 0 -> sameFor("file.aof", "");
          case 1 -> sameFor("file.aof", random.nextBoolean() ? "y" : "n", "--fix");
          default ->
              sameFor("file.aof", "", "--truncate-to-timestamp", "" + random.nextInt(998, 1012));
        }
      }
    }
  }

  @Test
  void checksEveryByteInPlaceOfAMark() throws IOException {
    byte[] whole = RequestEncoder.encode("SET", "key", "value");
    int mark = new String(whole, ISO_8859_1).indexOf("$3\r\nkey");
    for (int value = 0; value < 256; value++) {
      byte[] bytes = whole.clone();
      bytes[mark] = (byte) value;
      write("file.aof", bytes);
      sameFor("file.aof", "");
    }
  }

  @Test
  void checksSeveralFiles() throws IOException {
    RandomGenerator random = Seed.random("AofCheckTest.checksSeveralFiles");
    for (int i = 0; i < FILES * 2; i++) {
      write("base", random.nextInt(5) == 0 ? new byte[0] : commands(random, 8));
      write("a", commands(random, 6));
      write("b", random.nextInt(3) == 0 ? new byte[0] : commands(random, 6));
      if (random.nextBoolean()) {
        String torn = List.of("base", "a", "b").get(random.nextInt(3));
        byte[] content = Files.readAllBytes(folder.resolve(torn));
        if (content.length > 0) {
          write(torn, changed(content, random));
        }
      }
      write("x.manifest", "file base seq 1 type b\nfile a seq 2 type i\nfile b seq 3 type i\n");
      if (random.nextBoolean()) {
        sameFor("x.manifest", "y", "--fix");
      } else {
        sameFor("x.manifest", "", "--truncate-to-timestamp", "" + random.nextInt(998, 1012));
      }
    }
  }

  @Test
  void checksManifests() throws IOException {
    write("a", commands(Seed.random("AofCheckTest.checksManifests"), 3));
    for (String manifest :
        List.of(
            "file a seq 1 type b\n",
            "# a comment\n# and one more\nfile a seq 1 type i future thing\n",
            "file \"a\" seq 1 type i\n",
            "fIle a seq 1 type i\n",
            "",
            "\n",
            "#\n",
            "file a seq 1 type b",
            "file a seq 1 type b\nfile b seq 2 type b\n",
            "file a/b seq 1 type b\n",
            "file a\\b seq 1 type b\n",
            "file a seq 1 type q\n",
            "file a seq 2 type i\nfile a seq 2 type i\n",
            "file a seq 1 type\n",
            "file a seq 0 type b\n",
            "file a seq x type b\n",
            "file a seq 1x type b\n",
            "file \"a seq 1 type b\n",
            "file a seq -3 type b\n",
            "file a seq 1 type bxyz\n",
            "file missing seq 1 type i\n",
            "file missing seq 1 type b\n",
            "file a seq 1 type h\n",
            "#\n\nfile a seq 1 type i\n",
            "file " + "x".repeat(1006) + " seq 1 type b\n")) {
      write("x.manifest", manifest);
      sameFor("x.manifest", "");
    }
  }

  @Test
  void checksMissingFiles() throws IOException {
    sameFor("missing", "");
  }
}
