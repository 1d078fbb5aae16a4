package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LogTest {
  @TempDir Path directory;

  private final ByteArrayOutputStream output = new ByteArrayOutputStream();
  private final Log log = new Log(new Fixed(), ZoneId.of("Asia/Shanghai"), 4711, output);

  @Test
  void writesRedisFormat() {
    log.setRole('M');
    log.notice("DB loaded from disk: %.3f seconds", 0.25);
    log.warning("100% sure");

    assertThat(written())
        .isEqualTo(
            """
            4711:M 05 Nov 2026 07:03:09.007 * DB loaded from disk: 0.250 seconds
            4711:M 05 Nov 2026 07:03:09.007 # 100% sure
            """);
  }

  @Test
  void hidesUserDataUnlessTold() {
    UserText key = UserText.of("key");
    var limited = new LimitedLog(log, new Fixed(), 10);
    for (boolean hides : new boolean[] {true, false}) {
      if (!hides) {
        log.setHidesUserData(false);
      }
      log.notice("%s of %s", "value", key);
      limited.warning("%s", new UserText("ERR 'x'", "ERR"));
      log.notice(log.shown(key));
    }

    assertThat(written())
        .isEqualTo(
            """
            4711:C 05 Nov 2026 07:03:09.007 * value of *redacted*
            4711:C 05 Nov 2026 07:03:09.007 # ERR
            4711:C 05 Nov 2026 07:03:09.007 * *redacted*
            4711:C 05 Nov 2026 07:03:09.007 * value of key
            4711:C 05 Nov 2026 07:03:09.007 # ERR 'x'
            4711:C 05 Nov 2026 07:03:09.007 * key
            """);
  }

  @Test
  void omitsLowerLevels() {
    log.debug("a");
    log.verbose("b");
    log.setLevel(Log.Level.DEBUG);
    log.debug("c");
    log.verbose("d");
    log.setLevel(Log.Level.NOTHING);
    log.warning("e");

    assertThat(written())
        .isEqualTo(
            """
            4711:C 05 Nov 2026 07:03:09.007 . c
            4711:C 05 Nov 2026 07:03:09.007 - d
            """);
  }

  @Test
  void writesToAFileEvenAfterItWasMoved() throws IOException {
    Path file = directory.resolve("redis.log");
    log.setFile(file);
    log.notice("one");
    Files.move(file, directory.resolve("redis.log.1"));
    log.notice("two");

    assertThat(Files.readString(file)).endsWith("* two\n").doesNotContain("one");
    assertThat(written()).isEmpty();
  }

  @Test
  void refusesAFileThatCannotBeOpened() {
    assertThatThrownBy(() -> log.setFile(directory.resolve("no/such")))
        .isInstanceOfSatisfying(
            IOException.class,
            e -> assertThat(SystemErrors.text(e)).isEqualTo("No such file or directory"));
    assertThatThrownBy(() -> log.setFile(directory))
        .isInstanceOfSatisfying(
            IOException.class, e -> assertThat(SystemErrors.text(e)).isEqualTo("Is a directory"));
  }

  @Test
  void isSilentWithoutStandardOutput() throws IOException {
    log.withoutStandardOutput();
    log.notice("nobody reads this");
    log.setFile(directory.resolve("x"));
    log.notice("but this");

    assertThat(written()).isEmpty();
    assertThat(Files.readString(directory.resolve("x"))).endsWith("but this\n");
  }

  @Test
  void cutsLongMessages() {
    log.notice("x".repeat(5000));

    assertThat(written()).hasSizeLessThan(1100).endsWith("x\n");
  }

  @Test
  void formatsMessagesOfSignalHandlers() {
    log.fromSignalHandler("Received SIGTERM scheduling shutdown...");

    assertThat(written())
        .isEqualTo("4711:signal-handler (1793833389) Received SIGTERM scheduling shutdown...\n");
  }

  private String written() {
    return output.toString(StandardCharsets.UTF_8);
  }

  private static final class Fixed implements Clock {
    private static final long MILLIS =
        LocalDateTime.of(2026, 11, 4, 23, 3, 9).toEpochSecond(ZoneOffset.UTC) * 1000 + 7;

    @Override
    public long wallMillis() {
      return MILLIS;
    }

    @Override
    public long wallMicros() {
      return MILLIS * 1000;
    }

    @Override
    public long monotonicNanos() {
      return 0;
    }
  }
}
