package io.redoubt.protocol.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.process.LogFormat.Style;
import io.redoubt.protocol.process.LogFormat.Timestamps;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LogFormatTest {
  private static final long MILLIS = 1_767_582_245_006L;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "LEGACY | LEGACY       | 7:M 05 Jan 2026 04:04:05.006 * a \"b\"",
        "LEGACY | ISO8601      | 7:M 2026-01-05T04:04:05.006+01:00 * a \"b\"",
        "LEGACY | MILLISECONDS | 7:M 1767582245006 * a \"b\"",
        "LOGFMT | MILLISECONDS | pid=7 role=primary timestamp=\"1767582245006\" level=notice"
            + " message=\"a \\\"b\\\"\""
      })
  void writesStylesAndTimes(Style style, Timestamps timestamps, String expected) {
    String line =
        new LogFormat(style, timestamps)
            .line(Log.Level.NOTICE, 7, 'M', MILLIS, ZoneId.of("+01:00"), "a \"b\"");

    assertThat(line).isEqualTo(expected + "\n");
  }
}
