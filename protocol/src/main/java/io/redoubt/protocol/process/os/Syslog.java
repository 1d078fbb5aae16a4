package io.redoubt.protocol.process.os;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The system log of this machine, reached as syslog(3) does: one datagram a message to {@code
 * /dev/log}, in the form of RFC 3164, section 4.1. A message that the log can't take at once is
 * lost, so that logging never blocks. Not thread-safe.
 */
public final class Syslog {
  /** The address at which the daemons of all Linux systems listen. */
  public static final String ADDRESS = "/dev/log";

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("MMM ppd HH:mm:ss", Locale.ROOT);

  private final UnixDatagrams socket;
  private final int facility;
  private final String tag;
  private final ZoneId zone;

  /**
   * Creates a log.
   *
   * @param address the socket's path
   * @param facility the facility's code of RFC 3164, such as 16 for {@code local0}
   * @param ident the program's name
   * @throws IOException if the path is too long for a socket
   */
  public Syslog(String address, int facility, String ident, long pid, ZoneId zone)
      throws IOException {
    this.socket = new UnixDatagrams(address);
    this.facility = facility;
    this.tag = ident + "[" + pid + "]: ";
    this.zone = zone;
  }

  /**
   * Sends a message.
   *
   * @param severity from 0 (emergency) to 7 (debug)
   * @return false if it is lost
   */
  public boolean log(int severity, long wallMillis, String text) {
    String time = TIME.format(LocalDateTime.ofInstant(Instant.ofEpochMilli(wallMillis), zone));
    String message = "<" + (facility << 3 | severity) + ">" + time + " " + tag + text;
    try {
      socket.send(message.getBytes(UTF_8));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
