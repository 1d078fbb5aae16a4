package io.redoubt.protocol.process;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The form of a log's lines. */
public record LogFormat(Style style, Timestamps timestamps) {
  /** Redis' form. */
  public static final LogFormat LEGACY = new LogFormat(Style.LEGACY, Timestamps.LEGACY);

  private static final String[] MONTHS = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
  };

  /** The formatter of ISO 8601, which few processes need. */
  private static final class Iso {
    static final DateTimeFormatter FORMATTER =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSxxx", Locale.ROOT);
  }

  /** The arrangement of a line's parts. */
  public enum Style {
    /** {@code 4711:M 20 Nov 2026 07:33:47.638 * text}. */
    LEGACY,
    /** {@code pid=4711 role=primary timestamp="..." level=notice message="text"}. */
    LOGFMT
  }

  /** The form of times. */
  public enum Timestamps {
    /** {@code 20 Nov 2026 07:33:47.638}, in local time. */
    LEGACY,
    /** {@code 2026-11-20T07:33:47.638+01:00}, in local time. */
    ISO8601,
    /** Milliseconds of Unix time. */
    MILLISECONDS
  }

  /** Returns the line of a message, with its end. */
  String line(Log.Level level, long pid, char role, long millis, ZoneId zone, String text) {
    StringBuilder line = new StringBuilder(128 + text.length());
    if (style == Style.LOGFMT) {
      line.append("pid=").append(pid).append(" role=").append(word(role)).append(" timestamp=\"");
      appendTime(line, millis, zone).append("\" level=");
      line.append(level.name().toLowerCase(Locale.ROOT)).append(" message=\"");
      line.append(text.replace("\\", "\\\\").replace("\"", "\\\""));
      return line.append("\"\n").toString();
    }
    line.append(pid).append(':').append(role).append(' ');
    appendTime(line, millis, zone).append(' ').append(level.mark()).append(' ');
    return line.append(text).append('\n').toString();
  }

  private static String word(char role) {
    return switch (role) {
      case 'M' -> "primary";
      case 'S' -> "replica";
      case 'X' -> "sentinel";
      default -> "RDB/AOF";
    };
  }

  private StringBuilder appendTime(StringBuilder line, long millis, ZoneId zone) {
    Instant instant = Instant.ofEpochMilli(millis);
    return switch (timestamps) {
      case LEGACY -> appendLegacy(line, LocalDateTime.ofInstant(instant, zone), millis);
      case ISO8601 -> line.append(Iso.FORMATTER.format(OffsetDateTime.ofInstant(instant, zone)));
      case MILLISECONDS -> line.append(millis);
    };
  }

  private static StringBuilder appendLegacy(StringBuilder line, LocalDateTime time, long millis) {
    padded(line, time.getDayOfMonth(), 10).append(' ');
    line.append(MONTHS[time.getMonthValue() - 1]).append(' ').append(time.getYear()).append(' ');
    padded(line, time.getHour(), 10).append(':');
    padded(line, time.getMinute(), 10).append(':');
    padded(line, time.getSecond(), 10).append('.');
    return padded(line, (int) Math.floorMod(millis, 1000L), 100);
  }

  /** Appends the number with at least as many digits as {@code unit} has. */
  private static StringBuilder padded(StringBuilder line, int number, int unit) {
    for (int at = unit; at > 1 && number < at; at /= 10) {
      line.append('0');
    }
    return line.append(number);
  }
}
