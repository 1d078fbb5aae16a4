package io.redoubt.protocol.resp;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Builds a long reply of short ASCII texts on the heap, for replies that a client asks for once.
 * While the JVM interprets, this takes a tenth of the time of a {@link ReplyWriter}, for which each
 * character is an access of off-heap memory.
 */
public final class ReplyText {
  private final StringBuilder text = new StringBuilder(256);
  private final int resp;

  /**
   * Creates an empty reply.
   *
   * @param resp the protocol version: 2 or 3
   */
  public ReplyText(int resp) {
    this.resp = resp;
  }

  /** Writes the header of an array. */
  public void array(int elements) {
    line('*', elements);
  }

  /** Writes the header of a map; in RESP2 an array of twice as many elements. */
  public void map(int pairs) {
    if (resp == 2) {
      line('*', pairs * 2);
    } else {
      line('%', pairs);
    }
  }

  /** Writes the header of a set; in RESP2 an array. */
  public void set(int elements) {
    line(resp == 2 ? '*' : '~', elements);
  }

  /** Writes an integer. */
  public void integer(int value) {
    line(':', value);
  }

  /** Writes a null; in RESP2 a null bulk string. */
  public void nil() {
    text.append(resp == 2 ? "$-1\r\n" : "_\r\n");
  }

  /** Writes a simple string without line ends. */
  public void simple(String value) {
    text.append('+').append(value).append("\r\n");
  }

  /** Writes a bulk string. */
  public void bulk(String value) {
    line('$', value.length());
    text.append(value).append("\r\n");
  }

  /** Writes encoded text unchanged. */
  public void raw(String encoded) {
    text.append(encoded);
  }

  /** Sends the reply. */
  public void writeTo(ReplyWriter reply) {
    byte[] bytes = text.toString().getBytes(UTF_8);
    if (bytes.length != text.length()) {
      throw new IllegalStateException("the lengths in the reply are wrong beyond ASCII");
    }
    reply.raw(bytes);
  }

  /** Returns the length so far. */
  public int length() {
    return text.length();
  }

  /** Returns the encoded text from a position. */
  public String from(int start) {
    return text.substring(start);
  }

  private void line(char type, int number) {
    text.append(type).append(number).append("\r\n");
  }
}
