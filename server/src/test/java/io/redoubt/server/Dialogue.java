package io.redoubt.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.redoubt.protocol.bytes.Quoting;
import io.redoubt.protocol.resp.Reply;
import io.redoubt.protocol.resp.RespClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A conversation with a server in the notation of {@code redis-cli}: input lines with its quoting,
 * and replies as it prints them.
 */
public final class Dialogue implements AutoCloseable {
  private final int port;
  private final RespClient client;

  /** Connects to a port of the loopback interface. */
  public Dialogue(int port) {
    this.port = port;
    try {
      client = RespClient.connect("127.0.0.1", port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a line and expects a reply. */
  public void says(String line, String reply) {
    assertThat(ask(line)).as(line.length() > 200 ? line.substring(0, 200) : line).isEqualTo(reply);
  }

  /** Sends a line and returns the reply as {@code redis-cli} would print it. */
  public String ask(String line) {
    return CliFormat.of(reply(line));
  }

  /** Expects a reply to an earlier request. */
  public void hears(String reply) {
    try {
      assertThat(CliFormat.of(client.receive())).isEqualTo(reply);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a line and returns its integer reply. */
  public long integer(String line) {
    return ((Reply.Integer) reply(line)).value();
  }

  /** Sends a line and returns the text of its reply. */
  public String text(String line) {
    return reply(line).text();
  }

  /** Sends a line and returns the reply. */
  public Reply reply(String line) {
    List<byte[]> words = Quoting.split(line);
    if (words == null) {
      throw new IllegalArgumentException("unbalanced quotes: " + line);
    }
    try {
      return client.call(words.toArray(byte[][]::new));
    } catch (IOException e) {
      throw new UncheckedIOException(line, e);
    }
  }

  /** Returns {@code used_memory} of INFO, in bytes. */
  public long usedMemory() {
    String field = "used_memory:";
    String info = text("INFO memory");
    int at = info.indexOf(field) + field.length();
    return Long.parseLong(info.substring(at, info.indexOf('\r', at)));
  }

  /**
   * Returns {@code used_memory} as read by a new client, in bytes: without the input kept for this
   * one.
   */
  public long restingMemory() {
    try (Dialogue other = new Dialogue(port)) {
      return other.usedMemory();
    }
  }

  /** Returns the underlying client. */
  public RespClient client() {
    return client;
  }

  @Override
  public void close() {
    try {
      client.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
